"""The sender of posts, as the rules and the batches know it."""

from dataclasses import dataclass
from functools import lru_cache

from chat_wire.names import sender_id


@dataclass(frozen=True, slots=True)
class Sender:
    """The session that sends posts, as the rooms see it.

    Attributes:
        session: The session's id.
        name: The name as typed.
        id: The sender's id under this name (`chat_wire.names.sender_id`).
    """

    session: str
    name: str
    id: str


@lru_cache(maxsize=10_000)
def to_sender(session: str, name: str, author: str) -> Sender:
    """Return a sender. It takes 4 µs to make one, which is long beside the 10 µs of a message with a single post.

    Args:
        session: The session's id.
        name: The name as typed.
        author: The SHA-256 of the author's secret.
    """
    return Sender(session, name, sender_id(author, name))

"""The sender of posts, as the rules and the batches know it."""

from dataclasses import dataclass


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

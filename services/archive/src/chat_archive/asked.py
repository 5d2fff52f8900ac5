"""Find the asker of a question and its room. For sessions, the broker vouches for both."""

from dataclasses import dataclass
from typing import Protocol

from chat_amqp import topology
from chat_archive.errors import WrongKey
from chat_tokens.access import identify
from chat_wire.messages import History, Mine, Search
from chat_worker.delivery import Delivery

Question = History | Mine | Search


@dataclass(frozen=True, slots=True)
class Asked:
    """The asker of a question, and the room that it is about.

    Attributes:
        session: The session's id.
        name: The asker's name as typed.
        author: The SHA-256 of the asker's secret.
        room: The room's name.
    """

    session: str
    name: str
    author: str
    room: str


class Askers(Protocol):
    """A kind of clients."""

    def is_address(self, reply_to: str | None) -> bool:
        """Return whether such a client can be answered there."""
        ...

    def asked(self, question: Question, delivery: Delivery) -> Asked:
        """Return the asker and the room. Raises WireError if this client may not ask the question."""
        ...


class Sessions:
    """Clients that have logged in to the broker as their session."""

    def __init__(self, public_key: str) -> None:
        """Make the kind.

        Args:
            public_key: Verifies identity cards; PEM.
        """
        self._public_key = public_key

    def is_address(self, reply_to: str | None) -> bool:
        """Return whether this is an address of direct reply-to."""
        return topology.is_reply_address(reply_to)

    def asked(self, question: Question, delivery: Delivery) -> Asked:
        """Return the session that sent a question, and the room in its routing key.

        The broker lets a session use only the routing keys that its token names, so the body cannot choose the room.

        Args:
            question: The question.
            delivery: The delivery that it came in.

        Raises:
            WrongKey: The question has the routing key of another type.
            InvalidToken: The message has no `user_id`, or the card is not that of the sender.
        """
        room = _room_asked(question, delivery.routing_key)
        card = identify(question.card, delivery.user_id, self._public_key)
        return Asked(card.session, card.name, card.author, room)


def _room_asked(question: Question, key: str) -> str:
    """Return the room of a question. A session's own posts are those in all rooms; their position is in the first."""
    if isinstance(question, Mine):
        if key == topology.MINE_KEY:
            return topology.ROOMS[0]
        raise WrongKey(f"send this question with the routing key {topology.MINE_KEY!r}")
    room = topology.room_in(key)
    if room is None or topology.question_key(room) != key:
        raise WrongKey(f"send this question with a routing key such as {topology.question_key(topology.ROOMS[0])!r}")
    return room

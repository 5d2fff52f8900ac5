"""Clients of 0.3.0, whose questions carry a token and the room. The next version does not serve them any more."""

from chat_amqp import former, topology
from chat_archive.asked import Asked, Question
from chat_tokens.tokens import verify
from chat_wire.messages import Mine
from chat_worker.clock import now
from chat_worker.delivery import Delivery


class FormerClients:
    """Clients that share one user of the broker and have an inbox."""

    def __init__(self, public_key: str) -> None:
        """Make the kind.

        Args:
            public_key: Verifies tokens; PEM.
        """
        self._public_key = public_key

    def is_address(self, reply_to: str | None) -> bool:
        """Return whether this is the name of an inbox."""
        return former.is_inbox(reply_to)

    def asked(self, question: Question, _delivery: Delivery) -> Asked:
        """Return the bearer of the token in a question, and the room that it names.

        Args:
            question: The question.
            _delivery: The delivery that it came in.

        Raises:
            InvalidToken: The token is forged or has expired.
        """
        claims = verify(question.token, self._public_key, now())
        room = topology.ROOMS[0] if isinstance(question, Mine) else question.room
        return Asked(claims.session, claims.name, claims.author, room)

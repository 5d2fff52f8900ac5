"""The sessions whose tokens are void: a view of the stream sessions.ended, for services that verify tokens."""

from collections.abc import Callable, Sequence

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.codec import decode, encode
from chat_wire.errors import InvalidToken, WireError
from chat_wire.limits import ACCESS_SECONDS
from chat_wire.messages import Marker, SessionEnded
from chat_wire.units import SECOND
from chat_worker.clock import now
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery, Source

LATE_SECONDS = ACCESS_SECONDS  # a message may wait in a queue while the token of its sender expires
SWEEP_FROM = 1000


class RevokedSessions:
    """The sessions that ended before their tokens expire.

    The view is complete when the reader's own marker comes back through the stream. Consume `source()`, publish
    `marker()`, and serve no request before `on_ready` is called.
    """

    def __init__(self, origin: str, on_ready: Callable[[], None]) -> None:
        """Make an empty view.

        Args:
            origin: The id in the reader's marker; new for each connection.
            on_ready: Called when the view is complete.
        """
        self._origin = origin
        self._on_ready = on_ready
        self._expires: dict[str, int] = {}
        self._sweep_at = SWEEP_FROM

    def source(self) -> Source:
        """Return the stream, to be read from its beginning. The broker keeps it for twice the life of a token."""
        return Source(queue=topology.SESSIONS_ENDED.name, handle=self.handle, offset="first", prefetch=1000)

    def marker(self) -> Publication:
        """Return the reader's marker, to be published after the source is consumed."""
        return Publication(exchange=topology.SESSIONS.name, routing_key="", body=encode(Marker(origin=self._origin)))

    def check(self, session: str) -> None:
        """Check that a session has not ended.

        Args:
            session: The session's id.

        Raises:
            InvalidToken: The session has ended.
        """
        if session in self._expires:
            raise InvalidToken("this session has ended: join again")

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Apply entries of the stream, and return dead letters for entries that are not valid."""
        refused = [each for delivery in deliveries for each in self._apply(delivery)]
        self._forget_expired(now())
        return refused

    def _apply(self, delivery: Delivery) -> list[Publication]:
        try:
            entry = decode(delivery.body, SessionEnded, Marker)
        except WireError as error:
            return [dead_letter(delivery, error)]
        if isinstance(entry, SessionEnded):
            self._expires[entry.session] = entry.expires
        elif isinstance(entry, Marker) and entry.origin == self._origin:
            self._on_ready()
        return []

    def _forget_expired(self, time: int) -> None:
        """Forget what has expired, now and then: so at most twice as many sessions are kept as necessary."""
        if len(self._expires) < self._sweep_at:
            return
        since = time - LATE_SECONDS * SECOND
        self._expires = {session: expires for session, expires in self._expires.items() if expires > since}
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._expires))

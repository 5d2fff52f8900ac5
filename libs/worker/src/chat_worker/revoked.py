"""Which tokens are void: a view of the stream sessions.ended, for services that verify tokens."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.codec import decode, encode
from chat_wire.errors import InvalidToken, WireError
from chat_wire.messages import Marker, SessionEnded
from chat_worker.clock import now
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery, Source


class RevokedSessions:
    """The sessions that ended before their tokens expire.

    Complete once the reader's own marker has come back through the stream: only then `on_ready` is
    called, and only then may the service serve. `origin` has to be new for every connection.
    """

    def __init__(self, origin: str, on_ready: Callable[[], None]) -> None:
        self._origin = origin
        self._on_ready = on_ready
        self._expires: OrderedDict[str, int] = OrderedDict()

    def source(self) -> Source:
        """The stream from its beginning; it is kept for twice a token's life."""
        return Source(queue=topology.SESSIONS_ENDED.name, handle=self.handle, offset="first", prefetch=1000)

    def marker(self) -> Publication:
        """To be published once the source is consumed."""
        return Publication(exchange=topology.SESSIONS.name, routing_key="", body=encode(Marker(origin=self._origin)))

    def check(self, session: str) -> None:
        """Raises InvalidToken if the session has ended."""
        if session in self._expires:
            raise InvalidToken("this session has ended: join again")

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Take in entries of the stream."""
        refused = [each for delivery in deliveries for each in self._take(delivery)]
        self._forget_expired(now())
        return refused

    def _take(self, delivery: Delivery) -> list[Publication]:
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
        while self._expires and next(iter(self._expires.values())) <= time:
            self._expires.popitem(last=False)

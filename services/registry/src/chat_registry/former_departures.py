"""Notice that clients of 0.3.0 have lost their connection, by their inboxes. The next version deletes this module."""

from collections.abc import Iterator, Sequence

import structlog
from amqp.exceptions import NotFound

from chat_amqp import former
from chat_amqp.publisher import Publication
from chat_registry.appender import Appender
from chat_registry.former_intake import departure_in
from chat_registry.journal import Departed
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source

log = structlog.get_logger()


class Departures:
    """Appends an entry for each inbox that does not exist any more."""

    def __init__(self, appender: Appender) -> None:
        """Prepare to append."""
        self._appender = appender
        self._announced = False

    def declare(self, broker: Broker) -> None:
        """Declare the queue of departures, unless the broker lacks the plugin rabbitmq_event_exchange."""
        try:
            broker.declare(former.DEPARTURES)
            self._announced = True
        except NotFound as error:
            log.warning("departures.unavailable", error=str(error))

    def begin(self, broker: Broker) -> None:
        """Consume the queue of departures, if there is one."""
        if self._announced:
            broker.consume(Source(queue=former.DEPARTURES.name, handle=self.handle))

    def handle(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append an entry for each inbox that the broker has deleted."""
        origin, time = self._appender.origin, self._appender.entry_time()
        found = [departure_in(origin, delivery, time) for delivery in deliveries]
        yield from self._appender.append([departed for departed in found if departed])

    def probe_returned(self, inbox: str) -> Iterator[Publication]:
        """Append the departure of an inbox that a probe did not reach."""
        entry = Departed(origin=self._appender.origin, time=self._appender.entry_time(), inbox=inbox)
        yield from self._appender.append([entry])

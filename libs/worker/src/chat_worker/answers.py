"""Answers to clients, which a worker never waits for.

A client decides where its answer goes, and whether it reads it. A queue of its own may never confirm a message, and an
address may lead nowhere. So answers have a connection of their own, without confirms. A client that gets no answer
asks again.
"""

import random
import time
from collections.abc import Callable
from typing import Any

import structlog
from kombu.connection import Connection

from chat_amqp import former, topology
from chat_amqp.connection import connect, recoverable_errors
from chat_amqp.publisher import Publication, send, together
from chat_worker import metrics
from chat_worker.connections import close, drain
from chat_worker.reply_addresses import ReplyAddresses

log = structlog.get_logger()

WRITE_SECONDS = 1.0  # for the answers of a round
CONNECT_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
LASTING_SECONDS = 60.0  # a connection that has lasted so long was no failure
LOG_SECONDS = 10.0
_ERRORS: tuple[type[Exception], ...] = (*recoverable_errors(), OSError)


def is_address(reply_to: str | None) -> bool:
    """Return whether a `reply_to` is an address to which a service may send an answer.

    Args:
        reply_to: The `reply_to` of a message, None if it has none.
    """
    return topology.is_reply_address(reply_to) or former.is_inbox(reply_to)


def is_answer(publication: Publication) -> bool:
    """Return whether a publication goes to a client, so that no confirm of it may be waited for."""
    return publication.exchange == topology.DEFAULT.name and is_address(publication.routing_key)


class Answers:
    """Sends answers on a connection of its own. Answers that it cannot send in time are dropped and counted.

    Errors of the connection stay here. It connects again after a pause, which doubles as long as that does not help.

    Attributes:
        held_bytes: The size of the answers that are held, in bytes.
    """

    def __init__(self, url: str, name: str) -> None:
        """Connect to the broker, or note to try again.

        Args:
            url: The URLs of the broker's nodes, separated by `;`.
            name: The connection's name in the broker's list of connections.
        """
        self._url = url
        self._name = name
        self.held_bytes = 0
        self._held: list[Publication] = []
        self._connection: Connection | None = None
        self._channel: Any = None
        self._returned: list[tuple[str, str]] = []
        self._pause = FIRST_PAUSE
        self._retry_at = 0.0
        self._dropped = 0
        self._log_at = 0.0
        self._blocked = False
        self._since = time.monotonic()
        self._attempt(lambda: self._use(connect(url, name)))

    @property
    def connection(self) -> Connection | None:
        """The connection; None while it is lost."""
        return self._connection

    def hold(self, answer: Publication) -> None:
        """Keep an answer until `send`. One that is mandatory comes back if its inbox does not exist."""
        self._held.append(answer)
        self.held_bytes += len(answer.body)

    def send(self) -> None:
        """Send the answers that are held, within a second in all. Drop those that cannot be sent in time."""
        left, self._held, self.held_bytes = self._held[::-1], [], 0
        if left and self._channel and not self._blocked:
            left = [answer for answer in left if self._is_safe(answer)]
            self._attempt(lambda: self._write(left))
        if left:
            self._drop(len(left))

    def _is_safe(self, answer: Publication) -> bool:
        """Return whether an answer disconnects nobody. Nobody waits at a forged address."""
        address = answer.routing_key
        return not topology.is_reply_address(address) or self._addresses.is_genuine(address)

    def take_returned(self) -> list[tuple[str, str]]:
        """Return exchange and routing key of each mandatory publication that came back, once."""
        returned, self._returned = self._returned, []
        return returned

    def read(self) -> None:
        """Read what the broker has sent: publications that came back, alarms and heartbeats."""
        if connection := self._connection:
            self._attempt(lambda: drain(connection, 0))

    def heartbeat(self) -> None:
        """Exchange heartbeats, to be called once a second. Connect again if the connection is lost and it is time."""
        self.read()
        if connection := self._connection:
            self._attempt(connection.heartbeat_check)
        elif time.monotonic() >= self._retry_at:
            self._attempt(lambda: self._use(self.reconnect()))

    def reconnect(self) -> Connection:
        """Open another connection, within a second."""
        return connect(self._url, self._name, within=CONNECT_SECONDS)

    def close(self, handshake: bool) -> None:
        """Close the connection.

        Args:
            handshake: Whether the broker is expected to answer.
        """
        if self._connection:
            close(self._connection, handshake=handshake and not self._blocked)

    def _use(self, connection: Connection) -> None:
        self._connection = connection
        self._since = time.monotonic()
        amqp_connection: Any = connection.connection
        amqp_connection.on_blocked, amqp_connection.on_unblocked = self._block, self._unblock
        amqp_connection.transport.sock.settimeout(WRITE_SECONDS)
        self._addresses = ReplyAddresses(connection, self.reconnect)
        self._channel = connection.channel()
        self._channel.events["basic_return"].add(self._on_return)

    def _write(self, left: list[Publication]) -> None:
        """Send answers from the end of a list, and remove those that were sent."""
        limit = time.monotonic() + WRITE_SECONDS
        sock = self._channel.connection.sock
        with together(self._channel):
            while left:
                sock.settimeout(max(limit - time.monotonic(), 0.001))  # for the whole message, as sendall() counts
                send(self._channel, left[-1])
                left.pop()
        sock.settimeout(WRITE_SECONDS)  # for heartbeats

    def _attempt(self, action: Callable[[], object]) -> None:
        """Do something with the connection. If that fails, give the connection up: a message may be half sent."""
        try:
            action()
        except _ERRORS as error:
            log.warning("answers.disconnected", error=repr(error))
            self._give_up()

    def _give_up(self) -> None:
        lost, self._connection, self._channel = self._connection, None, None
        self._blocked = False
        if lost:
            close(lost, handshake=False)
            if time.monotonic() - self._since > LASTING_SECONDS:
                self._pause = FIRST_PAUSE
        self._retry_at = time.monotonic() + self._pause * random.uniform(0.5, 1)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _drop(self, count: int) -> None:
        metrics.ANSWERS_DROPPED.inc(count)
        self._dropped += count
        if time.monotonic() >= self._log_at:
            log.warning("answers.dropped", answers=self._dropped, blocked=self._blocked)
            self._dropped, self._log_at = 0, time.monotonic() + LOG_SECONDS

    def _block(self, _reason: str) -> None:
        self._blocked = True

    def _unblock(self) -> None:
        self._blocked = False

    def _on_return(self, _error: Exception, exchange: str, routing_key: str, _message: Any) -> None:
        self._returned.append((exchange, routing_key))

"""Questions that the operator's command asks the services through `chat.operator`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from amqp.exceptions import NotFound
from kombu.connection import Connection

from chat_admin.errors import InAlarm, NoAnswer, why
from chat_amqp import topology
from chat_amqp.connection import connect, recoverable_errors
from chat_amqp.publisher import Publication, Publisher
from chat_wire import codec
from chat_wire.messages import Refused

# Together they are below the limit of a command (time_limit.py).
CONNECT_SECONDS = 3
ANSWER_SECONDS = 4
CLOSE_SECONDS = 1

T = TypeVar("T")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect to the broker for the time of a context.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.

    Raises:
        NoAnswer: The broker did not answer, or refused something in the context.
    """
    lost = recoverable_errors()
    try:
        connection = connect(url, "chat-admin", within=CONNECT_SECONDS)
    except lost as error:
        raise NoAnswer(f"the broker does not answer ({why(error)}): is it running?") from error
    answers = True
    try:
        yield connection
    except lost as error:
        answers = False
        raise NoAnswer(f"the broker refused or did not answer ({error}): `chat-admin status` says more") from error
    finally:
        _close(connection, answers)


def _close(connection: Connection, answers: bool) -> None:
    """Close a connection, with a handshake if the broker answers: then it has read every acknowledgement."""
    with suppress(Exception):  # a broker in alarm does not read from a connection that has published
        if answers:
            amqp_connection: Any = connection.connection
            amqp_connection.transport.sock.settimeout(CLOSE_SECONDS)
            connection.release()
        else:
            connection.collect(socket_timeout=CLOSE_SECONDS)


class Asker:
    """Asks one service, and receives its answers without a queue (https://www.rabbitmq.com/docs/direct-reply-to).

    Attributes:
        blocked: Whether the broker is in alarm and reads nothing from this connection.
    """

    def __init__(self, connection: Connection, service: str, routing_key: str, kept: bool = False) -> None:
        """Wait for answers from now on.

        Args:
            connection: The connection, which stays the caller's.
            service: The name of the service, for errors.
            routing_key: The routing key of its questions at `chat.operator`.
            kept: Whether the broker keeps a question until a replica runs.
        """
        self.blocked = False
        self._kept = kept
        self._connection = connection
        self._service = service
        self._routing_key = routing_key
        self._answers: list[bytes] = []
        amqp_connection: Any = connection.connection
        amqp_connection.on_blocked = self._block
        channel: Any = connection.channel()
        channel.auto_decode = False
        channel.basic_consume(topology.REPLY_TO, no_ack=True, callback=self._keep)
        self._publisher = Publisher(channel)  # the broker gives the address for the answers to the channel that asks

    def ask(self, question: Any, answer: type[T], seconds: float = ANSWER_SECONDS) -> T | Refused:
        """Ask, and wait for the answer.

        Args:
            question: The question. Its `request` is unique.
            answer: The class of the answer.
            seconds: The longest time to wait.

        Returns:
            The answer, or the refusal.

        Raises:
            InAlarm: The broker takes no messages.
            NoAnswer: No replica answered in time.
        """
        deadline = time.monotonic() + seconds
        self._publish(codec.encode(question))
        while (left := deadline - time.monotonic()) > 0 and not self._publisher.returned:
            self._receive(left)
            while self._answers:
                found: Any = codec.decode(self._answers.pop(0), answer, Refused)
                if found.request in (question.request, None):  # others answer questions that were given up
                    return found  # type: ignore[no-any-return]
            if self.blocked:
                raise in_alarm(" The command may still take effect when the alarm ends." if self._kept else "")
        raise self._unanswered(seconds)

    def _receive(self, seconds: float) -> None:
        try:
            drain(self._connection, seconds)
        except NotFound:
            raise self._never_ran() from None

    def _unanswered(self, seconds: float) -> NoAnswer:
        if self._publisher.returned:
            return self._never_ran()
        later = ""
        if self._kept and self._publisher.unconfirmed:
            later = " The command may still take effect."
        elif self._kept:
            later = " The broker keeps the command: it takes effect when one runs."
        return NoAnswer(f"no {self._service} answered within {seconds:.0f} s: is one running?{later}")

    def _never_ran(self) -> NoAnswer:
        return NoAnswer(f"the {self._service} has never run on this broker: start it")

    def _block(self, _reason: str) -> None:
        self.blocked = True

    def _publish(self, body: bytes) -> None:
        self._publisher.returned.clear()
        exchange, key = topology.OPERATOR.name, self._routing_key
        self._publisher.publish(Publication(exchange=exchange, routing_key=key, body=body, reply_to=topology.REPLY_TO))

    def _keep(self, message: Any) -> None:
        self._answers.append(bytes(message.body))


def in_alarm(more: str = "") -> InAlarm:
    """Return the error of a broker in alarm.

    Args:
        more: What that means for the command.
    """
    return InAlarm(f"the broker is in alarm and takes no messages: `chat-admin status` says why.{more}")


def drain(connection: Connection, seconds: float) -> None:
    """Process what arrives next, within some seconds."""
    try:
        connection.drain_events(timeout=seconds)
    except TimeoutError:
        return

"""Questions that the operator's command asks the services through `chat.operator`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kombu.connection import Connection
from kombu.message import Message

from chat_admin.errors import NoAnswer
from chat_amqp import topology
from chat_amqp.connection import connect, recoverable_errors
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher
from chat_wire import codec
from chat_wire.messages import Refused

ANSWER_SECONDS = 10

T = TypeVar("T")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect to the broker for the time of a context.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.

    Raises:
        NoAnswer: The broker did not answer, or refused something in the context.
    """
    try:
        with connect(url, "chat-admin") as connection:
            yield connection
    except recoverable_errors() as error:
        raise NoAnswer(f"the broker refused or did not answer ({error}): is the chat running?") from error


class Asker:
    """Asks one service, and receives its answers in an inbox."""

    def __init__(self, connection: Connection, service: str, routing_key: str) -> None:
        """Declare and consume an inbox.

        Args:
            connection: The connection, which stays the caller's.
            service: The name of the service, for errors.
            routing_key: The routing key of its questions at `chat.operator`.
        """
        self._connection = connection
        self._service = service
        self._routing_key = routing_key
        self._publisher = Publisher(connection.channel())
        self._answers: list[bytes] = []
        self._inbox = topology.new_inbox()
        declare(connection, self._inbox)
        connection.Consumer([self._inbox], on_message=self._keep, no_ack=True).consume()

    def ask(self, question: Any, answer: type[T]) -> T | Refused:
        """Ask, and wait for the answer.

        Args:
            question: The question. Its `request` is unique.
            answer: The class of the answer.

        Returns:
            The answer, or the refusal.

        Raises:
            NoAnswer: No replica answered within 10 s.
        """
        self._publish(codec.encode(question))
        deadline = time.monotonic() + ANSWER_SECONDS
        while (left := deadline - time.monotonic()) > 0 and not self._publisher.returned:
            drain(self._connection, left)
            while self._answers:
                found: Any = codec.decode(self._answers.pop(0), answer, Refused)
                if found.request in (question.request, None):  # others answer questions that were given up
                    return found  # type: ignore[no-any-return]
        raise NoAnswer(f"no {self._service} answered within {ANSWER_SECONDS} s: is the {self._service} running?")

    def _publish(self, body: bytes) -> None:
        self._publisher.returned.clear()
        exchange, key = topology.OPERATOR.name, self._routing_key
        self._publisher.publish(Publication(exchange=exchange, routing_key=key, body=body, reply_to=self._inbox.name))

    def _keep(self, message: Message) -> None:
        self._answers.append(bytes(message.body))


def drain(connection: Connection, seconds: float) -> None:
    """Process what arrives next, within some seconds."""
    try:
        connection.drain_events(timeout=seconds)
    except TimeoutError:
        return

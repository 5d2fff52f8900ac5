"""`chat-admin release NAME`: free a name, whatever session holds it."""

import secrets
import time

from kombu.connection import Connection
from kombu.message import Message

from chat_admin.errors import NoAnswer, NotReleased
from chat_amqp import topology
from chat_amqp.connection import connect, recoverable_errors
from chat_amqp.publisher import Publication, Publisher
from chat_wire import codec
from chat_wire.errors import UnknownType
from chat_wire.messages import Refused, Release, Released

ANSWER_SECONDS = 10


def release(url: str, name: str) -> str:
    """Free a name.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        name: The name.

    Returns:
        The name as its session typed it.

    Raises:
        NotReleased: The registry refused; the text has its reason.
        NoAnswer: The broker or the registry did not answer within 10 s.
    """
    try:
        with connect(url, "chat-admin") as connection:
            return _name(_ask(connection, Release(request=secrets.token_hex(16), name=name)))
    except recoverable_errors() as error:
        raise NoAnswer(f"the broker refused or did not answer ({error}): is the chat running?") from error


def _ask(connection: Connection, question: Release) -> bytes:
    inbox = topology.new_inbox()
    answers: list[Message] = []
    channel = connection.channel()
    topology.declare(channel, inbox)
    with connection.Consumer([inbox], on_message=answers.append, no_ack=True, channel=channel):
        _publish(connection, question, inbox.name)
        deadline = time.monotonic() + ANSWER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            _drain(connection, left)
            if answers:
                return bytes(answers[0].body)
    raise NoAnswer(f"no registry answered within {ANSWER_SECONDS} s: is the registry running?")


def _name(answer: bytes) -> str:
    try:
        return codec.decode(answer, Released).name
    except UnknownType:
        raise NotReleased(f"not released: {codec.decode(answer, Refused).text}") from None


def _publish(connection: Connection, question: Release, inbox: str) -> None:
    publisher = Publisher(connection.channel())
    publisher.publish(
        Publication(
            exchange=topology.OPERATOR.name,
            routing_key=topology.OPERATIONS.routing_key,
            body=codec.encode(question),
            reply_to=inbox,
        )
    )


def _drain(connection: Connection, seconds: float) -> None:
    try:
        connection.drain_events(timeout=seconds)
    except TimeoutError:
        return

"""Declarations of exchanges and queues that may exist already, made by another version or by hand.

The broker refuses a declaration that differs from what exists, and names one difference. A queue with other arguments
works as well, if policies own those arguments: a second declaration, with the value found, accepts the queue as it is.
"""

import re
from dataclasses import dataclass
from typing import Any

from amqp.exceptions import NotFound, PreconditionFailed
from kombu.connection import Connection
from kombu.entity import Queue

from chat_amqp.errors import DeclarationRefused, UnknownBroker
from chat_amqp.topology import identity

# Services rely on these. All other arguments (x-…) belong to policies.
_FIXED = ("x-queue-type", "x-single-active-consumer")
_DIFFERENCE = re.compile(
    r"inequivalent arg '(?P<argument>[^']+)' for (?P<kind>queue|exchange) '(?P<name>[^']*)' in vhost '.*': "
    r"received (?P<wanted>.+) but current is (?P<found>.+)$",
    re.DOTALL,
)
_TYPED = re.compile(r"the value '(?P<value>.*)' of type '(?P<type>[a-z]+)'", re.DOTALL)
_TEXT, _BOOLEAN = "longstr", "bool"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a declaration and what exists.

    Attributes:
        kind: "queue" or "exchange".
        name: The name of the queue or exchange.
        argument: The argument or property that differs, such as x-message-ttl or durable.
        wanted: The value in the declaration; None if the declaration has none.
        found: The value in what exists; None if that has none.
    """

    kind: str
    name: str
    argument: str
    wanted: str | int | bool | None
    found: str | int | bool | None


def declare(connection: Connection, *queues: Queue) -> list[Difference]:
    """Declare queues with their exchanges and bindings. Use an existing queue as it is, if policies own the difference.

    Args:
        connection: An open connection.
        *queues: The queues.

    Returns:
        The differences in arguments that belong to policies.

    Raises:
        DeclarationRefused: An exchange or queue of that name exists and differs in something else, such as the type.
        amqp.exceptions.AMQPError: The broker refused for another reason.
    """
    return [difference for queue in queues for difference in _declare(connection, queue)]


def check_identity(connection: Connection, broker_id: str) -> None:
    """Check that a broker is the one that the caller knows. An empty broker of the same address is another one.

    Args:
        connection: An open connection.
        broker_id: The id of the broker, 16 hex digits.

    Raises:
        UnknownBroker: The broker does not have the exchange of this id.
    """
    exchange = identity(broker_id)
    try:
        with connection.channel() as channel:
            exchange(channel).declare()
    except NotFound:
        raise UnknownBroker(
            f"this broker lacks the exchange {exchange.name}, so it is empty or of another installation: correct "
            "AMQP_URL, restore the data of the broker, or accept an empty broker with `chat-admin new-broker`"
        ) from None


def _declare(connection: Connection, queue: Queue) -> list[Difference]:
    accepted: dict[str, Difference] = {}
    while True:
        try:
            with connection.channel() as channel:
                _as_found(queue(channel), accepted).declare()
            return list(accepted.values())
        except PreconditionFailed as error:
            difference = difference_in(str(error.reply_text))
            if difference is None:
                raise DeclarationRefused(queue.name, f"the broker refuses the queue {queue.name}: {error}") from None
            if difference.argument in accepted or not _is_of_policies(difference):
                raise DeclarationRefused(difference.name, _refusal(difference)) from None
            accepted[difference.argument] = difference


def _as_found(queue: Any, differences: dict[str, Difference]) -> Any:
    """Give a bound copy of a queue the arguments that the existing queue has."""
    found = {name: each.found for name, each in differences.items() if each.found is not None}
    queue.queue_arguments = {**(queue.queue_arguments or {}), **found}
    return queue


def _is_of_policies(difference: Difference) -> bool:
    return difference.kind == "queue" and difference.argument.startswith("x-") and difference.argument not in _FIXED


def _refusal(difference: Difference) -> str:
    argument = difference.argument
    wanted, found = (f"{argument} {_shown(argument, value)}" for value in (difference.wanted, difference.found))
    differs = f"the {difference.kind} {difference.name} exists with {found}, and this version needs {wanted}"
    if difference.kind == "exchange":
        return f"{differs}: delete the exchange with rabbitmqadmin; this service then declares it again"
    return (
        f"{differs}: if you do not need its messages, run `rabbitmqctl delete_queue {difference.name}`; this service "
        "then declares it again"
    )


def _shown(argument: str, value: str | int | bool | None) -> str:
    if value is None:
        return "classic" if argument == "x-queue-type" else "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)


def difference_in(text: str) -> Difference | None:
    """Return the difference that a refusal of the broker names; None if it names none.

    Args:
        text: The text of the error PRECONDITION_FAILED.
    """
    match = _DIFFERENCE.search(text)
    if match is None:
        return None
    values = _value(match["wanted"]), _value(match["found"])
    return Difference(match["kind"], match["name"], match["argument"], *values)


def _value(text: str) -> Any:
    """Return a value from a refusal: "none", "'true'" or "the value '10000' of type 'signedint'"."""
    typed = _TYPED.fullmatch(text)
    if typed is None:
        return None if text == "none" else text.strip("'")
    if typed["type"] == _BOOLEAN:
        return typed["value"] == "true"
    return typed["value"] if typed["type"] == _TEXT else int(typed["value"])

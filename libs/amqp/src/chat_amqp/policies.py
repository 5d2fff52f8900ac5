"""The policies of the work queues (https://www.rabbitmq.com/docs/policies).

A queue keeps the arguments that it was declared with, and the broker refuses a declaration with others. An operator can
change a policy while the system runs. So a queue is declared with its type only, and a policy has the rest.
`chat-admin init` writes them into the broker's definitions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_amqp.topology import DEAD
from chat_wire.limits import QUESTION_SECONDS

# RabbitMQ 4 counts a lost connection as a delivery, and drops a message after 20 by default. With that, routers that
# restart would turn healthy posts into dead letters. chat_worker/poison_probe.py finds poison messages instead.
DELIVERY_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """A policy for queues.

    Attributes:
        name: The policy's name.
        pattern: A regular expression for the names of the queues.
        definition: The policy's keys and values.
    """

    name: str
    pattern: str
    definition: Mapping[str, Any] = field(hash=False)


WORK = QueuePolicy(
    "work",
    r"^(registry\.(commands|departures|requests)|router\.(ingress|posts)\.[0-9]+|archive\.writer)$",
    {"delivery-limit": DELIVERY_LIMIT, "dead-letter-exchange": DEAD.name},
)
# Without a dead-letter exchange: an expired question has no reader.
QUESTIONS = QueuePolicy(
    "questions",
    r"^archive\.(queries|questions)$",
    {"delivery-limit": DELIVERY_LIMIT, "message-ttl": QUESTION_SECONDS * 1000},
)
# While no registry runs, everybody may connect and disconnect. The registry finds what it has missed by other means.
CONNECTIONS = QueuePolicy(
    "connections", r"^registry\.connections$", {"delivery-limit": DELIVERY_LIMIT, "max-length": 100_000}
)
QUEUE_POLICIES = (WORK, QUESTIONS, CONNECTIONS)


def policy_value(queue: str, argument: str) -> Any:
    """Return what a policy sets in place of an argument of a queue; None if no policy of a work queue sets it.

    Args:
        queue: The queue's name.
        argument: The argument's name, such as x-message-ttl.
    """
    definitions = (policy.definition for policy in QUEUE_POLICIES if re.search(policy.pattern, queue))
    return next(definitions, {}).get(argument.removeprefix("x-"))

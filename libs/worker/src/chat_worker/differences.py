"""Log lines about queues that another version declared, or somebody by hand."""

from collections.abc import Iterable

import structlog

from chat_amqp.declarations import Difference
from chat_amqp.policies import policy_value

log = structlog.get_logger()

TODO = (
    "the queue works as it is, but no policy can change this argument: to do so, delete the queue while it is empty "
    "and restart the service"
)


def log_differences(differences: Iterable[Difference]) -> None:
    """Log accepted differences: a line for each argument with the policy's value, and a warning for any other.

    Args:
        differences: The differences between declarations and existing queues.
    """
    expected: dict[str, list[str]] = {}
    for each in differences:
        value = policy_value(each.name, each.argument)
        if each.found == value:
            expected.setdefault(each.argument, []).append(each.name)
        else:
            log.warning(
                "queue.differs", queue=each.name, argument=each.argument, found=each.found, policy=value, todo=TODO
            )
    for argument, queues in expected.items():
        log.info("queue.differs", queues=queues, argument=argument)

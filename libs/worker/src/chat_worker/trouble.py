"""Trouble that ends or prevents a connection: what to log, what to report, and how long to wait before the next try.

Most trouble passes: the broker restarts, or the network is slow. Other trouble lasts until somebody does something. The
worker then says once what to do, and tries again slowly, because it also has to notice that somebody did it.
"""

import random
import re
import time
from pathlib import Path

import structlog

from chat_amqp.errors import AmqpError, DeclarationRefused, UnknownBroker
from chat_worker import metrics, report_file
from chat_worker.errors import CannotServe

log = structlog.get_logger()

SLOW_SECONDS = 10.0
FAST_SECONDS = (0.1, 2.0)
SAME_TROUBLE_SECONDS = 60.0

# The answer of the broker, the number of times after which it is not a passing state, and the way out.
_REFUSALS = (
    (
        r"ACCESS_REFUSED - Login",
        1,
        "correct the user and the password in AMQP_URL; a broker that has lost its data has no users: start it with "
        "`docker compose up` or `make up`, which say what to do",
    ),
    (
        r"ACCESS_REFUSED - .* refused for user",
        1,
        "bring the permissions of the broker up to date: start this version with `docker compose up` or `make up`",
    ),
    (
        r"NOT_ALLOWED - .*(vhost|limit)",
        1,
        "correct the virtual host at the end of AMQP_URL, give its user permissions there, or raise its limits",
    ),
    (r"NOT_ALLOWED|NOT_IMPLEMENTED", 1, "use a version of RabbitMQ that this version supports, with its configuration"),
    # The worker declares what is missing when it connects. If that does not help, something else deletes it.
    (r"NOT_FOUND - no (exchange|queue)", 3, "find out what deletes it: a version of the chat that does not match?"),
)


class Trouble:
    """The trouble of a worker with its broker, from one connection to the next."""

    def __init__(self, health_file: Path) -> None:
        """Report that the worker is starting: the file may have the report of a process that has ended.

        Args:
            health_file: The file of the health report.
        """
        self._health_file = health_file
        self._text = ""
        self._times = 0
        self._at = 0.0
        self._report("the worker is starting")

    def pause_after(self, error: Exception) -> float:
        """Log and report an error, and return how many seconds to wait before the next try.

        Args:
            error: The error that ended the connection, or prevented it.
        """
        self._count(str(error))
        lasts = isinstance(error, DeclarationRefused | UnknownBroker | CannotServe)
        self._report(str(error) if lasts else _reason(error))
        after, todo = (1, "") if lasts else _refusal(str(error))
        if not after or self._times < after:
            log.warning("broker.lost", error=repr(error))
            return random.uniform(*FAST_SECONDS)
        if self._times == after:
            _say(error, todo)
        return SLOW_SECONDS

    def _count(self, text: str) -> None:
        same = text == self._text and time.monotonic() - self._at < SAME_TROUBLE_SECONDS
        self._times = self._times + 1 if same else 1
        self._text, self._at = text, time.monotonic()

    def _report(self, reason: str) -> None:
        metrics.READY.set(0)
        report_file.write(self._health_file, {"ready": False, "reason": reason})


def _reason(error: Exception) -> str:
    """Return why the worker is not ready until it has connected again."""
    if isinstance(error, AmqpError):  # raised by a worker, on a connection that worked
        return f"{error}; the worker reconnects"
    return f"no connection to the broker: {error!r}"


def _say(error: Exception, todo: str) -> None:
    if isinstance(error, CannotServe):
        log.error(error.event, error=str(error))
    elif isinstance(error, DeclarationRefused):
        log.error("declaration.refused", name=error.name, error=str(error))
    elif isinstance(error, UnknownBroker):
        log.error("broker.unknown", error=str(error))
    else:
        log.error("broker.refused", error=str(error), todo=todo)


def _refusal(text: str) -> tuple[int, str]:
    return next(((after, todo) for pattern, after, todo in _REFUSALS if re.search(pattern, text)), (0, ""))

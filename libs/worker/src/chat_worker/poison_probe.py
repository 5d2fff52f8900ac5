"""The poison probe: a forked process handles suspected poison messages first, and dies in place of the worker.

A delivery that the broker has redelivered several times may crash its workers. Or it was prefetched beside one that
does, or the broker restarted: the count does not tell. So a copy of this process, which publishes nothing, handles the
suspects. Deliveries that crash the copy go to dead-letters. The worker handles the others in their order.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NoReturn

import structlog

from chat_amqp.connection import recoverable_errors
from chat_amqp.publisher import Publication
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery, Handler, Source
from chat_worker.errors import Fatal
from chat_worker.replies import refusal

log = structlog.get_logger()

STDOUT = 1

# A poison message crashes three workers before a probe. A stopped worker counts as well, and is far more common.
SUSPECT_AFTER = 3
# Processor time for one delivery: an endless loop in the probe must not hold up the worker's heartbeats.
CPU_SECONDS = 2.0


def handle(source: Source, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
    """Handle deliveries, and yield the publications; a dead letter and a refusal for each poison message.

    The runtime calls every handler through this function. Without suspects, it only calls the handler.

    Args:
        source: The source of the deliveries.
        deliveries: The deliveries, oldest first.
    """
    suspects = [delivery for delivery in deliveries if source.probe_poison and _is_suspect(delivery)]
    fatal = _fatal(source.handle, suspects)
    harmless = [delivery for delivery in deliveries if id(delivery) not in fatal]
    if harmless:
        yield from source.handle(harmless)
    for delivery in deliveries:
        if error := fatal.get(id(delivery)):
            yield dead_letter(delivery, error)
            yield from refusal(delivery, None, error)


def _is_suspect(delivery: Delivery) -> bool:
    """Quorum queues count in x-delivery-count. In a first delivery, the header is whatever the sender wrote."""
    count = delivery.headers.get("x-delivery-count")
    return delivery.redelivered and delivery.offset is None and isinstance(count, int) and count >= SUSPECT_AFTER


def _fatal(handler: Handler, suspects: Sequence[Delivery]) -> dict[int, Fatal]:
    """Return the suspects that crash a process, by `id()`, each with an error that says how."""
    found: dict[int, Fatal] = {}
    while suspects:
        survived, status = _try(handler, suspects)
        if survived < len(suspects):
            how = signal.Signals(-status).name if status < 0 else f"status {status}"
            found[id(suspects[survived])] = Fatal(f"the worker ends with {how} when it handles this message")
        suspects = suspects[survived + 1 :]
    return found


def _try(handler: Handler, suspects: Sequence[Delivery]) -> tuple[int, int]:
    """Return how many suspects a child process survives, and its exit status, or minus the signal that ended it."""
    reader, writer = os.pipe()
    stopping = {signal.SIGTERM, signal.SIGINT}  # a supervisor signals the child, too; that is not a crash
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    child = os.fork()
    if child == 0:
        _run_child(handler, suspects, writer)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(writer)
    with os.fdopen(reader, "rb") as survived:
        count = len(survived.read())
    return count, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_child(handler: Handler, suspects: Sequence[Delivery], survived: int) -> NoReturn:
    """Handle suspects, publish nothing, write a byte for each that is survived, and end this process."""
    logs = os.dup(STDOUT)
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # the worker logs it when it handles the delivery
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        for delivery in suspects:
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            with suppress(*recoverable_errors()):  # the worker handles these errors itself
                for _ in handler([delivery]):
                    pass
            os.write(survived, b".")
        os._exit(0)
    except BaseException:
        os.dup2(logs, STDOUT)
        log.critical("delivery.fatal", exc_info=True)
    finally:
        os._exit(1)

"""Which delivery does a worker die of? A child process finds out, and dies in its stead.

A delivery that comes again and again without an acknowledgement may be what ends its workers, or may merely have been
beside it, or the broker was restarted a few times: the count tells nothing of that. So such deliveries are handled
once more for trial, in a copy of this process that puts nothing out. Those of which the copy dies go to dead-letters;
the others are then handled as ever, in their order.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NoReturn

import structlog

from chat_amqp.connection import recoverable_errors
from chat_amqp.publisher import Publication
from chat_worker.dead import dead_letter, refusal
from chat_worker.delivery import Delivery, Handler, Source
from chat_worker.errors import Fatal

log = structlog.get_logger()

STDOUT = 1

# A worker dies three times of a poison before it looks; stopping in order counts as well, and is far more common.
SUSPECT_AFTER = 3
# Of processor time, for one delivery: one that never ends must not keep the worker from its heartbeats.
CPU_SECONDS = 2.0


def handle(source: Source, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
    """What follows from deliveries; from those that would end this process, a letter and a refusal."""
    suspects = [delivery for delivery in deliveries if source.probe_poison and _is_suspect(delivery)]
    fatal = _fatal(source.handle, suspects)
    left = [delivery for delivery in deliveries if id(delivery) not in fatal]
    if left:
        yield from source.handle(left)
    for delivery in deliveries:
        if error := fatal.get(id(delivery)):
            yield dead_letter(delivery, error)
            yield from refusal(delivery, None, error)


def _is_suspect(delivery: Delivery) -> bool:
    """Quorum queues count in x-delivery-count; in a first delivery it is whatever the sender has written there."""
    count = delivery.headers.get("x-delivery-count")
    return delivery.redelivered and delivery.offset is None and isinstance(count, int) and count >= SUSPECT_AFTER


def _fatal(handler: Handler, suspects: Sequence[Delivery]) -> dict[int, Fatal]:
    """The suspects that end a process, by id(), with how."""
    found: dict[int, Fatal] = {}
    while suspects:
        survived, status = _try(handler, suspects)
        if survived < len(suspects):
            how = signal.Signals(-status).name if status < 0 else f"status {status}"
            found[id(suspects[survived])] = Fatal(f"the worker ends with {how} when it handles this")
        suspects = suspects[survived + 1 :]
    return found


def _try(handler: Handler, suspects: Sequence[Delivery]) -> tuple[int, int]:
    """How many suspects a child survives, one after another, and how it ends: a status, or minus a signal."""
    reader, writer = os.pipe()
    stopping = {signal.SIGTERM, signal.SIGINT}  # sent to all processes of a worker; must not look like a crash
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    child = os.fork()
    if child == 0:
        _be_tried(handler, suspects, writer)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(writer)
    with os.fdopen(reader, "rb") as survived:
        count = len(survived.read())
    return count, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _be_tried(handler: Handler, suspects: Sequence[Delivery], survived: int) -> NoReturn:
    """Handle suspects and put nothing out; writes a byte for each survived, and ends this process in any case."""
    logs = os.dup(STDOUT)
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # what would be logged here has not happened
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        for delivery in suspects:
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            with suppress(*recoverable_errors()):  # the runtime's to deal with, when it comes to that
                for _ in handler([delivery]):
                    pass
            os.write(survived, b".")
        os._exit(0)
    except BaseException:
        os.dup2(logs, STDOUT)
        log.critical("delivery.fatal", exc_info=True)
    finally:
        os._exit(1)

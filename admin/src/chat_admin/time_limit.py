"""The limit within which a command answers: an operator who gets no answer asks again, or guesses.

Each wait of a command has a limit of its own, and its error says what did not answer. This one holds for all of them
together, and for those inside of libraries, such as the handshake with a broker that hangs.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from chat_admin.errors import NoAnswer

# With the start of Python, and on a busy machine, this is below 10 s.
LIMIT_SECONDS = 7.0


@contextmanager
def limited() -> Iterator[None]:
    """End what runs in the context, in the main thread, after 7 s.

    Raises:
        NoAnswer: The time is over.
    """
    before = signal.signal(signal.SIGALRM, _end)
    start()
    try:
        yield
    finally:
        stop()
        signal.signal(signal.SIGALRM, before)


def start() -> None:
    """Let the time begin."""
    signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)


def progress() -> None:
    """Let the time begin again, if it runs."""
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        start()


def stop() -> None:
    """Stop the time, for example while the command writes its output: its reader may pause for hours."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def _end(_number: int, _frame: object) -> NoReturn:
    raise NoAnswer(f"the broker did not answer within {LIMIT_SECONDS:.0f} s: `chat-admin status` says more")

"""People who chat during an upgrade, and what they may notice of it."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.checker import render
from tests.faults.fleet import Fleet, Load
from tests.faults.history import Asked, read_lines
from tests.faults.operations import NEVER
from tests.faults.reading import history_of
from tests.faults.room import Chat
from tests.faults.run import judge, play
from tests.upgrade import previous

REPLICAS = {"registry": 2, "router": 3, "archive": 2}
SETTINGS = "".join(f"{service.upper()}_REPLICAS={count}\n" for service, count in REPLICAS.items())
CALM_SECONDS = 5
# Few moves: a person who leaves while the chat stands waits for the answer, and posts nothing meanwhile.
LOAD = Load(seed=1, processes=0, members=3, posts=4.0, moves=0.03)
OLD_CLIENTS, NEW_CLIENTS = 2, 1
LINES_OF_STUCK, WIDTH = 15, 300
NOTICED_SECONDS = 3  # after this time the client says that a post is not delivered yet


def violations(chat: Chat, old: Path, directory: Path, upgrade: Callable[[], None], say: Callable[[str], None]) -> str:
    """Let people chat during an upgrade, then judge their histories.

    The clients are older than the services: those of the version before chat all the time, and those of this version
    join them after the upgrade, because an older archive does not understand all questions of newer clients.

    Args:
        chat: The running chat.
        old: A tree of the version before, for its clients.
        directory: The directory for the histories.
        upgrade: Upgrades the chat; people chat for some seconds before and after it.
        say: Prints the measured times.

    Returns:
        The report of the checker if it found violations, else an empty text.
    """
    former: list[Path] = []

    def meanwhile(fleet: Fleet) -> None:
        started = fleet.start(OLD_CLIENTS, old)
        former.extend(client.log.with_suffix(".jsonl") for client in started)
        time.sleep(CALM_SECONDS)
        begun = time.monotonic()
        upgrade()
        say(f"the upgrade took {time.monotonic() - begun:.0f} s")
        fleet.start(NEW_CLIENTS)
        time.sleep(CALM_SECONDS)

    play(chat, LOAD, directory, meanwhile)
    for history in former:
        previous.translate(history)
    say(_waiting(directory))
    report = judge(chat, LOAD, directory)
    return "\n".join([render(report), *_ends_of_stuck(directory)]) if report.violations else ""


def _ends_of_stuck(directory: Path) -> list[str]:
    """Return the last lines of the history of each session that was stuck, of which nothing else remains in CI."""
    lines = list(read_lines(directory))
    stuck = {line.session for line in lines if isinstance(line, Asked) and line.verb == "stuck"}
    return [
        f"{session}: {line}"[:WIDTH]
        for session in sorted(stuck)
        for line in [line for line in lines if line.session == session][-LINES_OF_STUCK:]
    ]


def _waiting(directory: Path) -> str:
    """Describe how long posts took to come back to their senders."""
    posts = history_of(read_lines(directory)).posts
    seconds = sorted((post.answered - post.asked) / 1e9 for post in posts if post.answered != NEVER)
    slow = sum(each > NOTICED_SECONDS for each in seconds)
    late = f"{slow} of {len(seconds)} posts came back after more than {NOTICED_SECONDS} s"
    return f"{late}; the slowest took {seconds[-1]:.1f} s"

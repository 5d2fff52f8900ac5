"""People who chat during an upgrade, and what they may notice of it."""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testkit.chatter import Chatter
from tests.faults.checker import render
from tests.faults.fleet import Fleet, Load
from tests.faults.history import Asked, read_lines
from tests.faults.operations import NEVER
from tests.faults.reading import history_of
from tests.faults.room import Chat
from tests.faults.run import judge, play
from tests.upgrade import previous
from tests.upgrade.person import Clients, Person

REPLICAS = {"registry": 2, "router": 3, "archive": 2}
SETTINGS = "".join(f"{service.upper()}_REPLICAS={count}\n" for service, count in REPLICAS.items())
CALM_SECONDS = 5
# Few moves: a person who leaves while the chat stands waits for the answer, and posts nothing meanwhile.
LOAD = Load(seed=1, processes=0, members=3, posts=4.0, moves=0.03)
OLD_CLIENTS, NEW_CLIENTS = 2, 1
LINES_OF_STUCK, WIDTH = 15, 300
# A registry of the version before stops serving when a newer one has written what it does not know (change.md).
EXPECTED = ("journal.newer",)
NOTICED_SECONDS = 3  # after this time the client says that a post is not delivered yet


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade of a running chat.

    Attributes:
        chat: The chat.
        old: A tree of the version before, for its clients.
        before: The line clients of the version before.
        after: Those of this version.
        run: Upgrades the chat, so that it serves clients of this version.
        finish: Does the rest, while clients of this version chat too.
    """

    chat: Chat
    old: Path
    before: Clients
    after: Clients
    run: Callable[[], None]
    finish: Callable[[], None] = lambda: None


def violations(upgrade: Upgrade, directory: Path, say: Callable[[str], None]) -> str:
    """Let people chat during an upgrade and for some seconds before and after it, then judge their histories.

    Clients of the version before chat all the time. Those of this version join them after the upgrade, because an older
    version does not serve them.

    Args:
        upgrade: The upgrade.
        directory: The directory for the histories.
        say: Prints the measured times.

    Returns:
        The report of the checker if it found violations, else an empty text.
    """
    former: list[Path] = []

    def meanwhile(fleet: Fleet) -> None:
        started = fleet.start(OLD_CLIENTS, upgrade.old)
        former.extend(client.log.with_suffix(".jsonl") for client in started)
        ana = Person(upgrade.before, "ana", "ana-before", directory)
        ana.say("before the upgrade")
        time.sleep(CALM_SECONDS)
        begun = time.monotonic()
        upgrade.run()
        say(f"the upgrade took {time.monotonic() - begun:.0f} s")
        fleet.start(NEW_CLIENTS)
        ana.say("after the upgrade")
        _changes_clients(ana, upgrade, directory)
        time.sleep(CALM_SECONDS)
        upgrade.finish()

    play(upgrade.chat, LOAD, directory, meanwhile)
    for history in former:
        previous.translate(history)
    say(_waiting(directory))
    report = judge(upgrade.chat, LOAD, directory)
    return "\n".join([render(report), *_ends_of_stuck(directory)]) if report.violations else ""


def unexpected(errors: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the errors of the services' logs that an upgrade does not explain."""
    return [line for line in errors if line["event"] not in EXPECTED]


def _changes_clients(ana: Person, upgrade: Upgrade, directory: Path) -> None:
    """Let a person take the name over from the client of the version before, which nobody else can."""
    with closing(Chatter(upgrade.chat.url("client"))) as stranger:
        refused = stranger.claim(ana.name)
    assert getattr(refused, "reason", "granted") == "name_taken", refused
    again = Person(upgrade.after, ana.name, "ana-after", directory)
    ana.loses_its_name()
    again.asks("/mymsgs", "ana-before 1 before the upgrade", "ana-before 2 after the upgrade")
    again.say("with the new client")
    again.leaves()


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

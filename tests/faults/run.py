"""A run: clients chat while something happens, then everything comes to rest, and the checker judges the histories.

    python -m tests.faults.run --seconds 20 --seed 7

This command makes a run without faults, on a RabbitMQ of its own.
"""

import argparse
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testkit.processes import System, system_in
from testkit.rabbitmq import Node, running_node
from testkit.wait import until
from tests.faults.answers import NOTICED, SECOND
from tests.faults.checker import Report, check, render
from tests.faults.fleet import Fleet, Load
from tests.faults.history import LAST, HistoryWriter, read_lines
from tests.faults.reading import history_of
from tests.faults.recorded import RecordedSession
from tests.faults.room import Chat, Copies, read_room

OBSERVER = "observer"


def run(
    chat: Chat,
    load: Load,
    directory: Path,
    meanwhile: Callable[[Fleet], None],
    url: Callable[[str], str] | None = None,
    copies: Copies | None = None,
) -> Report:
    """Let people chat on a running system while something happens, then judge their histories.

    Args:
        chat: The running chat.
        load: The number of people and their activity.
        directory: The directory for the histories, which must have none yet.
        meanwhile: Disturbs the system; when it returns, everything is whole again.
        url: Returns the URL of the broker for the label of a client process; by default, that of the system.
        copies: Where the archives record the room; None for the log.txt of the chat alone.

    Raises:
        AssertionError: Nothing can be judged: some people never joined, or the room cannot be read.
    """
    play(chat, load, directory, meanwhile, url, copies)
    return judge(chat, load, directory, copies)


def play(
    chat: Chat,
    load: Load,
    directory: Path,
    meanwhile: Callable[[Fleet], None],
    url: Callable[[str], str] | None = None,
    copies: Copies | None = None,
) -> None:
    """Let people chat while something happens, and record their histories; see `run`."""
    fleet = Fleet(url or (lambda _label: chat.url("client")), load, directory)
    writer = HistoryWriter(directory / f"{OBSERVER}.jsonl")
    try:
        fleet.start(load.processes)
        meanwhile(fleet)
        _end(chat, load, writer, fleet, copies)
    finally:
        fleet.stop()


def judge(chat: Chat, load: Load, directory: Path, copies: Copies | None = None) -> Report:
    """Compare the recorded histories with the room; see `run`."""
    return check(history_of(read_lines(directory)), read_room(chat, copies, load.patience))


def _end(chat: Chat, load: Load, writer: HistoryWriter, fleet: Fleet, copies: Copies | None) -> None:
    """Let everything come to rest; a step that does not end counts as a violation."""
    try:
        fleet.settle()
        # Wait until the archive has recorded the posts for which people ask, but less than the people wait.
        read_room(chat, copies, load.patience / 2)
        _close_room(chat, load, writer, fleet)
    except AssertionError as error:
        writer.asked(OBSERVER, "stuck", str(error))


def _close_room(chat: Chat, load: Load, writer: HistoryWriter, fleet: Fleet) -> None:
    """Send the last post, wait until all people have left, and ask for the remaining members."""
    observer = RecordedSession(chat.url("client"), secrets.token_hex(32), OBSERVER, writer)
    observer.claim(OBSERVER)
    until(lambda: observer.joined, load.patience, "the observer has joined")
    observer.post(f"{OBSERVER} 1 {LAST}")
    until(lambda: not observer.waiting, load.patience, "the last post has come back")
    fleet.wait()
    _read_all(observer)
    _ask_who_is_left(observer)
    observer.exit()
    until(lambda: observer.over, load.patience, "the observer has left")


def _ask_who_is_left(observer: RecordedSession) -> None:
    """Ask until only the asker is connected, for 100 s at most; the checker judges the answers."""
    deadline = time.monotonic_ns() + NOTICED + 10 * SECOND
    while time.monotonic_ns() < deadline:
        observer.ask_users()
        until(lambda: observer.users_told, 30, "the observer has an answer to /users")
        if observer.connected == (OBSERVER,):
            return
        time.sleep(2)


def _read_all(observer: RecordedSession) -> None:
    """Ask for every page of the history, from the newest to the oldest; the checker judges the answers."""
    observer.ask_page()
    until(lambda: not observer.asking, 30, "the observer has the newest page of the history")
    while observer.page and observer.page.more and observer.page.messages:
        observer.ask_page(observer.page.messages[0].place)
        until(lambda: not observer.asking, 30, "the observer has the next page of the history")


@contextmanager
def own_system(directory: Path) -> Iterator[tuple[Node, System]]:
    """Start a RabbitMQ node; yield it and a system without processes, all of whose files are in `directory`."""
    for part in ("node", "system"):
        (directory / part).mkdir()
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(directory / "secrets")], check=True)
    with running_node(directory / "node") as node:
        broker = node.broker(directory / "secrets")
        with system_in(broker, "/", directory / "system") as system:
            yield node, system


def main() -> None:
    """Make a run without faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="how long people chat")
    parser.add_argument("--seed", type=int, default=1, help="the seed of everything that is random")
    parser.add_argument("--posts", type=float, default=5.0, help="posts per second of each member")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tertulia-faults-") as place, own_system(Path(place)) as (_, system):
        directory = Path(place)
        system.all()
        load = Load(seed=arguments.seed, posts=arguments.posts)
        report = run(system, load, directory / "histories", lambda _fleet: time.sleep(arguments.seconds))
    print(render(report))
    sys.exit(report.violations > 0)


if __name__ == "__main__":
    main()

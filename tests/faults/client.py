"""A process with some people in it, who chat until SIGTERM and record their history.

    python -m tests.faults.client --label p1 --directory DIR --seed 7

AMQP_URL names the broker. The process writes its history to DIR/LABEL.LIFE.jsonl. It creates DIR/LABEL.LIFE.joined when
all of its people have joined. On SIGTERM they stop posting; when all of their posts have come back, the process creates
DIR/LABEL.LIFE.settled. Then each person waits for the last post of the run, asks the last questions, and leaves: every
second one by an exit, the others by closing the connection. A step that does not end within the patience is recorded as
stuck.

After a kill, the same label with the next life brings the same people back.
"""

import argparse
import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.history import HistoryWriter
from tests.faults.player import Habits, Player
from tests.faults.recorded import RecordedSession

STEP_SECONDS = 0.01


def main() -> None:
    """Chat until SIGTERM."""
    arguments = _arguments()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    process = arguments.directory / f"{arguments.label}.{arguments.life}"
    writer = HistoryWriter(process.with_name(f"{process.name}.jsonl"))
    habits = Habits(posts=arguments.posts, moves=arguments.moves, questions=arguments.questions)
    players = [_player(arguments, number, writer, habits) for number in range(1, arguments.members + 1)]
    _chat(players, stop, process.with_name(f"{process.name}.joined"))
    _finish(players, process.with_name(f"{process.name}.settled"), arguments.patience)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label", required=True, help="the unique name of this process")
    parser.add_argument("--life", type=int, default=1, help="how often this label has been started")
    parser.add_argument("--directory", type=Path, required=True, help="where to write the history")
    parser.add_argument("--members", type=int, default=3, help="people in this process")
    parser.add_argument("--posts", type=float, default=5.0, help="posts per second of each member")
    parser.add_argument("--moves", type=float, default=0.1, help="exits, takeovers and the like, per second")
    parser.add_argument("--questions", type=float, default=0.2, help="questions to the archive, per second")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds in which each step of the end must end")
    parser.add_argument("--seed", type=int, required=True, help="the seed of everything that is random")
    return parser.parse_args()


def _player(arguments: argparse.Namespace, number: int, writer: HistoryWriter, habits: Habits) -> Player:
    label = f"{arguments.label}m{number}"
    secret = hashlib.sha256(f"{arguments.seed} {label}".encode()).hexdigest()

    def open_session(session: str) -> RecordedSession:
        return RecordedSession(os.environ["AMQP_URL"], secret, session, writer)

    chance = random.Random(f"{arguments.seed} {label} {arguments.life}")
    return Player(label, arguments.life, open_session, habits, chance)


def _chat(players: list[Player], stop: threading.Event, joined: Path) -> None:
    while not stop.wait(STEP_SECONDS):
        now = time.monotonic()
        for player in players:
            player.play(now)
        if not joined.exists() and all(player.session.joined for player in players):
            joined.touch()


def _finish(players: list[Player], settled: Path, patience: float) -> None:
    _wait(players, _at_rest, patience, "the session did not come to rest", Player.settle)
    settled.touch()
    _wait(players, lambda player: player.session.heard_last, patience, "the last post of the run did not arrive")
    for player in players:
        player.session.ask_users()
        player.session.ask_mine()
        player.session.ask_search()
        player.session.ask_page()
    _wait(players, _answered, patience, "a question was not answered", _ask_again)
    for number, player in enumerate(players):
        if number % 2:
            player.session.exit()
        else:
            player.session.close()
    _wait(players[1::2], lambda player: player.session.over, patience, "the exit was not answered")


def _at_rest(player: Player) -> bool:
    session = player.session
    at_rest = session.joined and not session.waiting and not session.over and not session.asking
    return at_rest and not player.before and not player.leaving


def _answered(player: Player) -> bool:
    return player.session.users_told and not player.session.asking and not player.session.failed


def _ask_again(player: Player) -> None:
    session = player.session
    again = {"mine": session.ask_mine, "search": session.ask_search, "page": session.ask_page}
    for verb in list(session.failed):
        again[verb]()


def _wait(
    players: list[Player],
    condition: Callable[[Player], bool],
    patience: float,
    problem: str,
    meanwhile: Callable[[Player], None] = lambda _player: None,
) -> None:
    """Wait until a condition holds for all players; after the patience, record the others as stuck."""
    deadline = time.monotonic() + patience
    while (left := [player for player in players if not condition(player)]) and time.monotonic() < deadline:
        for player in left:
            meanwhile(player)
        time.sleep(STEP_SECONDS)
    for player in left:
        player.session.stuck(f"{problem} within {patience} s: {player.state()}")


if __name__ == "__main__":
    main()

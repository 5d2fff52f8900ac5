"""The preferences in the line client: they hold for a person at a terminal, and change nothing for a script."""

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chat_client import events
from chat_client.leaving import Leave
from chat_client.line.client import LineClient
from chat_client.preferences_file import PreferenceStore
from testkit.fake_session import NOON, FakeSession
from testkit.wait import until

LEFT = events.PresenceChanged(at=NOON, user="zoe", kind="left")


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make the input a pipe, and return where to write to it."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "w"):
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writing
        monkeypatch.undo()


@contextmanager
def session_of(path: Path, *, at_terminal: bool) -> Iterator[FakeSession]:
    """Run a client, with the preferences of a file, and yield its session."""
    sessions: list[FakeSession] = []

    def open_session(emit: Callable[[events.Event], None]) -> FakeSession:
        sessions.append(FakeSession(emit))
        return sessions[0]

    client = LineClient(None, open_session, PreferenceStore(path), at_terminal=at_terminal)

    def run() -> None:
        with suppress(Leave):
            client.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield sessions[0]
    sessions[0].emit(events.Ended(text="the end", freed=True))
    thread.join(10)
    assert not thread.is_alive()


def test_a_person_joins_with_the_name_of_the_file_and_sees_no_joins_and_leaves(
    keyboard: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('name = "ann"\njoins = false\n')
    shown = io.StringIO()  # the fixture capsys would lose what the client's thread prints while the test reads
    monkeypatch.setattr(sys, "stdout", shown)

    with session_of(path, at_terminal=True) as session:
        until(lambda: ("join", "ann") in session.requests, what="ann joins")
        session.emit(events.Joined(name="ann", room="lobby"))
        session.emit(LEFT)
        session.emit(events.Remark(text="so far"))
        until(lambda: "so far" in shown.getvalue(), what="the events are printed")
        os.write(keyboard, b"/set joins on\n/set joins loud\nhola\n")
        until(lambda: ("post", "hola") in session.requests, what="the lines are carried out")
        session.emit(LEFT)

    assert shown.getvalue().count("zoe left") == 1
    assert "joins = on" in shown.getvalue()
    assert "joins cannot be loud" in shown.getvalue()
    assert path.read_text() == 'name = "ann"\njoins = true\n'


def test_a_person_whose_preferred_name_is_refused_is_asked(
    keyboard: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text('name = "ann"\n')

    with session_of(tmp_path / "settings.toml", at_terminal=True) as session:
        until(lambda: ("join", "ann") in session.requests, what="ann joins")
        session.emit(events.NameRefused(text="ann is taken"))
        os.write(keyboard, b"eve\n")
        until(lambda: ("join", "eve") in session.requests, what="eve joins")

    assert "ann is taken" in capsys.readouterr().out


def test_the_file_changes_nothing_for_a_script(
    keyboard: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text('name = "ann"\njoins = false\nfuture = 1\n')

    with session_of(tmp_path / "settings.toml", at_terminal=False) as session:
        os.write(keyboard, b"bot\nhola\n")
        until(lambda: ("join quietly", "bot") in session.requests, what="the bot joins")
        session.emit(events.Joined(name="bot", room="lobby"))
        session.emit(LEFT)
        until(lambda: ("post", "hola") in session.requests, what="the bot posts")

    printed = "".join(capsys.readouterr())
    assert "zoe left" in printed
    assert "future" not in printed

"""Text that a person has typed survives every way in which the full-screen client ends."""

import signal
from pathlib import Path

from testkit.fullscreen_person import FullscreenPerson
from testkit.processes import System


def test_a_draft_survives_signals_and_a_crash(chat: System, tmp_path: Path) -> None:
    crash = "import signal\ndef crash(*_): raise RuntimeError\nsignal.signal(signal.SIGUSR1, crash)\n"
    (tmp_path / "sitecustomize.py").write_text(crash)

    def starts() -> FullscreenPerson:
        ann = FullscreenPerson(chat.url("client"), tmp_path / "ann", PYTHONPATH=str(tmp_path))
        ann.joins("ann")
        return ann

    ann = starts()
    ann.says("said before")
    draft = "not séñt"
    ann.types(draft)
    for number, status in ((signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGUSR1, 1)):
        ann.sees(draft)
        ann.terminal.kill(number)
        assert ann.ends() == status
        ann = starts()
        ann.sees(draft)
        draft += f" {number.name}"
        ann.types(f" {number.name}")

    ann.sees(draft)
    ann.types("\x12said")  # Ctrl+R
    ann.sees("search in your lines: said")
    ann.waits(lambda: "said before" in ann.rows()[-3], "the text is found")
    ann.types("\x1b")
    ann.waits(lambda: draft in ann.rows()[-3], "the draft is back")
    ann.presses("Ctrl+Q")
    assert ann.ends() == 0


def test_keys_of_a_terminal_edit_by_clusters_and_words(chat: System, tmp_path: Path) -> None:
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.types("one two 👨‍👩‍👧‍👦🇪🇸")
    ann.sees("one two 👨")
    ann.types("\x7f\x7f!")
    ann.sees("one two !")
    ann.types("\x1b\x7f2")  # Alt+Backspace
    ann.sees("one 2")
    ann.types("\x1bb\x1bb\x1bd1")  # twice Alt+B, then Alt+D
    ann.sees("1 2")
    ann.types("\x01>\x05<")  # Ctrl+A, Ctrl+E
    ann.sees(">1 2<")
    ann.types("\x17\x17.")  # twice Ctrl+W
    ann.sees("│ >. ")


def test_a_draft_survives_that_the_name_is_taken_over(chat: System, tmp_path: Path) -> None:
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.types("typed in the first")
    ann.sees("typed in the first")
    other = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    other.asks_for("ann")
    assert ann.ends() == 1

    other.sees("● connected")
    other.presses("Ctrl+Q")
    assert other.ends() == 0
    again = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    again.joins("ann")
    again.sees("typed in the first")

"""The full screen at a real pseudo-terminal: whatever it sends, and however the client ends."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_client.fullscreen.terminal import KEEP_TITLE, RESTORE_TITLE, title
from testkit.fullscreen_person import FullscreenPerson
from testkit.locales import latin_1
from testkit.wait import until

SHELL_TEXT = "stty -g >{0}.before; '{1}' -m testkit.at_terminal {0} {2}; echo \"ended with $?\"; stty -g >{0}.after"
MODE = re.compile(r"\x1b\[\?(\d+)([hl])")
OFF = {"1049", "1000", "1002", "1003", "1004", "1006", "1015", "1016", "2004", "2026", "2048"}
ON = {"25", "7"}
MOTIONS = 200
MOST_BYTES = 50
CONTINUES = 30


class Alice(FullscreenPerson):
    """A person in the room of `testkit.at_terminal`, which a shell has started."""

    def __init__(
        self, directory: Path, *, argument: str = "", encoding: str = "utf-8", columns: int = 120, **environ: str
    ) -> None:
        """Start the client.

        Args:
            directory: The directory of the files that the client and the shell write.
            argument: One more argument of the client.
            encoding: The encoding of the terminal.
            columns: The width of the terminal.
            environ: More environment variables.
        """
        self.posts = directory / "posts"
        shell = ["sh", "-c", SHELL_TEXT.format(self.posts, sys.executable, argument)]
        super().__init__(
            "amqp://nobody", directory, columns=columns, lines=40, command=shell, encoding=encoding, **environ
        )

    def sends(self, data: bytes) -> None:
        """Send bytes as a terminal does."""
        os.write(self.terminal.child_fd, data)

    def posted(self) -> list[str]:
        """Return what the client has posted."""
        return [json.loads(line) for line in self.posts.read_text().splitlines()] if self.posts.exists() else []

    def posts_only(self, *texts: str) -> None:
        """Wait until the client has posted texts, and nothing else."""
        self.waits(lambda: len(self.posted()) >= len(texts), f"{texts} are posted")
        assert self.posted() == list(texts)

    def signal(self, number: int) -> None:
        """Send a signal to the client, not to the shell."""
        os.kill(int(self.posts.with_suffix(".pid").read_text()), number)

    def leaves_the_terminal_as_it_was(self) -> None:
        """Wait until the client has ended, and compare."""
        self.ends()
        before, after = (self.posts.with_suffix(f".{when}").read_text() for when in ("before", "after"))
        assert before == after
        modes = dict(MODE.findall(self.raw))
        assert {number for number, state in modes.items() if state == "h"} & OFF == set()
        assert {number for number, state in modes.items() if state == "l"} & ON == set()
        assert self.raw.count("\x1b[<u") >= self.raw.count("\x1b[>") > 0


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Alice]:
    """Yield a person in the room."""
    person = Alice(tmp_path)
    person.sees("some words of bob")
    person.sees("● connected")
    yield person
    person.terminal.close(force=True)


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        (b"\xff", "\ufffd"),
        (b"ni\xf1o", "ni\ufffdo"),
        (b"\x1b[M \xe0\x40\x1b[M#\xe0\x40", ""),
        (b"\x1b[200~ni\xf1o\x1b[201~", "ni\ufffdo"),
        (b"\x1b[200~abc", "abc"),
        (b"\x1b[97;1:3u\x1b[99999999u", ""),
        (b"\x1b[55296u", "\ufffd"),
        (b"\x1b[48;1;1;1;1t\x1b[9;9R", ""),
        (b"\x1b[<0;9999;9999M\x1b[<0;9999;9999m", ""),
    ],
)
def test_nothing_that_a_terminal_sends_ends_the_client(alice: Alice, sent: bytes, right: str) -> None:
    alice.sends(b"<" + sent)
    if right:
        alice.sees(f"<{right}")
    else:
        alice.sees("<")
    alice.types("still here")
    alice.sees("still here")
    if not sent.startswith(b"\x1b[97"):
        alice.sees(f"<{right}still here")


def test_lines_that_arrive_at_once_are_not_sent(alice: Alice) -> None:
    alice.sends(b"one\r/quit\rthree\r")
    alice.sees("three")
    alice.sends(b"\r")

    alice.posts_only("one\n/quit\nthree")


def test_a_line_and_an_enter_at_once_are_sent(alice: Alice) -> None:
    alice.sends(b"hello\r")

    alice.posts_only("hello")


def test_keys_that_arrive_together_while_a_message_is_chosen_go_to_the_composer(alice: Alice) -> None:
    alice.sees("you are alice")  # the newest item, which F6 chooses
    row = next(number for number, text in enumerate(alice.rows()) if "you are alice" in text)
    column = alice.rows()[row].index("alice")
    before = alice.screen.buffer[row][column]
    alice.sends(b"\x1b[17~")
    alice.waits(lambda: alice.screen.buffer[row][column] != before, "a message is chosen")
    alice.sends(b"\x1b[A")
    alice.sends(b"typed on\r")

    alice.posts_only("typed on")


def test_a_moving_mouse_writes_little_and_links_still_click(alice: Alice) -> None:
    alice.types("ready")
    alice.sees("ready")
    before = len(alice.raw)
    for number in range(MOTIONS):
        alice.sends(b"\x1b[<35;%d;%dM" % (1 + number * 7 % 120, 1 + number * 3 % 40))
    alice.types("steady")
    alice.sees("steady")

    assert len(alice.raw) - before < MOTIONS * MOST_BYTES

    row = next(number for number, text in enumerate(alice.rows(), 1) if "https://example.org/a" in text)
    column = alice.rows()[row - 1].index("https://example.org/a") + 3
    alice.sends(b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % (column, row, column, row))
    alice.sees("no browser found; copied the link")


@pytest.mark.parametrize("number", ["TERM", "HUP", "INT", "QUIT", "ABRT"])
def test_a_signal_leaves_the_terminal_as_it_was(alice: Alice, number: str) -> None:
    value = signal.Signals[f"SIG{number}"]
    alice.signal(value)

    alice.leaves_the_terminal_as_it_was()
    assert f"ended with {128 + value}" in alice.raw


@pytest.mark.parametrize("where", ["app", "session"])
def test_an_error_leaves_the_terminal_as_it_was_and_is_shown(alice: Alice, where: str) -> None:
    alice.says(f"error in the {where}")

    alice.leaves_the_terminal_as_it_was()
    assert "ended with 1" in alice.raw
    assert "ArithmeticError" in alice.raw


def test_an_error_in_a_worker_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    alice = Alice(tmp_path, argument="error")

    alice.leaves_the_terminal_as_it_was()
    assert "ended with 1" in alice.raw


def test_a_client_whose_terminal_goes_away_ends(alice: Alice) -> None:
    pid = int(alice.posts.with_suffix(".pid").read_text())
    alice.terminal.close(force=False)

    until(lambda: not Path(f"/proc/{pid}").exists(), 20, "the client has ended")


def test_ctrl_z_suspends_and_fg_comes_back(tmp_path: Path) -> None:
    # A program above the client, such as make, has to stop too: else the shell would wait for it.
    (tmp_path / "job").write_text(f"'{sys.executable}' -m testkit.at_terminal {tmp_path}/posts; echo over")
    shell = ["bash", "--norc", "--noprofile", "-i"]
    person = FullscreenPerson("amqp://nobody", tmp_path, command=shell, columns=120, lines=40, PS1="$ ")
    person.sees("$")
    person.types(f"stty echo; stty -g >{tmp_path}/before; sh {tmp_path}/job\r")
    person.sees("● connected")
    person.types("a draft")
    person.sees("a draft")
    person.types("\x1a")
    person.sees("Stopped")
    modes = dict(MODE.findall(person.raw))
    assert {number for number, state in modes.items() if state == "h"} & OFF <= {"2004"}  # which the shell sets
    assert person.raw.count(KEEP_TITLE) == person.raw.count(RESTORE_TITLE) == 1
    person.types(f"clear; stty -g | cmp - {tmp_path}/before && echo as $((1 + 1)) before\r")
    person.sees("as 2 before")
    person.types("fg\r")
    person.sees("a draft")
    person.sees("● connected")
    person.types(" and more")
    person.sees("a draft and more")
    assert person.raw.rfind(RESTORE_TITLE) < person.raw.rfind(KEEP_TITLE) < person.raw.rfind(title("lobby", 0))
    person.terminal.close(force=True)


def test_no_number_of_continue_signals_stops_the_client(alice: Alice) -> None:
    for number in range(CONTINUES):
        alice.signal(signal.SIGCONT)
        alice.types("abc" if number % 2 else "\x15")
        alice.rows()
    alice.types("\x15still here")
    alice.sees("still here")


def test_ctrl_z_without_a_shell_does_not_freeze_the_client(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "testkit.at_terminal", str(tmp_path / "posts")]
    person = FullscreenPerson("amqp://nobody", tmp_path, command=command)
    person.sees("● connected")
    person.types("\x1a")
    person.types("still here")
    person.sees("still here")
    person.terminal.close(force=True)


def test_a_stop_from_outside_and_a_continue_give_the_screen_back(alice: Alice) -> None:
    alice.signal(signal.SIGSTOP)
    alice.signal(signal.SIGCONT)
    alice.types("still here")

    alice.sees("still here")


def test_a_locale_without_the_frame_gets_plain_characters_and_a_line_that_says_so(tmp_path: Path) -> None:
    chosen = latin_1(tmp_path)
    alice = Alice(tmp_path, encoding="iso8859-1", LOCPATH=chosen["LOCPATH"], LC_ALL=chosen["LC_ALL"])
    alice.sees("* conectado")
    alice.sees("ISO-8859-1")
    assert "\\u" not in alice.raw
    alice.sends(b"ni\xf1o\r")

    alice.posts_only("niño")
    alice.sees("niño")
    alice.terminal.close(force=True)


def test_the_locale_c_gets_utf_8_and_a_line_that_says_so(tmp_path: Path) -> None:
    alice = Alice(tmp_path, LC_ALL="C")
    alice.sees("● connected")
    alice.sees("ANSI_X3.4-1968")
    alice.types("niño\r")

    alice.posts_only("niño")
    alice.terminal.close(force=True)

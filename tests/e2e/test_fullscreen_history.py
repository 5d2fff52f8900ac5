"""What was said long ago, at a full-screen client, from the real archive."""

import re
from pathlib import Path

from testkit.people import piped
from testkit.processes import System
from testkit.sitter import Sitter


def test_reading_back_reaches_the_first_message_with_none_missing_and_none_twice(chat: System, tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(300))
    assert piped(chat.url("client"), tmp_path / "bot", text, "--name", "bot").returncode == 0
    ann = Sitter(chat.url("client"), tmp_path / "ann", lines=70)
    ann.joins("ann")
    ann.waits(lambda: numbers(ann)[-50:] == list(range(250, 300)), "the last 50 are on the screen")

    ann.resizes(100, 30)
    ann.waits(lambda: len(ann.rows()) == 30 and ann.shows("UTC"), "the room is drawn anew")
    while not ann.shows("the room begins here"):
        read_up(ann)
    ann.sees("│ line 0")
    ann.resizes(100, 340)
    ann.waits(lambda: numbers(ann) == list(range(300)), "all is on the screen, each once and in order")


def test_a_search_finds_what_was_said_long_ago(chat: System, tmp_path: Path) -> None:
    text = "a needle in the hay\n" + "".join(f"hay {n}\n" for n in range(200))
    assert piped(chat.url("client"), tmp_path / "bot", text, "--name", "bot").returncode == 0
    ann = Sitter(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.sees("hay 199")
    assert not ann.shows("needle")
    ann.says("/search needle")
    ann.sees("│ a needle in the hay")
    assert not ann.shows("hay 150")
    ann.presses("Escape")
    ann.sees("hay 199")


def numbers(sitter: Sitter) -> list[int]:
    """The numbers of the lines that are on the screen, from top to bottom."""
    return [int(found[1]) for row in sitter.rows() if (found := re.search(r"│ line (\d+)\b", row))]


def read_up(sitter: Sitter) -> None:
    """Press PageUp, and wait until the screen shows something else, without a gap."""
    before = numbers(sitter)
    sitter.presses("PageUp")
    sitter.waits(lambda: numbers(sitter) != before and without_gap(numbers(sitter)), "older messages are shown")


def without_gap(found: list[int]) -> bool:
    """Whether numbers follow one another; a screen that is half painted does not last."""
    return bool(found) and found == list(range(found[0], found[-1] + 1))

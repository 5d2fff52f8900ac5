"""Old messages from the real archive at a full-screen client."""

import re
from pathlib import Path

from testkit.fullscreen_person import FullscreenPerson
from testkit.people import piped
from testkit.processes import System


def test_scrolling_up_reaches_the_first_message_without_gaps_or_duplicates(chat: System, tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(300))
    assert piped(chat.url("client"), tmp_path / "bot", text, "--name", "bot").returncode == 0
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann", lines=70)
    ann.joins("ann")
    ann.waits(lambda: numbers(ann)[-50:] == list(range(250, 300)), "the last 50 are on the screen")

    ann.resizes(100, 30)
    ann.waits(lambda: len(ann.rows()) == 30 and ann.shows("UTC"), "the room is drawn at the new size")
    while not ann.shows("the room begins here"):
        read_up(ann)
    ann.sees("│ line 0")
    ann.resizes(100, 340)
    ann.waits(lambda: numbers(ann) == list(range(300)), "all is on the screen, each once and in order")


def test_a_search_finds_an_old_message(chat: System, tmp_path: Path) -> None:
    text = "a needle in the hay\n" + "".join(f"hay {n}\n" for n in range(200))
    assert piped(chat.url("client"), tmp_path / "bot", text, "--name", "bot").returncode == 0
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.sees("hay 199")
    assert not ann.shows("needle")
    ann.says("/search needle")
    ann.sees("│ a needle in the hay")
    assert not ann.shows("hay 150")
    ann.presses("Escape")
    ann.sees("hay 199")


def numbers(person: FullscreenPerson) -> list[int]:
    """Return the numbers of the lines on the screen, from top to bottom."""
    return [int(found[1]) for row in person.rows() if (found := re.search(r"│ line (\d+)\b", row))]


def read_up(person: FullscreenPerson) -> None:
    """Press PageUp, and wait until the screen shows other lines, without a gap."""
    before = numbers(person)
    person.presses("PageUp")
    person.waits(lambda: numbers(person) != before and without_gap(numbers(person)), "older messages are shown")


def without_gap(found: list[int]) -> bool:
    """Return whether the numbers are consecutive. They are not while the screen is half painted."""
    return bool(found) and found == list(range(found[0], found[-1] + 1))

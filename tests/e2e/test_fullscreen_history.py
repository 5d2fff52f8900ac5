"""Old messages from the real archive at a full-screen client."""

import re
import time
from collections.abc import Iterable
from pathlib import Path

from testkit.fullscreen_person import FullscreenPerson
from testkit.people import piped
from testkit.processes import System

AGAIN_SECONDS = 5.0  # long enough for a slow machine to scroll


def test_scrolling_up_reaches_the_first_message_without_gaps_or_duplicates(chat: System, tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(300))
    assert piped(chat.url("client"), tmp_path / "bot", text, "--name", "bot").returncode == 0
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann", lines=70)
    ann.joins("ann")
    ann.waits(lambda: numbers(ann)[-50:] == list(range(250, 300)), "the last 50 are on the screen")

    ann.resizes(100, 30)
    ann.waits(lambda: len(ann.rows()) == 30 and ann.shows("UTC"), "the room is drawn at the new size")
    while not ann.shows("the room begins here"):
        scrolls(ann, "PageUp")
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


def test_a_person_goes_anywhere_in_the_room_and_comes_back(chat: System, tmp_path: Path) -> None:
    says(chat, tmp_path, range(300))
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.sees("│ line 299")
    ann.presses("Ctrl+Q")
    assert ann.ends() == 0
    says(chat, tmp_path, range(300, 550))

    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    # Once the messages before the line are there, the date is above them.
    ann.waits(lambda: "── new ──" in ann.rows()[0] and "line 300" in ann.rows()[1], "the room opens where ann stopped")
    read_down(ann, 549)

    ann.presses("Ctrl+Home")
    ann.sees("the room begins here")
    ann.waits(lambda: numbers(ann)[:1] == [0], "the first message is on the screen")
    says(chat, tmp_path, [550])
    ann.sees("↓ 1 new")
    ann.presses("Ctrl+End")
    ann.waits(lambda: numbers(ann)[-1:] == [550], "the newest message is on the screen")

    ann.says('/search "line 123"')
    ann.sees("Enter goes there")
    ann.presses("Enter")
    ann.waits(lambda: {120, 123, 126} <= set(numbers(ann)) and without_gap(numbers(ann)), "line 123 has its context")
    ann.presses("Escape")
    ann.waits(lambda: numbers(ann)[-1:] == [550], "the newest message is on the screen")
    ann.says("/go today")
    ann.waits(lambda: numbers(ann)[:1] in ([0], [1]), "the first message of the day is on the screen")


def says(chat: System, tmp_path: Path, lines: Iterable[int]) -> None:
    """Let a bot post numbered lines."""
    text = "".join(f"line {n}\n" for n in lines)
    assert piped(chat.url("client"), tmp_path / "bot", text, "--name", "bot").returncode == 0


def read_down(person: FullscreenPerson, last: int) -> None:
    """Press PageDown until a line is on the screen. No line is passed over."""
    while numbers(person)[-1] != last:
        before = numbers(person)
        scrolls(person, "PageDown")
        assert numbers(person)[0] <= before[-1] + 1


def numbers(person: FullscreenPerson) -> list[int]:
    """Return the numbers of the lines on the screen, from top to bottom."""
    return [int(found[1]) for row in person.rows() if (found := re.search(r"│ line (\d+)\b", row))]


def scrolls(person: FullscreenPerson, key: str) -> None:
    """Press a key until the screen shows other lines, and wait until they have no gap.

    A key that comes before the archive has answered does nothing.
    """
    before = numbers(person)
    pressed = time.monotonic() - AGAIN_SECONDS

    def moves() -> bool:
        nonlocal pressed
        if numbers(person) == before and time.monotonic() - pressed >= AGAIN_SECONDS:
            person.presses(key)
            pressed = time.monotonic()
        return numbers(person) != before and without_gap(numbers(person))

    person.waits(moves, f"{key} shows other messages", 60)


def without_gap(found: list[int]) -> bool:
    """Return whether the numbers are consecutive. They are not while the screen is half painted."""
    return bool(found) and found == list(range(found[0], found[-1] + 1))

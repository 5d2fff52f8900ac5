"""People at full-screen clients of the real system."""

import re
import time
from base64 import b64decode
from pathlib import Path

from testkit.fullscreen_person import FullscreenPerson
from testkit.people import Person, piped
from testkit.processes import System

# "[", then parameters that set a colour of the text or its background; 39 and 49 are the terminal's own.
COLOUR = re.compile(r"\x1b\[(?:\d+[;:])*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:]\d+)*m")
HOSTILE = {
    "\x1b]0;stolen\x07 title": "␛]0;stolen␇ title",
    "\x1b[2J\x1b[1;1H cleared": "␛[2J␛[1;1H cleared",
    "\x9b2J\x9d0;stolen\x9c c1": "�2J�0;stolen� c1",
    "\u202egnp.exe\u202c reversed": "�gnp.exe� reversed",
    "[red]markup[/red] [@click=app.exit]x[/]": "[red]markup[/red] [@click=app.exit]x[/]",
    "above\r below": "above␍ below",
    "\x08\x08\x7f deleted": "␈␈␡ deleted",
}


def test_two_people_talk_and_a_killed_client_is_listed_as_disconnected(chat: System, tmp_path: Path) -> None:
    ann, bob = (
        FullscreenPerson(chat.url("client"), tmp_path / "ann"),
        Person(chat.url("client"), tmp_path / "bob"),
    )
    ann.joins("ann")
    bob.joins("bob")
    ann.sees("● bob")
    ann.sees("Connected 2")

    ann.says("hola")
    bob.hears("ann", "hola")
    ann.sees("│ hola")
    bob.says("qué tal")
    ann.sees("bob │ qué tal")

    bob.killed()
    ann.sees("○ bob")
    ann.sees("● ann")
    ann.sees("Disconnected 1")


def test_a_taken_name_is_refused_with_the_reason_and_asked_for_again(chat: System, tmp_path: Path) -> None:
    ann, other = (
        Person(chat.url("client"), tmp_path / "ann"),
        FullscreenPerson(chat.url("client"), tmp_path / "other"),
    )
    ann.joins("ann")
    other.asks_for("ann")
    other.sees("taken: choose another name")
    other.says("a")
    other.sees("anna")
    other.presses("Enter")
    other.sees("● anna")
    other.sees("● ann")


def test_a_terminal_of_40_by_12_is_enough(chat: System, tmp_path: Path) -> None:
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann", columns=40, lines=12)
    bob = Person(chat.url("client"), tmp_path / "bob")
    ann.asks_for("ann")
    ann.sees("● connected")
    bob.joins("bob")
    ann.says("hola")
    bob.hears("ann", "hola")
    bob.says("a text that is too long for a row of so narrow a terminal")
    ann.sees("narrow a terminal")
    assert not ann.shows("● bob")
    ann.presses("F4")
    ann.sees("● ann")
    ann.sees("● bob")
    ann.presses("F4")
    ann.waits(lambda: not ann.shows("● bob"), "the members are folded away again")


def test_messages_neither_control_the_terminal_nor_act_as_markup(chat: System, tmp_path: Path) -> None:
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    title = ann.screen.title
    lines = "".join(f"{line}\n" for line in HOSTILE)
    assert piped(chat.url("client"), tmp_path / "bot", lines, "--name", "bot").returncode == 0
    for shown in HOSTILE.values():
        ann.sees(f"│ {shown}")
    ann.says("still well")
    ann.sees("│ still well")
    ann.sees("Connected 1")

    assert ann.screen.title == title
    assert not re.search("[\x80-\x9f\u202a-\u202e]", ann.raw)
    assert "stolen\x07" not in ann.raw
    rows = ann.rows()
    assert [row for row in rows if "● " in row and row.endswith("│")] == [rows[1]]
    assert "● ann" in rows[1]
    assert rows[-1].endswith("UTC")
    assert "#" in rows[-1]


def test_no_color_turns_colours_off_and_keeps_the_cursor(chat: System, tmp_path: Path) -> None:
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    bob = FullscreenPerson(chat.url("client"), tmp_path / "bob", NO_COLOR="1")
    ann.joins("ann")
    bob.sees("Choose your name")
    bob.types("bob")
    bob.waits(lambda: has_cursor_after(bob, "bob"), "the cursor shows without colours where a name is typed")
    bob.presses("Enter")
    bob.sees("● connected")
    bob.says("hola")
    for person in (ann, bob):
        person.sees("bob │ hola")
    bob.types("typed")
    bob.waits(lambda: has_cursor_after(bob, "typed"), "the cursor shows where a message is typed")
    assert COLOUR.search(ann.raw)
    assert COLOUR.findall(bob.raw) == []


def test_a_chosen_message_is_written_to_the_clipboard_of_the_terminal_as_it_was_said(
    chat: System, tmp_path: Path
) -> None:
    ann, bob = (
        FullscreenPerson(chat.url("client"), tmp_path / "ann"),
        Person(chat.url("client"), tmp_path / "bob"),
    )
    ann.joins("ann")
    bob.joins("bob")
    bob.says("if x:\treturn " + "word " * 30 + "end")
    ann.sees("end")
    ann.presses("F6", "Ctrl+C")
    ann.sees("copied")
    copied = re.findall(r"\x1b\]52;c;([^\x07\x1b]*)", ann.raw)
    assert [b64decode(each).decode() for each in copied] == ["if x:\treturn " + "word " * 30 + "end"]


def test_the_question_for_the_name_is_in_the_language_of_the_environment(tmp_path: Path) -> None:
    ann = FullscreenPerson("amqp://client:x@127.0.0.1:9/", tmp_path, LANG="es_ES.UTF-8")
    ann.sees("Elige tu nombre")


def test_sigterm_restores_the_terminal_and_keeps_the_name(chat: System, tmp_path: Path) -> None:
    ann, thief = (
        FullscreenPerson(chat.url("client"), tmp_path / "ann"),
        Person(chat.url("client"), tmp_path / "thief"),
    )
    ann.joins("ann")
    ann.gets_sigterm()
    assert ann.ends() == 143
    assert restored(ann)
    thief.sees("name: ")
    thief.says("ann")
    thief.sees("taken")


def test_leaving_frees_the_name_and_restores_the_terminal(chat: System, tmp_path: Path) -> None:
    ann, bob = (
        FullscreenPerson(chat.url("client"), tmp_path / "ann"),
        FullscreenPerson(chat.url("client"), tmp_path / "bob"),
    )
    ann.joins("ann")
    bob.joins("bob")
    ann.says("/exit")
    bob.presses("Ctrl+Q")
    for name, left in (("ann", ann), ("bob", bob)):
        assert left.ends() == 0
        assert restored(left)
        Person(chat.url("client"), tmp_path / f"other-{name}").joins(name)


def test_an_idle_client_uses_almost_no_processor_time(chat: System, tmp_path: Path) -> None:
    ann = FullscreenPerson(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.says("hola")
    ann.sees("│ hola")
    ann.waits(lambda: not ann.shows("unsent"), "all has come back")
    before, until = ann.processor_seconds(), time.monotonic() + 3
    ann.waits(lambda: time.monotonic() > until, "3 s have gone by")
    assert ann.processor_seconds() - before < 0.1


def restored(person: FullscreenPerson) -> bool:
    """Return whether the client left the alternate screen and shows the cursor."""
    alternate, cursor = person.raw.rpartition("\x1b[?1049")[2], person.raw.rpartition("\x1b[?25")[2]
    return alternate.startswith("l") and cursor.startswith("h")


def has_cursor_after(person: FullscreenPerson, typed: str) -> bool:
    """Return whether the cell after a typed text has reversed colours, as the client draws a cursor."""
    found = [(y, row.index(typed) + len(typed)) for y, row in enumerate(person.rows()) if typed in row]
    return any(person.screen.buffer[y][x].reverse for y, x in found)

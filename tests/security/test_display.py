"""Texts that attack a display, posted by a member without our client: what clients, log.txt and tools show of them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from chat_amqp import topology
from testkit.broker import TestBroker
from testkit.fullscreen_person import FullscreenPerson
from testkit.people import PLAIN, environment
from testkit.processes import System, system_in
from testkit.tokens import member
from testkit.wait import until

COLUMNS = 80
LINE = "[2026-11-29 12:00:00] ann: I agree"
START = len("[2026-11-29 12:00:00] eve: ")
PAYLOAD = "cHduZWQ="  # what the clipboard would hold
ATTACKS = {
    "the screen cleared": "\x1b[2J\x1b[H* ann left",
    "the line overwritten": "\x1b[1A\x1b[2K" + LINE,
    "the title": "\x1b]0;pwned\x07",
    "the clipboard": f"\x1b]52;c;{PAYLOAD}\x07",
    "a link": "\x1b]8;;https://evil.example\x1b\\a bank\x1b]8;;\x1b\\",
    "strings for the device": "\x1bP$q m\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\",
    "controls in one byte": f"\x9b2J\x9d52;c;{PAYLOAD}\x9c\x90x\x9c\x9f\x84\x85* ann left",
    "the alternate screen": "\x1b[?1049h\x1b[?25l\x1bc\x1b(0",
    "a line feed": f"hi\n{LINE}",
    "a notice on the next line": "hi\n* ann left",
    "a carriage return": f"hi\r{LINE}",
    "a carriage return before a notice": "hi\r\n* ann left",
    "other ends of lines": f"hi\x0b{LINE}\x0c{LINE}\x85{LINE}\u2028{LINE}\u2029* ann left",
    "backspaces": "hi" + "\x08" * 60 + LINE,
    "deletes": "\x7f" * 60 + LINE + "\x00\x07\x0e",
    "text from right to left": f"\u202e{LINE[::-1]}\u202c",
    "isolates": f"\u2067{LINE}\u2069\u2066x\u2069\u2068y\u2069",
    "accents": "z" + "\u0301\u0302\u0303\u0316\u0317" * 40 + "algo",
    "tags": "x" + "".join(chr(0xE0000 + ord(each)) for each in "* ann left"),
    "variation selectors": "x" + "\ufe0f" * 100 + "\U000e0101" * 100,
    "skin tones": "\U0001f3fb" * (COLUMNS // 2) + LINE,
    "fillers": "\u3164\uffa0\u115f\u1160" * 40 + LINE,
    "nothing to see": "\u200b\u2060\ufeff\u180e\u2063\u00ad",
    "blanks up to the next row": " " * (COLUMNS - START + 1) + LINE,
    "one word up to the next row": "x" * (COLUMNS - START) + LINE.replace(" ", "\u00a0"),
    "wide characters up to the next row": "\u6f22" * ((COLUMNS - START) // 2) + LINE,
    "flags up to the next row": "\U0001f1ea\u200c" * ((COLUMNS - START) // 2) + LINE,
    "a notice on the next row": "x" * (COLUMNS - START) + "* ann left",
    "an action": "/me left",
    "an action of two lines": "/me left\n* ann left",
}
# No text of a member may bring one of these to a terminal: controls, ends of lines, directions, tags.
ACTIVE = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\U000e0000-\U000e007f]")
MESSAGE = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] (eve:|\* eve )")
CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Seen:
    """The forms of the attacks.

    Attributes:
        system: The system, with log.txt and the logs of its services.
        rows: The rows of a line client at a terminal, which reads as "lois".
        written: What it wrote to the terminal since it joined.
        piped: What a line client wrote to a pipe; it reads as "jimmy".
        room: The rows of a full-screen client, which reads as "clark".
        drawn: What it wrote to its terminal.
    """

    system: System
    rows: list[str]
    written: str
    piped: str
    room: list[str]
    drawn: str


@pytest.fixture(scope="module")
def seen(broker: TestBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Let eve post each attack, and yield what everybody else sees of it."""
    vhost, directory = broker.create_vhost(), tmp_path_factory.mktemp("display")
    with system_in(broker, vhost, directory) as system, (directory / "piped").open("w") as pipe:
        system.all()
        yield attacked(system, directory, pipe)
    broker.delete_vhost(vhost)


def attacked(system: System, directory: Path, pipe: TextIO) -> Seen:
    """Start three clients, let eve post each attack, and return what they show."""
    url = system.url(CLIENT)
    lois = FullscreenPerson(url, directory / "lois", columns=COLUMNS, lines=300, command=[*PLAIN, "--name", "lois"])
    clark = FullscreenPerson(url, directory / "clark", columns=COLUMNS, lines=300)
    jimmy = subprocess.Popen(
        [*PLAIN, "--name", "jimmy"], stdin=subprocess.PIPE, stdout=pipe, env=environment(url, directory / "jimmy")
    )
    piped = Path(pipe.name)
    try:
        lois.sees("* you are lois")
        clark.asks_for("clark")
        clark.sees("● connected")
        until(lambda: "* you are jimmy" in piped.read_text(), what="jimmy has joined")
        joined = len(lois.raw)
        eve = member(system, "eve")
        for text in (*ATTACKS.values(), "the end"):
            eve.post(text)
        eve.confirmed()
        lois.sees("eve: the end")
        clark.sees("│ the end")
        until(lambda: "eve: the end\n" in piped.read_text(), what="jimmy has read everything")
        until(lambda: len(system.recorded()) > len(ATTACKS), what="log.txt has everything")
        return Seen(system, lois.rows(), lois.raw[joined:], piped.read_text(), clark.rows(), clark.raw)
    finally:
        jimmy.kill()
        for person in (lois, clark):
            person.terminal.close(force=True)


def test_the_line_client_writes_nothing_that_acts_on_a_terminal(seen: Seen) -> None:
    assert not ACTIVE.search(seen.written)
    assert not ACTIVE.search(seen.piped)


def test_each_message_is_one_line_at_a_pipe(seen: Seen) -> None:
    lines = [line for line in seen.piped.splitlines() if not line.startswith("* ")]

    assert len(lines) == len(ATTACKS) + 1
    assert all(MESSAGE.match(line) for line in lines)
    assert {line for line in seen.piped.splitlines() if " left" in line and not MESSAGE.match(line)} == set()


def test_no_row_at_a_terminal_looks_like_a_notice_or_a_message_of_somebody_else(seen: Seen) -> None:
    begun = [row for row in seen.rows if row and not row.startswith("    ")]

    assert sum(bool(MESSAGE.match(row)) for row in begun) == len(ATTACKS) + 1
    notices = [row for row in begun if not MESSAGE.match(row)]
    assert all(re.match(r"\* (you are lois|clark joined|eve joined)", row) for row in notices), notices


def test_the_full_screen_keeps_a_message_in_its_column(seen: Seen) -> None:
    rows = [(name[6:].strip(), text) for name, _bar, text in (row.partition("│") for row in seen.room if "│" in row)]

    assert {name for name, _text in rows} == {"eve", "", "*", "-"}
    assert [text for name, text in rows if name == "*"] == [" eve left", " eve left"]
    assert [text for name, text in rows if name == "-"] == [" you are clark in lobby; F1 or /help shows the"]


def test_the_full_screen_draws_nothing_of_a_member_but_text(seen: Seen) -> None:
    own = re.sub("\x1b[^\x1b]{0,40}?[\x07]|\x1b", "", seen.drawn)  # what the client itself writes

    assert not ACTIVE.search(own.replace("\x07", ""))
    for sequence in ("\x1b]52", "\x1b]0;pwned", "\x1b]8;;https://evil", "\x1bP$q m", "\x1b_x", "\x1bc", "\x1b(0"):
        assert sequence not in seen.drawn


def test_accents_do_not_pile_up(seen: Seen) -> None:
    for shown in (seen.written, seen.piped):
        assert not re.search(r"[\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef]{5}", shown)


def test_log_txt_and_the_export_say_everything_and_do_nothing(seen: Seen) -> None:
    environ = {**os.environ, "AMQP_URL": seen.system.url("admin")}
    log = (seen.system.data / "log.txt").read_bytes().decode()
    done = subprocess.run(
        [sys.executable, "-m", "chat_admin", "export"], env=environ, capture_output=True, check=True, timeout=60
    )

    assert not ACTIVE.search(log)
    assert [each["text"] for each in seen.system.recorded()] == [*ATTACKS.values(), "the end"]
    assert all(
        line.startswith('{"server_ts":"') and '"user":"eve"' in line for line in log.removesuffix("\n").split("\n")
    )
    assert done.stdout.decode() == log


def test_the_logs_of_services_do_nothing(seen: Seen) -> None:
    for process in seen.system.processes:
        assert not ACTIVE.search(process.log.read_bytes().decode())


def test_dead_letters_are_listed_and_shown_without_acting(seen: Seen) -> None:
    eve, environ = member(seen.system, "eve"), {**os.environ, "AMQP_URL": seen.system.url("admin")}
    eve.publish(topology.POSTS.name, topology.posts_key(3, "lobby"), "\n".join(ATTACKS.values()).encode())
    eve.confirmed()
    tool = [sys.executable, "-m", "chat_admin", "dead-letters"]

    def output(*arguments: str) -> str:
        return subprocess.run(
            [*tool, *arguments], env=environ, capture_output=True, check=True, timeout=60, text=True
        ).stdout

    listed = until(lambda: output("list"), what="the letter is there")
    shown = output("show", listed.split()[0])
    assert not ACTIVE.search(listed)
    assert not ACTIVE.search(shown)
    assert "\\x1b[2J" in shown
    assert len(listed.splitlines()) == 1

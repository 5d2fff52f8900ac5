"""The terminal's bytes as the keys, pastes and mouse events that they stand for, however the reads divide them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Key, MouseEvent, Paste
from textual.keys import Keys
from textual.message import Message

from chat_client.fullscreen.background import TerminalBackground
from chat_client.fullscreen.driver import TerminalInput
from chat_client.fullscreen.driver_bursts import KEY_SECONDS, LONG_TEXT
from chat_client.fullscreen.driver_tokens import MOST_PASTED, PASTE_SECONDS, SEQUENCE_SECONDS

LATER = 10.0
UNFINISHED = [
    b"\x1b[",
    b"\x1b[20",
    b"\x1b[[",
    b"\x1bO",
    b"\x1b[M",
    b"\x1b[M \xe0",
    b"\x1b]11;rgb:0",
    b"\x1bPq",
    b"\xc3",
]
SEQUENCES = st.sampled_from(
    [
        b"\x1b[200~",
        b"\x1b[201~",
        b"\x1b[<35;1;1M",
        b"\x1b[M !!",
        b"\x1b]0;a\x07",
        b"\x1b[97;1:3u",
        b"\x1b[55296u",
        b"\r",
    ]
)


class Terminal:
    """The input of a terminal, with a clock that the test moves."""

    def __init__(self, encoding: str = "utf-8") -> None:
        """Start without bytes."""
        self.input = TerminalInput(encoding)
        self.now = 100.0

    def sends(self, *reads: bytes, gap: float = 0.0) -> list[str]:
        """Return what reads bring, each `gap` seconds after the one before, and a long time after them."""
        found = [each for data in reads for each in self.reads(data, gap)]
        return found + self.waits(LATER)

    def reads(self, data: bytes, after: float = 0.0) -> list[str]:
        """Return what a read brings some seconds after the one before."""
        before = self.waits(after)
        return before + told(self.input.feed(data, self.now))

    def waits(self, seconds: float) -> list[str]:
        """Return what the passing of some seconds brings."""
        until, found = self.now + seconds, []
        while self.input.deadline is not None and self.input.deadline <= until:
            self.now = max(self.now, self.input.deadline)
            found += told(self.input.expire(self.now))
        self.now = until
        return found


def told(events: list[Message]) -> list[str]:
    """Return the characters or names of keys, and the other events by their class."""
    return [_told(event) for event in events]


def _told(event: Message) -> str:
    match event:
        case Key(is_printable=True, character=str(character)):
            return character
        case Key():
            return event.key
        case Paste():
            return f"paste {event.text!r}"
        case MouseEvent():
            return f"{type(event).__name__} {event.screen_offset.x},{event.screen_offset.y}"
        case _:
            return type(event).__name__


@pytest.mark.parametrize(
    ("sent", "encoding", "right"),
    [
        (b"\xff", "utf-8", "\ufffd"),
        (b"ni\xf1o", "utf-8", "ni\ufffdo"),
        (b"ni\xf1o", "iso8859-1", "niño"),
        (b"\xa4", "iso8859-15", "€"),
        ("niño €".encode(), "utf-8", "niño €"),
        (b"\xc4\xe3", "gbk", "你"),
        (b"\xed\xa0\x80", "utf-8", "\ufffd\ufffd\ufffd"),
        (b"caf\xc3", "utf-8", "caf\ufffd"),
    ],
)
def test_a_byte_is_the_character_of_the_locale_or_a_replacement(sent: bytes, encoding: str, right: str) -> None:
    assert "".join(Terminal(encoding).sends(sent)) == right


def test_a_character_may_arrive_in_two_reads() -> None:
    assert Terminal().sends(b"\xc3", b"\xb1") == ["ñ"]


def test_a_paste_has_the_characters_of_the_locale() -> None:
    assert Terminal("iso8859-1").sends(b"\x1b[200~ni\xf1o\x1b[201~") == ["paste 'niño'"]
    assert Terminal().sends(b"\x1b[200~ni\xf1o\x1b[201~") == ["paste 'ni\ufffdo'"]


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        (b"\x1b[M \x21\x21", ["MouseDown 0,0"]),
        (b"\x1b[M \xe0\x40", ["MouseDown 191,31"]),
        (b"\x1b[M\x22\x30\x30\x1b[M\x23\x30\x30", ["MouseDown 15,15", "MouseUp 15,15"]),
        (b"\x1b[MC\xff\xff", ["MouseMove 222,222"]),
        (b"\x1b[M`\x30\x30", ["MouseScrollUp 15,15"]),
        (b"\x1b[M \x00\x00", []),
        (b"\x1b[<0;20;10Mx", ["MouseDown 19,9", "x"]),
        (b"\x1b[32;20;10Mx", ["x"]),
    ],
)
def test_mouse_reports_of_any_age_are_the_mouse(sent: bytes, right: list[str]) -> None:
    assert Terminal().sends(sent) == right


@pytest.mark.parametrize("sequence", list(ANSI_SEQUENCES_KEYS))
def test_each_key_that_textual_knows_is_that_key(sequence: str) -> None:
    parser = XTermParser()
    right = [event for event in [*parser.feed(sequence), *parser.feed("")] if isinstance(event, Key)]

    found = Terminal().sends(sequence.encode())

    assert [name for name in found if name != Keys.Escape] == [
        name for name in told(list(right)) if name != Keys.Escape
    ]


@pytest.mark.parametrize("begun", UNFINISHED)
def test_keys_work_after_a_sequence_that_never_ends(begun: bytes) -> None:
    terminal = Terminal()
    terminal.reads(begun)
    terminal.waits(SEQUENCE_SECONDS)

    assert terminal.sends(b"x") == ["x"]


def test_a_sequence_that_goes_on_and_on_does_not_take_the_keyboard_away() -> None:
    terminal = Terminal()
    terminal.reads(b"\x1b]0;")
    found = [each for _key in range(50) for each in terminal.reads(b"x", SEQUENCE_SECONDS / 3)]

    assert found.count("x") >= 45


def test_a_paste_without_an_end_becomes_text_and_keys_work_again() -> None:
    terminal = Terminal()
    assert terminal.reads(b"\x1b[200~abc") == []
    assert terminal.waits(PASTE_SECONDS) == ["paste 'abc'"]
    assert terminal.sends(b"x\r") == ["x", "enter"]


def test_a_paste_is_one_paste_however_long_it_takes() -> None:
    terminal = Terminal()
    found = terminal.sends(b"\x1b[200~one\r", b"two\x1b[2", b"01~", b"x", gap=PASTE_SECONDS * 0.9)

    assert found == ["paste 'one\\rtwo'", "x"]


def test_a_paste_without_an_end_takes_no_more_than_a_bounded_memory() -> None:
    terminal = Terminal()
    early = terminal.reads(b"\x1b[200~" + b"x" * (MOST_PASTED + 100))
    late = terminal.sends(b"x\x1b[201~", b"y")

    assert [len(each) > 100 for each in early] == [True]
    assert "".join(early + late).count("x") == MOST_PASTED + 101
    assert late[-1] == "y"


def test_an_end_of_a_paste_that_came_too_late_still_makes_one() -> None:
    terminal = Terminal()
    terminal.reads(b"\x1b[200~one\r")
    terminal.waits(PASTE_SECONDS)

    assert terminal.sends(b"two\r\x1b[201~x") == ["paste 'two\\r'", "x"]


@pytest.mark.parametrize(
    ("reads", "right"),
    [
        ([b"text\r"], ["t", "e", "x", "t", "enter"]),
        ([b"\rnext"], ["enter", "n", "e", "x", "t"]),
        ([b"\r\r"], ["enter", "enter"]),
        ([b"a\r\n"], ["a", "enter"]),
        ([b"one\rtwo"], ["paste 'one\\rtwo'"]),
        ([b"one\ntwo\n"], ["paste 'one\\ntwo\\n'"]),
        ([b"one\r\ntwo\r\n"], ["paste 'one\\r\\ntwo\\r\\n'"]),
        ([b"\rone\rtwo\r"], ["paste '\\rone\\rtwo\\r'"]),
        ([b"/quit\rone"], ["paste '/quit\\rone'"]),
        ([b"one\r\rtwo"], ["paste 'one\\r\\rtwo'"]),
        ([b"one\r", b"two\r"], ["o", "n", "e", "paste '\\rtwo\\r'"]),
        ([b"o", b"\r", b"t", b"\r"], ["o", "paste '\\rt\\r'"]),
        ([b"one\r", b"two\rthree\r", b"four\r"], ["o", "n", "e", "paste '\\rtwo\\rthree\\rfour\\r'"]),
        ([b"a\tb\rc"], ["paste 'a\\tb\\rc'"]),
        ([b"tru\x7fo\r"], ["t", "r", "u", "backspace", "o", "enter"]),
        ([b"ac\x1b[Db\x1b[C\r"], ["a", "c", "left", "b", "right", "enter"]),
        ([b"on\x7f\rtwo\x1b[Dx"], ["paste 'on'", "backspace", "paste '\\rtwo'", "left", "paste 'x'"]),
        ([b"\r\x1b[A\r"], ["enter", "up", "enter"]),
        ([b"a\r", b"\x1b[<35;2;2M", b"b\r"], ["a", "MouseMove 1,1", "paste '\\rb\\r'"]),
        ([b"x" * LONG_TEXT, b"\r"], [f"paste '{'x' * LONG_TEXT}'", "enter"]),
    ],
)
def test_several_lines_at_once_are_a_paste_and_one_line_stays_keys(reads: list[bytes], right: list[str]) -> None:
    assert Terminal().sends(*reads, gap=KEY_SECONDS / 2) == right


def test_keys_typed_one_after_another_are_keys_at_once() -> None:
    terminal = Terminal()

    assert [terminal.reads(key, KEY_SECONDS * 2) for key in (b"o", b"\r", b"t", b"\r")] == [
        ["o"],
        ["enter"],
        ["t"],
        ["enter"],
    ]


@pytest.mark.parametrize(
    "report", [b"\x1b[?1;2c", b"\x1b]10;rgb:0/0/0\x1b\\", b"\x1b[3;4R", b"\x1b[48;9;9;0;0t", b"\x1b[?u"]
)
def test_what_the_terminal_reports_is_no_text_and_changes_nothing(report: bytes) -> None:
    assert Terminal().sends(report + b"x") == ["x"]


@pytest.mark.parametrize("cut", range(1, 24))
def test_the_background_that_the_terminal_reports_is_an_event(cut: int) -> None:
    report, terminal = b"\x1b]11;rgb:ffff/ffff/fff0\x1b\\", TerminalInput("utf-8")

    found = [*terminal.feed(report[:cut], 1.0), *terminal.feed(report[cut:], 1.0)]

    assert [(type(event), event.light) for event in found if isinstance(event, TerminalBackground)] == [
        (TerminalBackground, True)
    ]
    assert len(found) == 1


@pytest.mark.parametrize("sequence", [b"\x1b[97;1:3u", b"\x1b[99999999u", b"\x1b[97:65;1u", b"\x1b[55296u"])
def test_a_number_that_is_no_character_is_no_error(sequence: bytes) -> None:
    assert all(char.isprintable() for char in "".join(Terminal().sends(sequence)))


@given(st.lists(st.binary(max_size=12) | SEQUENCES, max_size=8), st.lists(st.integers(0, 60), max_size=6))
def test_no_bytes_are_an_error_and_a_key_typed_after_them_arrives(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    terminal = Terminal()
    terminal.sends(*(data[start:end] for start, end in itertools.pairwise(edges)))

    assert terminal.sends(b"x") == ["x"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1), st.lists(st.integers(0, 60), max_size=6))
def test_no_character_is_lost_however_the_reads_divide_the_text(text: str, cuts: list[int]) -> None:
    data = text.encode()
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    terminal = Terminal()
    found = [
        event
        for start, end in itertools.pairwise(edges)
        for event in terminal.input.feed(data[start:end], terminal.now)
    ]

    arrived = [
        event.text if isinstance(event, Paste) else event.character or ""
        for event in found
        if isinstance(event, Paste | Key)
    ]
    assert "".join(arrived) == text

"""Events as lines: readable, one line for each message, without control characters."""

import re
import unicodedata

import icu
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chat_client import display
from chat_client.events import Joined, MessageReceived, MyMessagesListed, PresenceChanged, SearchListed, UsersListed

AT = 1_795_361_760_999_999  # 2026-11-22 15:36:00.999999 UTC


def test_a_message_is_shown_with_its_utc_time_to_the_second() -> None:
    assert display.lines(MessageReceived(at=AT, user="alice", text="hola")) == ["[2026-11-22 15:36:00] alice: hola"]


def test_notices_begin_with_a_star() -> None:
    assert display.lines(PresenceChanged(at=AT, user="bob", kind="joined")) == ["* bob joined"]
    assert display.lines(PresenceChanged(at=AT, user="bob", kind="lost")) == ["* bob lost the connection"]
    assert display.lines(Joined(name="bob", room="lobby")) == ["* you are bob in lobby; /help lists the commands"]


def test_users_are_listed_by_whether_they_are_connected() -> None:
    listed = display.lines(UsersListed(connected=("alice", "bob"), disconnected=("carol",)))

    assert listed == ["* connected: alice, bob", "* disconnected: carol"]
    assert display.lines(UsersListed(connected=("alice",), disconnected=())) == ["* connected: alice"]


def test_my_messages_end_with_their_number() -> None:
    said = MessageReceived(at=AT, user="bob", text="hola")

    assert display.lines(MyMessagesListed(messages=(said,), total=1)) == [
        "[2026-11-22 15:36:00] bob: hola",
        "* you have sent 1 message under this name",
    ]


def test_an_action_is_shown_with_a_star_before_its_sender() -> None:
    assert display.lines(MessageReceived(at=AT, user="alice", text="/me waves\x1b")) == [
        "[2026-11-22 15:36:00] * alice waves␛"
    ]


@pytest.mark.parametrize(
    ("count", "more", "closing"),
    [
        (2, False, '* 2 messages with "hola mundo"'),
        (1, False, '* 1 message with "hola mundo"'),
        (0, False, '* no message has "hola mundo"'),
        (2, True, '* the newest 2 messages with "hola mundo"; the full-screen client shows older ones too'),
    ],
)
def test_the_messages_that_a_search_found_end_with_their_number(count: int, more: bool, closing: str) -> None:
    found = tuple(MessageReceived(at=AT + number, user="bob", text="hola, mundo") for number in range(count))

    *shown, last = display.lines(SearchListed(words="hola mundo", messages=found, more=more))

    assert shown == ["[2026-11-22 15:36:00] bob: hola, mundo", "[2026-11-22 15:36:01] bob: hola, mundo"][:count]
    assert last == closing


def test_a_search_that_was_not_answered_is_not_said_to_have_found_nothing() -> None:
    assert display.lines(SearchListed(words="hola", messages=(), more=True)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines", "two ⏎ lines"),
        ("two\r\nlines", "two ⏎ lines"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\tb", "a    b"),
        ("\x9b31m", "�31m"),
        ("abc\u202etxt.exe", "abc�txt.exe"),
        ("del\x7f", "del␡"),
        ("mañana 日本 👩\u200d👩", "mañana 日本 👩\u200d👩"),
        ("🏳\ufe0f\u200d🌈 👩🏽\u200d🚀 🧔\u200d♂\ufe0f", "🏳\ufe0f\u200d🌈 👩🏽\u200d🚀 🧔\u200d♂\ufe0f"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        ("x\U000e0061\U000e0062y 🏴\U000e0067", "xy 🏴"),
        ("👍🏽 a🏽 🏽🏽 👍🏽🏽", "👍🏽 a� �� 👍🏽�"),
        ("a\u200bb\u00adc\u2060d\ufeffe\u3164f\u1160g\u034fh\u206ai", "abcdefghi"),
        ("a" + "\u0301\u0316" * 9 + "b", "a\u0301\u0316\u0301\u0316b"),
        ("a" + "\u0301\u200c" * 9, "a\u0301\u200c\u0301\u200c"),
        ("❤" + "\ufe0f" * 9, "❤" + "\ufe0f" * 4),
        ("བསྐྱོད שָּׁ֑ בְּרֵאשִׁ֖ית", "བསྐྱོད שָּׁ֑ בְּרֵאשִׁ֖ית"),
        ("a\u200db 漢\u200d字 я\u200dя a\ufe0f\u200d👩 👩\u200d", "ab 漢字 яя a\ufe0f👩 👩"),
    ],
)
def test_control_characters_are_shown_as_pictures(text: str, shown: str) -> None:
    assert display.safe(text) == shown


def test_a_skin_tone_stays_behind_each_emoji_that_can_have_one() -> None:
    bases = [str(base) for base in icu.UnicodeSet("[:Emoji_Modifier_Base:]")]
    others = [str(base) for base in icu.UnicodeSet("[[:Emoji:]-[:Emoji_Modifier_Base:]-[:Emoji_Modifier:]]")]

    assert all(display.safe(f"{base}\U0001f3fd") == f"{base}\U0001f3fd" for base in bases)
    assert all(display.safe(f"{base}\U0001f3fd") == f"{base}\N{REPLACEMENT CHARACTER}" for base in others)


anything = st.text(alphabet=st.characters())  # lone surrogates too
dangerous = st.text(alphabet=st.sampled_from("\x00\x07\x08\x1b\r\n\x7f\x85\x9b\u202e\u2066\u2069\u2028\u2029[31mab"))


@given(anything | dangerous, anything | dangerous)
def test_received_texts_reach_the_terminal_as_plain_text(user: str, text: str) -> None:
    lines = display.lines(MessageReceived(at=AT, user=user, text=text)) + display.lines(
        PresenceChanged(at=AT, user=user, kind="left")
    )

    assert len(lines) == 2
    for char in "".join(lines):
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


# Lists of characters: as one alphabet all of Unicode's letters would leave next to no room for the others.
letters = st.lists(st.sampled_from("\u200d\u200c\u200b\u0301 aé漢яبक가") | st.characters(categories=["L", "M"]))


@given(letters.map("".join).filter(lambda text: not re.search("[\u0900-\u0dff]\u200d", text)))
def test_letters_take_the_width_that_they_are_reckoned_with(text: str) -> None:
    shown = display.safe(text)

    assert cell_len(shown) == sum(map(cell_len, shown))

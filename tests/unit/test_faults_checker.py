"""The checker of the fault tests, on posts: right histories pass, and each kind of defect is found."""

import random
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chat_wire.text import check_text
from tests.faults import posts
from tests.faults.checker import check, render
from tests.faults.examples import (
    A1,
    A2,
    A3,
    B1,
    B2,
    GOOD,
    REFUSED,
    SENT,
    STREAM,
    UNKNOWN,
    entry,
    heard,
    history,
    logged,
    post,
    stay,
    swapped,
    without,
)
from tests.faults.history import LAST
from tests.faults.operations import Entry, Heard, History, MineOp, Room, Stay
from tests.faults.room import read_log
from tests.faults.texts import text


class TestDelivery:
    """Property 1: confirmed posts exist exactly once."""

    @pytest.mark.parametrize(
        ("of", "room"),
        [
            (history(), GOOD),
            (history(), Room(stream=(*STREAM, STREAM[1], STREAM[0]), copies=logged(STREAM))),
            (history(UNKNOWN), GOOD),
            (history(UNKNOWN), Room(stream=without(STREAM, A3), copies=logged(without(STREAM, A3)))),
            (history(REFUSED), Room(stream=without(STREAM, A3), copies=logged(without(STREAM, A3)))),
        ],
    )
    def test_a_room_that_agrees_with_the_outcomes_passes(self, of: History, room: Room) -> None:
        assert list(posts.miscounted(of, room)) == []

    @pytest.mark.parametrize(
        ("of", "room", "words"),
        [
            (
                history(),
                Room(stream=without(STREAM, A2), copies=logged(STREAM)),
                "confirmed, but 0 times in the stream, 1",
            ),
            (
                history(),
                Room(stream=STREAM, copies=logged(without(STREAM, A2))),
                "confirmed, but 1 times in the stream, 0",
            ),
            (history(), Room(stream=without(STREAM, A2), copies=logged(without(STREAM, A2))), "confirmed, but 0 times"),
            (
                history(),
                Room(stream=STREAM, copies=logged((*STREAM, STREAM[0]))),
                "confirmed, but 1 times in the stream, 2",
            ),
            (
                history(),
                Room(stream=(*STREAM, entry(A1, 5, id="registry-ann.1-4")), copies=logged(STREAM)),
                "confirmed, but 2 times in the stream, 1",
            ),
            (history(REFUSED), GOOD, "refused, but 1 times in the stream, 1"),
            (
                history(REFUSED),
                Room(stream=without(STREAM, A3), copies=logged(STREAM)),
                "refused, but 0 times in the stream, 1",
            ),
            (
                history(REFUSED),
                Room(stream=STREAM, copies=logged(without(STREAM, A3))),
                "refused, but 1 times in the stream, 0",
            ),
            (
                history(UNKNOWN),
                Room(stream=STREAM, copies=logged(without(STREAM, A3))),
                "of unknown outcome, and 1 times",
            ),
            (
                history(UNKNOWN),
                Room(stream=without(STREAM, A3), copies=logged(STREAM)),
                "of unknown outcome, and 0 times",
            ),
            (
                history(UNKNOWN),
                Room(stream=(*STREAM, entry(A3, 5, id="x-1")), copies=logged((*STREAM, entry(A3, 5, id="x-1")))),
                "of unknown outcome, and 2 times",
            ),
            (history(replace(A3, outcome="contradicted")), GOOD, "both confirmed and refused"),
        ],
    )
    def test_a_missing_or_repeated_post_is_found(self, of: History, room: Room, words: str) -> None:
        (violation,) = posts.miscounted(of, room)
        assert words in violation


class TestTexts:
    """Property 2: no text is invented or altered."""

    def test_a_sent_text_passes_wherever_it_appears(self) -> None:
        own = MineOp(session="ann.1", author=A1.author, key="ann", asked=0, heard=heard([A1]))
        assert list(posts.altered(history(stays=(stay(), stay("bob.1")), mine=(own,)), GOOD)) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"text": "ann.1 2 holA"}, "altered from number 2 of ann.1"),
            ({"text": "ann.1 2 hola "}, "altered from number 2 of ann.1"),
            ({"text": "who says this?"}, "which nobody sent"),
            ({"text": "ann.1 22 hola"}, "which nobody sent"),
            ({"user": "bob"}, "attributed to bob"),
            ({"user": "Ann"}, "attributed to Ann"),
            ({"author": "author of bob"}, "attributed to ann (author o), but it is number 2 of ann.1 as ann"),
        ],
    )
    def test_an_altered_or_invented_post_is_found_in_the_stream_and_in_the_log(
        self, changes: dict[str, Any], words: str
    ) -> None:
        bad = tuple(replace(each, **changes) if each.text == A2.text else each for each in STREAM)
        found = list(posts.altered(history(), Room(stream=bad, copies=logged(bad))))
        assert [violation.partition(" at ")[0] for violation in found] == ["in the stream", "in log.txt"]
        assert all(words in violation for violation in found)

    @pytest.mark.parametrize(
        "change",
        [{"client_ts": 5}, {"server_ts": 5}, {"offset": 7}, {"index": 1}, {"id": "registry-ann.1-7"}],
    )
    def test_a_line_of_the_log_that_differs_from_the_stream_is_found(self, change: dict[str, Any]) -> None:
        room = replace(GOOD, copies=logged((replace(STREAM[0], **change), *STREAM[1:])))
        (violation,) = posts.altered(history(), room)
        assert "but in the stream" in violation

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            (Heard("ann", "ann.1 2 h?la"), "altered"),
            (Heard("eve", A2.text), "attributed to eve"),
            (Heard("ann", "psst"), "which nobody sent"),
        ],
    )
    def test_an_altered_or_invented_text_that_a_member_received_is_found(self, told: Heard, words: str) -> None:
        own = MineOp(session="ann.1", author=A1.author, key="ann", asked=0, heard=(told,))
        for parts in ({"stays": (stay(heard=(told,)),)}, {"mine": (own,)}):
            (violation,) = posts.altered(history(**parts), GOOD)
            assert violation.startswith("heard by ann.1")
            assert words in violation

    def test_two_clients_in_one_session_of_the_room_are_found(self) -> None:
        mixed = (replace(STREAM[0], id="registry-bob.1-7"), *STREAM[1:])
        found = list(posts.altered(history(), Room(stream=mixed, copies=logged(mixed))))
        assert len(found) == 2
        assert all("has several counterparts" in violation for violation in found)

    def test_an_unreadable_line_is_a_violation(self) -> None:
        assert list(posts.altered(history(), replace(GOOD, unreadable=("line 3",)))) == ["line 3"]


def test_a_line_of_the_log_may_be_newer_than_the_reading_but_not_out_of_place(tmp_path: Path) -> None:
    newer, elsewhere = entry(post(4), 6), replace(STREAM[1], offset=7)
    (tmp_path / "log.txt").write_bytes(b"".join(map(line, (STREAM[0], elsewhere, newer))))
    room = read_log(tmp_path / "log.txt", "log.txt", Room(stream=STREAM), end=5)
    assert room.copies["log.txt"] == (STREAM[0], elsewhere)
    (violation,) = posts.altered(history(), room)
    assert "nothing at that position" in violation


def line(of: Entry) -> bytes:
    times = {key: datetime.fromtimestamp(getattr(of, key) / 1e6, UTC).isoformat() for key in ("client_ts", "server_ts")}
    return orjson.dumps({**asdict(of), **times}) + b"\n"


class TestOrder:
    """Property 3: all see one order without gaps."""

    @pytest.mark.parametrize(
        "of",
        [
            stay(),
            stay(of=SENT[2:]),
            stay(of=SENT[1:3]),
            stay(of=()),
        ],
    )
    def test_any_part_of_the_room_without_a_gap_passes(self, of: Stay) -> None:
        repeated = replace(GOOD, stream=(*STREAM[:3], STREAM[0], STREAM[2], *STREAM[3:]))
        assert list(posts.disordered(history(stays=(of,)), repeated)) == []

    def test_a_member_without_the_history_may_receive_a_repeated_earlier_post_once(self) -> None:
        repeated = replace(GOOD, stream=(*STREAM[:3], STREAM[0], *STREAM[3:]))
        again, twice = stay(of=(*SENT[1:3], A1, *SENT[3:])), stay(of=(*SENT[1:3], A1, A1, *SENT[3:]))
        uninformed = [replace(each, uninformed=True) for each in (again, twice)]

        assert list(posts.disordered(history(stays=(uninformed[0],)), repeated)) == []
        for bad, room in ((again, repeated), (uninformed[0], GOOD), (uninformed[1], repeated)):
            assert list(posts.disordered(history(stays=(bad,)), room))

    def test_posts_out_of_their_senders_order_are_found(self) -> None:
        a1, a2 = STREAM[0], STREAM[2]
        bad = (replace(a1, text=a2.text), STREAM[1], replace(a2, text=a1.text))
        (violation,) = posts.disordered(history(), Room(stream=bad, copies=logged(bad)))
        assert violation.startswith("in the stream after number 2 of its session: number 1 of ann.1")

    def test_an_overtaken_post_that_readers_discard_is_found(self) -> None:
        overtaken = swapped(STREAM, 0, 2)
        (violation,) = posts.disordered(
            history(), Room(stream=overtaken, copies=logged(tuple(posts.deduplicated(overtaken))))
        )
        assert "only after a later post of its session" in violation

    def test_a_log_in_another_order_than_the_stream_is_found(self) -> None:
        (violation,) = posts.disordered(history(), replace(GOOD, copies=logged(swapped(STREAM))))
        assert violation.startswith("log.txt has registry-ann.1-2 at line 2")

    def test_a_log_that_ends_too_early_is_found(self) -> None:
        (violation,) = posts.disordered(history(), replace(GOOD, copies=logged(STREAM[:-1])))
        assert violation == "log.txt has 4 posts, the stream 5"

    @pytest.mark.parametrize(
        ("of", "count", "words"),
        [
            (stay(of=swapped(SENT)), 3, "right after post"),
            (stay(of=(A1, B1, B2, A3)), 1, "received post 3 of the room right after post 1"),
            (stay(of=(A1, B1, B1, A2)), 1, "received post 1 of the room right after post 1"),
            (stay(of=(A1, post(7), B1)), 1, "received a text that is not in the stream"),
        ],
    )
    def test_a_member_who_saw_another_order_or_a_gap_is_found(self, of: Stay, count: int, words: str) -> None:
        found = list(posts.disordered(history(stays=(stay("bob.1"), of)), GOOD))
        assert len(found) == count
        assert all(violation.startswith("ann.1") and words in violation for violation in found)

    def test_a_member_who_stayed_to_the_end_without_receiving_it_is_found(self) -> None:
        last = post(1, "observer", text=f"observer 1 {LAST}")
        room = Room(stream=(*STREAM, entry(last, 9)), copies=logged((*STREAM, entry(last, 9))))
        heard_all = stay("bob.1", of=(*SENT, last), to_end=True)
        left_before = stay("eve.1", of=SENT[:3])
        deaf = stay(of=SENT[:4], to_end=True)
        (violation,) = posts.disordered(history(last, stays=(heard_all, left_before, deaf)), room)
        assert violation.startswith("ann.1 stayed to the end")


def test_the_report_lists_every_property_and_each_violation_in_full() -> None:
    of = history(REFUSED, stays=(stay(),), stuck=("ann.1: a post has not come back",))
    table = render(check(of, GOOD)).splitlines()
    assert [line[0] for line in table[1:7]] == list("123456")
    assert [line.split()[-2:] for line in table[1:7]] == [
        ["5", "1"],
        ["15", "0"],
        ["15", "0"],
        ["0", "0"],
        ["0", "0"],
        ["1", "1"],
    ]
    assert any(line.startswith("  - refused, but 1 times in the stream, 1 times in log.txt") for line in table)
    assert "  - ann.1: a post has not come back" in table


def test_random_texts_are_unique_valid_and_from_every_plane() -> None:
    chance = random.Random(1)
    texts = [text("p1m1.1", number, chance) for number in range(1, 2001)]
    assert len(set(texts)) == 2000
    assert {ord(letter) >> 16 for each in texts for letter in each} == set(range(17))
    for each in texts:
        check_text(each)
        each.encode()

"""Pages of a room near a place in its stream or a time, in a real database."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_archive.errors import NotRecorded
from chat_archive.index import Index
from chat_archive.local_index import Checkpoint, LocalIndex
from chat_archive.room_pages import names_place
from chat_archive.room_pages import posts_near as posts_near_in_room
from chat_wire.messages import History, Recorded

Place = tuple[int, int]


def index_of(lobby: list[Place], *, gaps: bool = False) -> Index:
    """Return an index with posts at these places of the lobby."""
    index = LocalIndex("sqlite://")
    fill(index, lobby, step=3 if gaps else 1)
    return index


def fill(index: Index, lobby: list[Place], step: int = 1) -> None:
    index.create()
    index.record([at_place(number * step, place) for number, place in enumerate(lobby, 1)], Checkpoint(1, 1))


def at_place(number: int, place: Place) -> Recorded:
    return Recorded(
        number=number,
        room="lobby",
        offset=place[0],
        index=place[1],
        session="s",
        sequence=number,
        user="ann",
        author="a",
        client_ts=0,
        server_ts=1_000 + place[0],
        text="x",
    )


def asked(limit: int = 100, **fields: Any) -> History:
    return replace(History(request="r", before=None, limit=limit), **fields)


def posts_near(index: Index, question: History) -> tuple[list[Recorded], bool]:
    return posts_near_in_room(index, question, "lobby")


def places(found: tuple[list[Recorded], bool]) -> list[Place]:
    return [(post.offset, post.index) for post in found[0]]


LOBBIES = st.sets(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=40).map(sorted)


@given(lobby=LOBBIES, gaps=st.booleans(), limit=st.integers(1, 10), data=st.data())
def test_pages_before_and_after_a_place_are_next_to_it(
    lobby: list[Place], gaps: bool, limit: int, data: st.DataObject
) -> None:
    index = index_of(lobby, gaps=gaps)
    place = data.draw(st.sampled_from(lobby))
    earlier, later = [each for each in lobby if each < place], [each for each in lobby if each > place]

    before = posts_near(index, asked(limit, before_offset=place[0], before_index=place[1]))
    after = posts_near(index, asked(limit, after_offset=place[0], after_index=place[1]))

    assert places(before) == earlier[-limit:]
    assert before[1] == (len(earlier) > limit)
    assert places(after) == later[:limit]
    assert after[1] == (len(later) > limit)


@given(lobby=LOBBIES, gaps=st.booleans(), since=st.integers(990, 1_040))
def test_a_page_since_a_time_begins_with_the_first_post_from_then_on(
    lobby: list[Place], gaps: bool, since: int
) -> None:
    assert places(posts_near(index_of(lobby, gaps=gaps), asked(since=since))) == [
        each for each in lobby if 1_000 + each[0] >= since
    ]


@given(lobby=LOBBIES, limit=st.integers(1, 7))
def test_pages_after_numbers_give_each_post_once(lobby: list[Place], limit: int) -> None:
    index = index_of(lobby, gaps=True)
    found: list[Place] = []
    number, more = 0, True
    while more:
        posts, more = posts_near(index, asked(limit, after=number))
        found += [(post.offset, post.index) for post in posts]
        number = posts[-1].number

    assert found == lobby


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_place_beyond_the_index_is_refused(side: str) -> None:
    index = index_of([(0, 0), (5, 1)])

    with pytest.raises(NotRecorded, match="ask again later"):
        posts_near(index, asked(**{f"{side}_offset": 5, f"{side}_index": 2}))


def test_a_place_in_a_room_without_posts_is_refused() -> None:
    with pytest.raises(NotRecorded):
        posts_near(index_of([]), asked(after_offset=0))


def test_a_room_without_posts_has_none_since_a_time() -> None:
    assert posts_near(index_of([]), asked(since=0)) == ([], False)


@given(lobby=LOBBIES, newer=LOBBIES, data=st.data())
def test_a_place_is_one_of_the_present_stream(lobby: list[Place], newer: list[Place], data: st.DataObject) -> None:
    stop = lobby[-1][0]
    newer = [place for place in newer if place[0] < stop] or [(0, 0)]
    lobby = [*lobby, (stop + 1, 0)]
    index = index_of([])
    posts = [at_place(number, place) for number, place in enumerate([*lobby, *newer], 1)]
    cut = data.draw(st.integers(0, len(posts)))
    index.record(posts[:cut], Checkpoint(1, 1))
    index.record(posts[cut:], Checkpoint(2, 2))
    at = data.draw(st.integers(0, len(newer) - 1))

    after = posts_near(index, asked(after_offset=newer[at][0], after_index=newer[at][1]))
    before = posts_near(index, asked(before_offset=newer[at][0], before_index=newer[at][1]))

    assert places(after) == newer[at + 1 :]
    assert places(before) == [*lobby, *newer[:at]]


class CountingIndex(LocalIndex):
    """An index that counts how often it is asked for posts from a number on."""

    asked = 0

    def onward(self, room: str, first: int, limit: int) -> list[Recorded]:
        """Count, and return the posts."""
        self.asked += 1
        return super().onward(room, first, limit)


def test_a_place_takes_few_look_ups_among_many_posts() -> None:
    index = CountingIndex("sqlite://")
    fill(index, [(offset, 0) for offset in range(10_000)])

    assert places(posts_near(index, asked(2, after_offset=7_777))) == [(7_778, 0), (7_779, 0)]
    assert index.asked <= 16


@pytest.mark.parametrize(("fields", "placed"), [({}, False), ({"after": 0}, True), ({"before_offset": 0}, True)])
def test_only_a_place_or_a_time_asks_for_posts_near_it(fields: dict[str, int], placed: bool) -> None:
    assert names_place(asked(**fields)) == placed

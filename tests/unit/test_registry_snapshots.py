"""Snapshots, and what a replica reads after one."""

from collections.abc import Iterable

import pytest

from chat_registry import journal, snapshots
from chat_registry.errors import Diverged
from chat_registry.journal import ClaimName, Command
from chat_registry.state import State
from chat_registry.view import View
from chat_wire.codec import encode
from chat_wire.errors import DecodeError
from chat_wire.messages import Marker
from chat_worker.delivery import Delivery
from tests.support.registry import SECOND, START, Journal

MARKER = encode(Marker(origin="r2-1"))


def delivery(offset: int, body: bytes) -> Delivery:
    return Delivery(
        body=body,
        queue="registry.journal",
        exchange="chat.journal",
        routing_key="",
        reply_to=None,
        headers={},
        offset=offset,
        redelivered=False,
    )


def claim(number: int, at: int = START) -> ClaimName:
    return ClaimName(
        origin="r1",
        time=at,
        request=f"r{number}",
        inbox=f"inbox-{number}",
        name=f"User{number}",
        key=f"user{number}",
        author="author",
    )


def view_of(entries: Iterable[Command]) -> View:
    view = View(State())
    for offset, entry in enumerate(entries):
        view.read(delivery(offset, encode(entry)))
    return view


def collected(*bodies: bytes) -> list[snapshots.Snapshot]:
    collector = snapshots.Collector()
    for body in bodies:
        collector.add(body)
    return collector.newest()


def test_a_large_state_travels_in_parts_and_is_the_same_again() -> None:
    state = view_of(claim(number) for number in range(2 * snapshots.PART_ROWS + 1)).state

    parts = snapshots.take(state, "digest")

    assert [len(part.holders) for part in parts] == [snapshots.PART_ROWS, snapshots.PART_ROWS, 1]
    assert snapshots.restore(collected(*map(encode, parts))) == state


def test_from_every_cut_of_a_journal_snapshot_and_rest_come_to_the_same_state_as_the_whole() -> None:
    whole = Journal()
    whole.claim("bob", "author-b", "r1", "inbox-1")
    whole.claim("bob", "author-c", "r2", "inbox-2")
    whole.depart("inbox-1")
    whole.resume("author-b", "r1", "r3", "inbox-3")
    whole.now += 45 * SECOND
    whole.claim("bob", "author-b", "r4", "inbox-4")
    whole.claim("cid", "author-c", "r5", "inbox-1")
    whole.now += 45 * SECOND
    whole.release("cid", "r6")
    whole.exit("author-b", "r4", "r7")

    for cut in range(1, len(whole.entries)):
        bodies = [encode(entry) for entry in whole.entries]
        taken = snapshots.take(view_of(whole.entries[:cut]).state, journal.digest(bodies[cut - 1]))
        view = View(snapshots.restore(collected(*map(encode, taken))), anchor=taken[0].entry)
        assert view.start == cut - 1
        for offset in range(cut - 1, len(bodies)):
            view.read(delivery(offset, bodies[offset]))
        assert view.state == whole.state


def test_the_newest_snapshot_that_is_complete_counts_however_the_parts_are_mixed() -> None:
    state = view_of(claim(number) for number in range(snapshots.PART_ROWS + 1)).state
    old = [encode(part) for part in snapshots.take(state, "old")]
    new = [encode(part) for part in snapshots.take(state, "new")]
    torn = [encode(part) for part in snapshots.take(state, "torn")]

    assert collected() == []
    assert collected(MARKER, old[0], new[0]) == []
    assert collected(old[0], new[0], MARKER, old[1], new[1], torn[0])[0].entry == "new"
    assert collected(old[1], new[0], new[1])[0].entry == "new"


def test_what_is_no_snapshot_is_refused() -> None:
    with pytest.raises(DecodeError):
        snapshots.Collector().add(b'{"type":"claim"}')
    with pytest.raises(DecodeError):
        snapshots.Collector().add(b"\xff")


def test_a_journal_with_another_entry_where_the_snapshot_was_made_is_noticed() -> None:
    body = encode(claim(1))
    state = view_of([claim(0), claim(1)]).state

    for offset, found in ((1, encode(claim(2))), (2, body)):
        with pytest.raises(Diverged):
            View(state, anchor=journal.digest(body)).read(delivery(offset, found))


def test_a_journal_that_does_not_go_with_the_snapshot_adds_what_is_newer_to_it() -> None:
    view = View(view_of([claim(0), claim(1)]).state, anchor="another")
    view.restart()

    assert view.start == "first"
    view.read(delivery(0, encode(claim(2, at=START))))
    view.read(delivery(1, MARKER))
    view.read(delivery(2, encode(claim(3, at=START + 1))))

    assert list(view.state.holders) == ["user0", "user1", "user3"]
    assert view.state.offset == 2


def test_an_entry_that_cannot_be_read_is_passed_over() -> None:
    view = View(State())

    assert view.read(delivery(0, b"{}"))[0] is None
    assert view.read(delivery(1, MARKER))[0] == Marker(origin="r2-1")
    assert view.state.offset == 1

"""Snapshots, and what a replica reads after one."""

from collections.abc import Iterable

import pytest

from chat_registry import journal, snapshots
from chat_registry.domain import NOTHING, session_id
from chat_registry.errors import Diverged
from chat_registry.journal import ClaimName, Command, Departed
from chat_registry.state import State
from chat_registry.view import View
from chat_wire.codec import encode
from chat_wire.errors import DecodeError
from chat_wire.messages import Marker
from chat_worker.delivery import Delivery
from testkit.registry import SECOND, START, Journal, presence

MARKER = encode(Marker(origin="r2-1"))
SESSIONS = [session_id("author", f"r{number}") for number in range(2)]


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


def test_a_message_that_cannot_be_read_is_passed_over() -> None:
    view = View(State())

    for offset, body in enumerate((b"{}", b"\xff", b"[]", b'[{"type":"marker","origin":"r2-1"}]')):
        assert view.read(delivery(offset, body)) == []
    assert view.read(delivery(4, MARKER)) == [(journal.Marker(origin="r2-1"), NOTHING)]
    assert view.state.offset == 4


def test_entries_of_one_message_come_to_the_same_as_one_by_one() -> None:
    entries: list[Command] = [claim(0), claim(1), Departed(origin="r1", time=START, inbox="inbox-0"), claim(1)]
    together = View(State())

    read = together.read(delivery(0, journal.encode(entries)))

    apart = view_of(entries).state
    assert [entry for entry, _ in read] == entries
    assert presence(together.state) == presence(apart) == {"user0": (SESSIONS[0], False), "user1": (SESSIONS[1], True)}
    assert [[news.kind for news in outcome.news] for _, outcome in read] == [
        ["joined"],
        ["joined"],
        ["lost"],
        ["joined"],
    ]
    told = [news.id for _, outcome in read for news in outcome.news]
    assert told[1] == told[3]
    assert len(set(told)) == 3


def test_a_message_of_several_entries_that_is_read_again_changes_nothing() -> None:
    body = journal.encode([claim(0), claim(1)])
    view = View(State())
    view.read(delivery(0, body))
    before = snapshots.take(view.state, "")

    assert [outcome for _, outcome in view.read(delivery(0, body))] == [NOTHING, NOTHING]
    assert snapshots.take(view.state, "") == before


def test_a_snapshot_is_due_at_the_first_message_and_after_so_many_entries_in_whatever_messages() -> None:
    view = View(State())
    due = []
    for offset, count in enumerate((1, 1, 3, 1, 4)):
        view.read(delivery(offset, journal.encode([claim(10 * offset + number) for number in range(count)])))
        due.append(view.snapshot_due(5))

    assert due == [True, False, False, True, False]


def test_who_starts_from_a_snapshot_counts_from_there() -> None:
    running = View(State())
    bodies = [journal.encode([claim(2 * number), claim(2 * number + 1)]) for number in range(8)]
    due = []
    for offset, body in enumerate(bodies):
        running.read(delivery(offset, body))
        if running.snapshot_due(4):
            due.append((offset, snapshots.take(running.state, journal.digest(body))))
    first, *later = due
    started = View(snapshots.restore(first[1]), anchor=first[1][0].entry)

    also_due = []
    for offset in range(first[0], len(bodies)):
        started.read(delivery(offset, bodies[offset]))
        if started.snapshot_due(4):
            also_due.append((offset, snapshots.take(started.state, journal.digest(bodies[offset]))))

    assert also_due == later
    assert [offset for offset, _ in due] == [0, 2, 4, 6]

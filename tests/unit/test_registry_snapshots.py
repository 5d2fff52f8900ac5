"""Snapshots, and reading the journal after one."""

from collections.abc import Iterable

import pytest

from chat_registry import journal, snapshots
from chat_registry.claims import session_id
from chat_registry.errors import Diverged, NewerJournal, NoState
from chat_registry.journal import ClaimName, Departed, JournalEntry
from chat_registry.outcome import NOTHING
from chat_registry.state import State
from chat_registry.view import View
from chat_wire.codec import encode
from chat_wire.errors import DecodeError, UnknownType
from chat_wire.messages import Marker
from chat_wire.versions import NewerVersion
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


def view_of(entries: Iterable[JournalEntry]) -> View:
    view = View()
    for offset, entry in enumerate(entries):
        view.read(delivery(offset, encode(entry)))
    return view


def view_after(state: State, anchor: str) -> View:
    view = View()
    view.load(state, anchor)
    return view


def collected(*bodies: bytes) -> list[snapshots.SnapshotPart]:
    collector = snapshots.Collector()
    for body in bodies:
        collector.add(body)
    return collector.newest()


def test_a_large_state_is_split_into_parts_and_restored_the_same() -> None:
    state = view_of(claim(number) for number in range(2 * snapshots.PART_ROWS + 1)).state

    parts = snapshots.parts_of(state, "digest")

    assert [len(part.holders) for part in parts] == [snapshots.PART_ROWS, snapshots.PART_ROWS, 1]
    assert snapshots.restore(collected(*map(encode, parts))) == state


def test_a_snapshot_and_the_rest_of_the_journal_lead_to_the_same_state_as_the_whole_journal() -> None:
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
        taken = snapshots.parts_of(view_of(whole.entries[:cut]).state, journal.digest(bodies[cut - 1]))
        view = view_after(snapshots.restore(collected(*map(encode, taken))), taken[0].entry)
        assert view.start == cut - 1
        for offset in range(cut - 1, len(bodies)):
            view.read(delivery(offset, bodies[offset]))
        assert view.state == whole.state


def test_the_newest_complete_snapshot_is_found_however_the_parts_are_mixed() -> None:
    state = view_of(claim(number) for number in range(snapshots.PART_ROWS + 1)).state
    old = [encode(part) for part in snapshots.parts_of(state, "old")]
    new = [encode(part) for part in snapshots.parts_of(state, "new")]
    torn = [encode(part) for part in snapshots.parts_of(state, "torn")]

    assert collected() == []
    assert collected(MARKER, old[0], new[0]) == []
    assert collected(old[0], new[0], MARKER, old[1], new[1], torn[0])[0].entry == "new"
    assert collected(old[1], new[0], new[1])[0].entry == "new"


def test_a_message_that_is_not_a_snapshot_is_refused() -> None:
    with pytest.raises(UnknownType):
        snapshots.Collector().add(b'{"type":"claim"}')
    with pytest.raises(DecodeError):
        snapshots.Collector().add(b"\xff")


def test_an_unreadable_or_newer_snapshot_is_passed_over_however_complete_it_is() -> None:
    state = view_of(claim(number) for number in range(snapshots.PART_ROWS + 1)).state
    readable = [encode(part) for part in snapshots.parts_of(state, "readable")]
    good, last = [encode(part) for part in snapshots.parts_of(state, "unreadable")]
    newer = [encode(part).replace(b'"version":1', b'"version":3') for part in snapshots.parts_of(state, "newer")]
    collector = snapshots.Collector()
    for body in readable:
        collector.add(body)

    assert not collector.add(good)
    for body in (last.replace(b'"holders":[[', b'"holders":[[7,'), last.replace(b"author", b"\xff\xfe")):
        with pytest.raises(DecodeError):
            collector.add(body)
    for body in newer:
        with pytest.raises(NewerVersion, match="version 3, and this reader knows versions up to 2"):
            collector.add(body)

    assert [part.entry for part in collector.newest()] == ["readable", "readable"]


def test_a_snapshot_with_a_partition_that_does_not_exist_is_refused() -> None:
    (part,) = snapshots.parts_of(view_of([claim(0)]).state, "digest")
    moved = encode(part).replace(b',0,"inbox-0"', b',16,"inbox-0"')

    with pytest.raises(DecodeError):
        snapshots.Collector().add(moved)


def test_torn_snapshots_do_not_gather_in_memory() -> None:
    state = view_of(claim(number) for number in range(snapshots.PART_ROWS + 1)).state
    collector = snapshots.Collector()
    for number in range(3 * snapshots.MAX_INCOMPLETE):
        first, last = map(encode, snapshots.parts_of(state, f"torn {number}"))
        assert not collector.add(first)

    assert collector.incomplete == snapshots.MAX_INCOMPLETE
    assert collector.add(last)


def test_a_journal_with_another_entry_where_the_snapshot_was_made_is_noticed() -> None:
    body = encode(claim(1))
    state = view_of([claim(0), claim(1)]).state

    for offset, found in ((1, encode(claim(2))), (2, body)):
        with pytest.raises(Diverged):
            view_after(state, journal.digest(body)).read(delivery(offset, found))


def test_a_journal_that_does_not_continue_the_snapshot_adds_its_newer_entries() -> None:
    view = view_after(view_of([claim(0), claim(1)]).state, "another")
    view.restart()

    assert view.start == "first"
    view.read(delivery(0, encode(claim(2, at=START))))
    view.read(delivery(1, MARKER))
    view.read(delivery(2, encode(claim(3, at=START + 1))))

    assert list(view.state.holders) == ["user0", "user1", "user3"]
    assert view.state.offset == 2


def test_a_journal_without_its_beginning_and_without_a_snapshot_leads_to_no_state() -> None:
    with pytest.raises(NoState, match="the journal's entries 0 to 4, which are gone"):
        View().read(delivery(5, encode(claim(0))))


def test_a_journal_that_begins_later_than_the_snapshot_ends_leads_to_no_state() -> None:
    snapshot = view_of([claim(0), claim(1)]).state
    view = view_after(snapshot, "digest")
    with pytest.raises(Diverged):
        view.read(delivery(3, encode(claim(2))))
    view.restart()

    with pytest.raises(NoState, match="the journal's entries 2 to 2, which are gone"):
        view.read(delivery(3, encode(claim(2, at=START + 1))))


def test_a_journal_that_lost_its_end_and_begins_within_the_snapshot_continues_it() -> None:
    view = view_after(view_of([claim(0), claim(1)]).state, "another")
    view.restart()

    view.read(delivery(2, encode(claim(2, at=START + 1))))
    view.read(delivery(9, encode(claim(3, at=START + 2))))  # only the first entry tells where the journal begins

    assert list(view.state.holders) == ["user0", "user1", "user2", "user3"]


def test_a_journal_whose_entries_are_removed_faster_than_they_are_read_leads_to_no_state() -> None:
    view = view_of([claim(0), claim(1)])
    view.read(delivery(3, encode(claim(2))))  # RabbitMQ skips an offset at the beginning of a segment

    with pytest.raises(NoState, match="entries 19 to 29, which are gone"):
        view.read(delivery(30, encode(claim(3))))


def test_an_entry_of_a_newer_version_ends_the_replay_whatever_its_form() -> None:
    newer = encode(claim(1)).replace(b'"type"', b'"version":3,"type"')
    bodies = (newer, b"[" + encode(claim(0)) + b"," + newer + b"]", b'{"type":"rename","version":3,"from":1}')
    for body in bodies:
        with pytest.raises(NewerVersion):
            journal.decode(body)
        with pytest.raises(NewerJournal, match=r"at offset 0.*version 3, and this reader knows versions up to 2"):
            View().read(delivery(0, body))


def test_version_1_of_an_entry_is_read_and_not_written() -> None:
    body = encode(claim(1))

    assert b"version" not in body
    assert journal.decode(body.replace(b'"type"', b'"version":1,"type"')) == (claim(1),)


def test_an_unreadable_message_is_skipped() -> None:
    view = View()

    for offset, body in enumerate((b"{}", b"\xff", b"[]", b'[{"type":"marker","origin":"r2-1"}]')):
        assert view.read(delivery(offset, body)) == []
    assert view.read(delivery(4, MARKER)) == [(journal.JournalMarker(origin="r2-1"), NOTHING)]
    assert view.state.offset == 4


def test_entries_in_one_message_lead_to_the_same_state_as_separate_entries() -> None:
    entries: list[JournalEntry] = [claim(0), claim(1), Departed(origin="r1", time=START, inbox="inbox-0"), claim(1)]
    together = View()

    read = together.read(delivery(0, journal.encode(entries)))

    apart = view_of(entries).state
    assert [entry for entry, _ in read] == entries
    assert presence(together.state) == presence(apart) == {"user0": (SESSIONS[0], False), "user1": (SESSIONS[1], True)}
    assert [[event.kind for event in outcome.events] for _, outcome in read] == [
        ["joined"],
        ["joined"],
        ["lost"],
        ["joined"],
    ]
    told = [event.id for _, outcome in read for event in outcome.events]
    assert told[1] == told[3]
    assert len(set(told)) == 3


def test_a_message_of_several_entries_read_again_changes_nothing() -> None:
    body = journal.encode([claim(0), claim(1)])
    view = View()
    view.read(delivery(0, body))
    before = snapshots.parts_of(view.state, "")

    assert [outcome for _, outcome in view.read(delivery(0, body))] == [NOTHING, NOTHING]
    assert snapshots.parts_of(view.state, "") == before


def test_a_snapshot_is_due_at_the_first_message_and_after_each_given_number_of_entries() -> None:
    view = View()
    due = []
    for offset, count in enumerate((1, 1, 3, 1, 4)):
        view.read(delivery(offset, journal.encode([claim(10 * offset + number) for number in range(count)])))
        due.append(view.snapshot_due(5))

    assert due == [True, False, False, True, False]


def test_a_replica_that_starts_from_a_snapshot_makes_the_same_later_snapshots() -> None:
    running = View()
    bodies = [journal.encode([claim(2 * number), claim(2 * number + 1)]) for number in range(8)]
    due = []
    for offset, body in enumerate(bodies):
        running.read(delivery(offset, body))
        if running.snapshot_due(4):
            due.append((offset, snapshots.parts_of(running.state, journal.digest(body))))
    first, *later = due
    started = view_after(snapshots.restore(first[1]), first[1][0].entry)

    also_due = []
    for offset in range(first[0], len(bodies)):
        started.read(delivery(offset, bodies[offset]))
        if started.snapshot_due(4):
            also_due.append((offset, snapshots.parts_of(started.state, journal.digest(bodies[offset]))))

    assert also_due == later
    assert [offset for offset, _ in due] == [0, 2, 4, 6]

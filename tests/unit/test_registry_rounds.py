"""Work that the registry spreads over rounds: snapshots, probes and questions."""

import pytest

from chat_amqp.publisher import Publication
from chat_registry import questions, snapshots
from chat_registry.claims import session_id
from chat_registry.former_probes import PROBES_PER_ROUND, InboxProbes
from chat_registry.questions import UserQuestions
from chat_registry.snapshot_publisher import PARTS_PER_ROUND, SnapshotPublisher
from chat_registry.state import State
from chat_registry.view import View
from chat_wire.codec import decode, encode
from chat_wire.messages import Refused, Users
from testkit.registry import Journal, pid

INBOX = f"inbox.{'0' * 32}"
SESSION = session_id("author", "r0")


def state_of(names: int) -> State:
    journal = Journal()
    for number in range(names):
        journal.claim(f"user{number}", "author", f"r{number}", f"inbox-{number}")
    return journal.state


def view_of(state: State) -> View:
    view = View()
    view.load(state, "digest")
    return view


def answers(*publications: Publication) -> list[Users | Refused]:
    kinds: tuple[type[Users | Refused], ...] = (Users, Refused)
    return [decode(publication.body, *kinds) for publication in publications]


def test_a_large_snapshot_is_published_a_few_parts_per_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PART_ROWS", 1)
    state = state_of(PARTS_PER_ROUND + 1)
    publisher = SnapshotPublisher(every=10)
    publisher.enqueue(state, "digest")

    rounds = [list(publisher.next_parts()) for _ in range(3)]

    assert [len(each) for each in rounds] == [PARTS_PER_ROUND, 1, 0]
    published = [publication.body for each in rounds for publication in each]
    assert published == [encode(part) for part in snapshots.parts_of(state, "digest")]


def test_a_snapshot_that_is_being_published_becomes_whole_before_another_one_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshots, "PART_ROWS", 1)
    publisher = SnapshotPublisher(every=10)
    publisher.enqueue(state_of(2 * PARTS_PER_ROUND), "old")
    parts = list(publisher.next_parts())

    publisher.enqueue(state_of(1), "new")
    parts += publisher.next_parts()
    assert [decode(part.body, snapshots.SnapshotPart).entry for part in parts] == ["old"] * 2 * PARTS_PER_ROUND

    publisher.enqueue(state_of(1), "newest")
    (part,) = publisher.next_parts()
    assert decode(part.body, snapshots.SnapshotPart).entry == "newest"


def test_no_inbox_is_probed_before_the_replica_serves() -> None:
    probes = InboxProbes(view_of(state_of(1)), every=0.0)

    assert list(probes.due()) == []


def test_each_connected_inbox_is_probed_over_several_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("chat_registry.former_probes.time.monotonic", lambda: clock[0])
    state = state_of(PROBES_PER_ROUND + 2)
    probes = InboxProbes(view_of(state), every=60.0)
    probes.begin()
    assert list(probes.due()) == []

    clock[0] += 61
    probed = [[probe.routing_key for probe in probes.due()] for _ in range(3)]

    assert [len(each) for each in probed] == [PROBES_PER_ROUND, 2, 0]
    assert [inbox for each in probed for inbox in each] == [holder.inbox for holder in state.holders.values()]


def test_a_question_waits_for_its_offset_in_the_journal() -> None:
    state, waiting = state_of(1), UserQuestions()

    assert list(waiting.ask(SESSION, "q1", INBOX, state.offset + 1, state)) == []
    state.offset += 1

    assert answers(*waiting.answer(state)) == [Users(request="q1", connected=("user0",), disconnected=())]
    assert list(waiting.answer(state)) == []


def test_a_late_question_gets_the_present_state(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("chat_registry.questions.time.monotonic", lambda: clock[0])
    state, waiting = state_of(1), UserQuestions()
    assert list(waiting.ask(SESSION, "q1", INBOX, state.offset + 1, state)) == []

    clock[0] += questions.WAIT_SECONDS

    assert answers(*waiting.answer(state)) == [Users(request="q1", connected=("user0",), disconnected=())]


def test_a_question_is_refused_while_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MAX_WAITING", 1)
    state, waiting = state_of(1), UserQuestions()
    assert list(waiting.ask(SESSION, "q1", INBOX, state.offset + 1, state)) == []

    (busy,) = answers(*waiting.ask(SESSION, "q2", INBOX, state.offset + 1, state))

    assert isinstance(busy, Refused)
    assert (busy.request, busy.reason) == ("q2", "busy")
    assert answers(*waiting.ask(SESSION, "q3", INBOX, state.offset, state))


def test_a_session_that_has_ended_gets_no_list() -> None:
    state, waiting = state_of(1), UserQuestions()

    (refused,) = answers(*waiting.ask("another session", "q1", INBOX, state.offset, state))

    assert isinstance(refused, Refused)
    assert refused.reason == "invalid_token"


def test_a_name_under_which_nobody_has_been_connected_is_not_listed() -> None:
    journal, waiting = Journal(), UserQuestions()
    journal.open("bob", "author", "r0")
    journal.open("ann", "author", "r1")
    journal.connect("author", "r0", pid(1))

    assert answers(*waiting.ask(SESSION, "q1", INBOX, 0, journal.state)) == [
        Users(request="q1", connected=("bob",), disconnected=())
    ]
    journal.close(pid(1))
    assert answers(*waiting.ask(SESSION, "q2", INBOX, 0, journal.state)) == [
        Users(request="q2", connected=(), disconnected=("bob",))
    ]

"""The bounds of the state of a registry: names, memories, and the sessions that one entry ends."""

import pytest

from chat_registry import claims, memory, sweep
from chat_registry.claims import session_id
from chat_registry.outcome import Outcome
from chat_registry.state import Holder
from chat_wire.messages import Refused
from testkit.registry import LIFE, SECOND, Journal, pid, presence


def granted(outcome: Outcome) -> Holder:
    assert isinstance(outcome.reply, Holder)
    return outcome.reply


def refused(outcome: Outcome) -> Refused:
    assert isinstance(outcome.reply, Refused)
    return outcome.reply


def connected(*, quiet: bool = False) -> Journal:
    """Return a journal with bob, who is connected by process 1 and listens at address-1."""
    journal = Journal()
    journal.open("bob", "author-b", "r1", quiet=quiet)
    journal.connect("author-b", "r1", pid(1))
    journal.renew("author-b", "r1", "r2", "address-1")
    return journal


def test_a_sweep_ends_a_bounded_number_of_sessions_and_the_next_one_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MAX_SWEPT", 3)
    journal = Journal()
    for number in range(5):
        journal.open(f"user{number}", f"author {number}", "r1")
        journal.connect(f"author {number}", "r1", pid(number))
    journal.start_node("rabbit@host", 8)
    journal.now += 30 * SECOND

    outcomes = [journal.sweep() for _ in range(3)]

    assert [len(outcome.events) for outcome in outcomes] == [3, 2, 0]
    assert len({event.id for outcome in outcomes for event in outcome.events}) == 5


def test_an_author_holds_a_bounded_number_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_NAMES_OF_AUTHOR", 2)
    journal = Journal()
    for name in ("ann", "bob"):
        granted(journal.open(name, "author-b", f"claim of {name}"))

    assert refused(journal.open("cid", "author-b", "r3")).reason == "too_many_names"
    granted(journal.open("bob", "author-b", "r4"))
    granted(journal.open("cid", "author-c", "r5"))
    journal.exit("author-b", "r4", "r6")
    granted(journal.open("dee", "author-b", "r7"))


def test_a_registry_that_is_full_refuses_new_names_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_NAMES", 2)
    journal = connected()
    granted(journal.open("ann", "author-a", "r1"))

    assert refused(journal.open("cid", "author-c", "r1")).reason == "full"
    granted(journal.open("bob", "author-b", "r9"))
    granted(journal.claim("cid", "author-c", "r2"))  # a registry of 0.3.0 beside this one grants it, too


def test_the_memories_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_REMEMBERED", 5)
    journal = connected()
    for number in range(20):
        journal.open("ann", "author-a", f"claim {number}")
        journal.open("bob", "author-c", f"refused {number}")
        journal.close(pid(100 + number))

    state = journal.state
    assert all(len(each) <= 5 + 1 for each in (state.ended, state.refused, state.departed))
    assert list(state.ended)[-1] == session_id("author-a", "claim 18")
    assert presence(state)["bob"] == (session_id("author-b", "r1"), True)


def test_an_ended_session_is_remembered_until_its_token_expires_and_for_a_minute_at_least() -> None:
    journal = connected()
    journal.exit("author-b", "r1", "r3")
    journal.now += LIFE * SECOND - 1
    journal.sweep()
    assert len(journal.state.ended) == 1
    journal.now += 1
    journal.sweep()
    assert not journal.state.ended

    journal.open("ann", "author-a", "r1", life=20)
    journal.exit("author-a", "r1", "r2")
    journal.now += 59 * SECOND
    journal.sweep()
    assert len(journal.state.ended) == 1


def test_the_memories_are_as_those_of_0_3_until_a_session_logs_in_to_the_broker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "MAX_REMEMBERED", 5)
    journal = Journal()
    for number in range(20):
        journal.claim("ann", "author-a", f"claim {number}")

    assert (journal.state.version, len(journal.state.ended)) == (1, 19)
    journal.open("bob", "author-b", "r1")
    assert len(journal.state.ended) == 5

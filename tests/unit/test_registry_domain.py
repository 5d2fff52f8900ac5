"""The rules for granting, keeping and freeing names, one by one."""

from chat_registry.claims import session_id
from chat_registry.domain import apply
from chat_registry.outcome import NOTHING, Outcome
from chat_registry.state import Holder
from chat_wire.limits import PARTITIONS
from chat_wire.messages import Exited, Refused, Released
from testkit.registry import SECOND, START, Journal, kinds, presence


def granted(outcome: Outcome) -> Holder:
    assert isinstance(outcome.reply, Holder)
    return outcome.reply


def refused(outcome: Outcome) -> Refused:
    assert isinstance(outcome.reply, Refused)
    return outcome.reply


def test_a_free_name_is_granted_for_a_day_and_the_rooms_see_it() -> None:
    outcome = Journal().claim("Bob", "author-b", "r1")

    holder = granted(outcome)
    assert (holder.name, holder.session) == ("Bob", session_id("author-b", "r1"))
    assert holder.expires == START + 86_400 * SECOND
    assert kinds(outcome) == ["joined"]


def test_a_name_that_another_author_holds_is_refused_in_upper_and_lower_case() -> None:
    journal = Journal()
    journal.claim("Bob", "author-b", "r1")

    outcome = journal.claim("BOB", "author-c", "r2")

    assert refused(outcome).reason == "name_taken"
    assert refused(outcome).text == "BOB is taken: choose another name"
    assert outcome.events == ()


def test_a_lost_connection_never_frees_the_name() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")

    assert kinds(journal.depart("inbox-1")) == ["lost"]
    journal.now += 400 * 86_400 * SECOND

    assert refused(journal.claim("bob", "author-c", "r2")).reason == "name_taken"
    assert presence(journal.state)["bob"] == (session_id("author-b", "r1"), False)


def test_the_same_author_takes_a_name_back_and_the_older_session_ends() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")
    journal.depart("inbox-1")

    outcome = journal.claim("bob", "author-b", "r2")

    assert granted(outcome).session == session_id("author-b", "r2")
    assert outcome.ended
    assert (outcome.ended.session, outcome.ended.reason) == (session_id("author-b", "r1"), "taken")
    assert outcome.ended.inbox == "inbox-1"
    assert kinds(outcome) == ["back"]
    assert "joined again" in refused(journal.resume("author-b", "r1", "r3")).text


def test_the_rooms_see_nothing_when_an_author_takes_over_a_connected_session() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")

    assert kinds(journal.claim("bob", "author-b", "r2")) == []


def test_an_author_may_hold_several_names() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")

    granted(journal.claim("rob", "author-b", "r2"))

    assert set(journal.state.holders) == {"bob", "rob"}


def test_a_repeated_claim_has_the_same_outcome() -> None:
    journal = Journal()
    joined = journal.claim("bob", "author-b", "r1")

    assert journal.claim("bob", "author-b", "r1") == joined
    assert kinds(joined) == ["joined"]

    taken = journal.claim("bob", "author-b", "r2")

    assert journal.claim("bob", "author-b", "r2") == taken
    assert taken.ended


def test_a_repeated_claim_of_an_ended_session_is_refused() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.exit("author-b", "r1", "r2")

    assert refused(journal.claim("bob", "author-b", "r1")).reason == "session_ended"
    assert journal.state.holders == {}


def test_a_refused_claim_stays_refused_when_the_name_becomes_free() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.claim("bob", "author-c", "r2")
    journal.exit("author-b", "r1", "r3")

    assert refused(journal.claim("bob", "author-c", "r2")).reason == "name_taken"
    granted(journal.claim("bob", "author-c", "r4"))


def test_one_request_cannot_get_two_names() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")

    assert refused(journal.claim("rob", "author-b", "r1")).reason == "request_used"


def test_a_session_resumes_at_a_new_inbox_with_a_later_expiry() -> None:
    journal = Journal()
    first = granted(journal.claim("bob", "author-b", "r1", "inbox-1"))
    journal.depart("inbox-1")
    journal.now += 1_500_000

    outcome = journal.resume("author-b", "r1", "r2", "inbox-2")

    resumed = granted(outcome)
    assert (resumed.session, resumed.inbox, resumed.connected) == (first.session, "inbox-2", True)
    assert resumed.expires == first.expires + SECOND
    assert kinds(outcome) == ["back"]


def test_a_late_duplicate_of_a_resume_does_not_move_the_session_back() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")
    journal.resume("author-b", "r1", "r2", "inbox-2")
    journal.resume("author-b", "r1", "r3", "inbox-3")

    journal.resume("author-b", "r1", "r2", "inbox-2")
    journal.depart("inbox-2")

    assert presence(journal.state)["bob"][1]


def test_an_author_cannot_resume_the_session_of_another() -> None:
    journal = Journal()
    granted(journal.claim("bob", "author-b", "r1"))

    assert refused(journal.resume("author-c", "r1", "r2")).reason == "session_ended"


def test_exit_frees_the_name_and_may_come_twice() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")

    first = journal.exit("author-b", "r1", "r2")
    again = journal.exit("author-b", "r1", "r2")
    other = journal.exit("author-b", "unknown", "r3")

    assert first == again
    assert kinds(first) == ["left"]
    assert first.reply == Exited(request="r2")
    assert other == Outcome(reply=Exited(request="r3"))
    granted(journal.claim("bob", "author-c", "r4"))


def test_an_operator_releases_a_name_once_for_each_request() -> None:
    journal = Journal()
    journal.claim("Bob", "author-b", "r1")

    first = journal.release("bob", "o1")
    journal.claim("bob", "author-c", "r2")
    again = journal.release("bob", "o1")

    assert first == again
    assert first.reply == Released(request="o1", name="Bob")
    assert first.ended
    assert first.ended.reason == "released"
    assert "operator" in refused(journal.resume("author-b", "r1", "r3")).text
    assert "bob" in journal.state.holders


def test_a_refused_release_stays_refused_when_somebody_takes_the_name() -> None:
    journal = Journal()
    assert refused(journal.release("bob", "o1")).reason == "not_held"
    journal.claim("bob", "author-b", "r1")

    assert refused(journal.release("bob", "o1")).reason == "not_held"
    assert "bob" in journal.state.holders


def test_a_client_that_departed_before_its_claim_holds_the_name_but_is_not_connected() -> None:
    journal = Journal()
    journal.depart("inbox-1")
    journal.now += 59 * SECOND

    outcome = journal.claim("bob", "author-b", "r1", "inbox-1")

    assert not granted(outcome).connected
    assert kinds(outcome) == ["joined", "lost"]
    assert len({event.id for event in outcome.events}) == 2


def test_a_departure_disconnects_every_session_of_the_inbox() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")
    journal.claim("rob", "author-b", "r2", "inbox-1")

    outcome = journal.depart("inbox-1")

    assert [(event.kind, event.user) for event in outcome.events] == [("lost", "bob"), ("lost", "rob")]
    assert len({event.id for event in outcome.events}) == 2


def test_a_loss_is_told_once_however_often_the_departure_comes() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")

    assert kinds(journal.depart("inbox-1")) == ["lost"]
    assert journal.depart("inbox-1").events == ()


def test_a_request_repeated_many_times_repeats_only_the_newest_events() -> None:
    journal = Journal()
    for number in range(100):
        journal.claim("bob", "author-b", "r1", f"inbox-{number}")
        journal.depart(f"inbox-{number}")

    outcome = journal.claim("bob", "author-b", "r1", "inbox-again")

    assert kinds(outcome) == ["lost", "back", "lost", "back"]
    assert granted(outcome).connected


def test_sessions_spread_evenly_over_the_partitions() -> None:
    journal = Journal()
    for number in range(2 * PARTITIONS):
        journal.claim(f"user{number}", "author-b", f"r{number}")
    assert journal.state.partition_sizes == [2] * PARTITIONS
    journal.exit("author-b", "r5", "x")

    holder = granted(journal.claim("new", "author-b", "r-new"))

    assert holder.partition == 5


def test_the_time_of_the_state_never_runs_backwards_though_clocks_differ() -> None:
    journal = Journal()
    first = granted(journal.claim("bob", "author-b", "r1"))
    journal.now -= 3600 * SECOND

    assert granted(journal.claim("rob", "author-b", "r2")).expires == first.expires


def test_an_entry_applied_before_changes_nothing() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.exit("author-b", "r1", "r2")

    assert apply(journal.state, 0, journal.entries[0]) is NOTHING
    assert journal.state.holders == {}


def test_ended_sessions_are_forgotten_once_their_tokens_have_expired() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.exit("author-b", "r1", "r2")
    journal.claim("bob", "author-c", "r3")
    journal.claim("bob", "author-b", "r4")

    journal.now += 86_400 * SECOND
    journal.depart("any")

    assert (dict(journal.state.ended), dict(journal.state.refused)) == ({}, {})


def test_the_rooms_hear_nothing_of_a_quiet_session() -> None:
    journal = Journal()
    outcomes = [
        journal.claim("bot", "author-b", "r1", "inbox-1", quiet=True),
        journal.depart("inbox-1"),
        journal.depart("inbox-1"),
        journal.resume("author-b", "r1", "r2", "inbox-2"),
        journal.claim("bot", "author-b", "r3", "inbox-3", quiet=True),
        journal.exit("author-b", "r3", "r4"),
        journal.claim("bot", "author-b", "r5", quiet=True),
        journal.release("bot", "r6"),
    ]

    assert [kinds(outcome) for outcome in outcomes] == [[]] * len(outcomes)


def test_a_member_who_takes_over_a_quiet_session_joins_and_one_whom_a_quiet_session_takes_over_leaves() -> None:
    journal = Journal()
    journal.claim("bot", "author-b", "r1", quiet=True)

    assert kinds(journal.claim("Bot", "author-b", "r2")) == ["joined"]
    left = journal.claim("bot", "author-b", "r3", quiet=True).events
    assert [(event.kind, event.user) for event in left] == [("left", "Bot")]
    assert kinds(journal.exit("author-b", "r3", "r4")) == []

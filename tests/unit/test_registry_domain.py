"""The rules by which names are given, kept and freed, one by one."""

from chat_registry.domain import NOTHING, Outcome, apply, session_id
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


def test_a_free_name_is_granted_for_a_day_and_everybody_is_told() -> None:
    outcome = Journal().claim("Bob", "author-b", "r1")

    holder = granted(outcome)
    assert (holder.name, holder.session) == ("Bob", session_id("author-b", "r1"))
    assert holder.expires == START + 86_400 * SECOND
    assert kinds(outcome) == ["joined"]


def test_a_name_held_by_another_is_refused_whatever_its_case() -> None:
    journal = Journal()
    journal.claim("Bob", "author-b", "r1")

    outcome = journal.claim("BOB", "author-c", "r2")

    assert refused(outcome).reason == "name_taken"
    assert refused(outcome).text == "BOB is taken: choose another name"
    assert outcome.news == ()


def test_a_name_is_kept_for_ever_by_who_lost_the_connection() -> None:
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


def test_taking_over_a_session_that_is_connected_is_no_news_to_the_rooms() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")

    assert kinds(journal.claim("bob", "author-b", "r2")) == []


def test_an_author_may_hold_several_names() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")

    granted(journal.claim("rob", "author-b", "r2"))

    assert set(journal.state.holders) == {"bob", "rob"}


def test_a_claim_that_comes_again_is_answered_and_told_again() -> None:
    journal = Journal()
    joined = journal.claim("bob", "author-b", "r1")

    assert journal.claim("bob", "author-b", "r1") == joined
    assert kinds(joined) == ["joined"]

    taken = journal.claim("bob", "author-b", "r2")

    assert journal.claim("bob", "author-b", "r2") == taken
    assert taken.ended


def test_a_claim_that_comes_again_after_its_session_ended_gets_nothing() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.exit("author-b", "r1", "r2")

    assert refused(journal.claim("bob", "author-b", "r1")).reason == "session_ended"
    assert journal.state.holders == {}


def test_a_refused_claim_that_comes_again_is_refused_even_if_the_name_is_free_by_then() -> None:
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


def test_a_late_duplicate_of_a_resume_does_not_bring_back_an_inbox_that_was_left() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")
    journal.resume("author-b", "r1", "r2", "inbox-2")
    journal.resume("author-b", "r1", "r3", "inbox-3")

    journal.resume("author-b", "r1", "r2", "inbox-2")
    journal.depart("inbox-2")

    assert presence(journal.state)["bob"][1]


def test_nobody_resumes_the_session_of_another_author() -> None:
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


def test_what_nobody_holds_is_not_released_even_if_the_request_comes_again_later() -> None:
    journal = Journal()
    assert refused(journal.release("bob", "o1")).reason == "not_held"
    journal.claim("bob", "author-b", "r1")

    assert refused(journal.release("bob", "o1")).reason == "not_held"
    assert "bob" in journal.state.holders


def test_who_was_gone_before_the_claim_was_journaled_holds_the_name_but_is_not_connected() -> None:
    journal = Journal()
    journal.depart("inbox-1")
    journal.now += 59 * SECOND

    outcome = journal.claim("bob", "author-b", "r1", "inbox-1")

    assert not granted(outcome).connected
    assert kinds(outcome) == ["joined", "lost"]
    assert len({news.id for news in outcome.news}) == 2


def test_a_departure_says_goodbye_to_every_session_of_the_inbox() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")
    journal.claim("rob", "author-b", "r2", "inbox-1")

    outcome = journal.depart("inbox-1")

    assert [(news.kind, news.user) for news in outcome.news] == [("lost", "bob"), ("lost", "rob")]
    assert len({news.id for news in outcome.news}) == 2


def test_a_departure_that_comes_again_is_told_again_as_the_same() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")
    first = journal.depart("inbox-1")

    assert journal.depart("inbox-1").news == first.news
    journal.resume("author-b", "r1", "r2", "inbox-2")
    assert journal.depart("inbox-1").news == ()


def test_who_comes_and_goes_by_one_request_is_told_of_in_short() -> None:
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
    assert journal.state.load == [2] * PARTITIONS
    journal.exit("author-b", "r5", "x")

    holder = granted(journal.claim("new", "author-b", "r-new"))

    assert holder.partition == 5


def test_time_never_runs_backwards_though_replicas_clocks_differ() -> None:
    journal = Journal()
    first = granted(journal.claim("bob", "author-b", "r1"))
    journal.now -= 3600 * SECOND

    assert granted(journal.claim("rob", "author-b", "r2")).expires == first.expires


def test_an_entry_that_was_applied_changes_nothing() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.exit("author-b", "r1", "r2")

    assert apply(journal.state, 0, journal.entries[0]) is NOTHING
    assert journal.state.holders == {}


def test_ended_sessions_are_forgotten_once_no_token_of_theirs_can_be_valid() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1")
    journal.exit("author-b", "r1", "r2")
    journal.claim("bob", "author-c", "r3")
    journal.claim("bob", "author-b", "r4")

    journal.now += 86_400 * SECOND
    journal.depart("any")

    assert (dict(journal.state.ended), dict(journal.state.refused)) == ({}, {})

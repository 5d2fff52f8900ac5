"""Sessions that log in to the broker: when they count as connected, who hears of it, and when their names are free."""

import pytest

from chat_registry.outcome import NOTHING, Outcome
from chat_registry.state import Holder
from chat_wire.messages import Exited, Refused
from testkit.registry import LIFE, SECOND, START, Journal, kinds, pid


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


def of_bob(journal: Journal) -> Holder:
    return journal.state.holders["bob"]


def test_a_claim_opens_a_session_that_is_not_connected_and_that_nobody_hears_of() -> None:
    journal = Journal()

    holder = granted(journal.open("bob", "author-b", "r1"))

    assert (holder.connected, holder.seen, holder.events) == (False, False, ())
    assert holder.expires == START + LIFE * SECOND
    assert journal.state.version == 2
    assert refused(journal.open("bob", "author-c", "r2")).reason == "name_taken"


def test_a_session_joins_once_when_its_connection_and_its_renewal_arrive_in_any_order() -> None:
    for first, second in (("connect", "renew"), ("renew", "connect")):
        journal = Journal()
        journal.open("bob", "author-b", "r1")
        entries = {
            "connect": lambda journal=journal: journal.connect("author-b", "r1", pid(1)),
            "renew": lambda journal=journal: journal.renew("author-b", "r1", "r2", "address-1"),
        }
        assert kinds(entries[first]()) == ["joined"]
        assert kinds(entries[second]()) == []
        assert (of_bob(journal).connection, of_bob(journal).inbox) == (pid(1), "address-1")
        assert of_bob(journal).deadline == 0


def test_a_session_is_lost_when_its_connection_closes_and_back_when_it_connects() -> None:
    journal = connected()

    assert kinds(journal.close(pid(1))) == ["lost"]
    assert kinds(journal.close(pid(1))) == []
    assert kinds(journal.connect("author-b", "r1", pid(2))) == ["back"]


def test_a_newer_connection_replaces_an_older_one_whose_end_means_nothing() -> None:
    journal = connected()
    journal.connect("author-b", "r1", pid(2))

    assert journal.close(pid(1)) is NOTHING
    assert kinds(journal.close(pid(2))) == ["lost"]


def test_a_connection_that_closed_before_its_entry_does_not_connect() -> None:
    journal = Journal()
    journal.open("bob", "author-b", "r1")
    journal.close(pid(1))

    assert journal.connect("author-b", "r1", pid(1)) is NOTHING
    assert not of_bob(journal).seen


def test_a_late_renewal_from_the_address_of_a_closed_connection_does_not_connect() -> None:
    journal = connected()
    journal.close(pid(1))

    outcome = journal.renew("author-b", "r1", "r3", "address-1")

    assert not granted(outcome).connected
    assert kinds(outcome) == []
    assert kinds(journal.renew("author-b", "r1", "r4", "address-2")) == ["back"]


def test_a_session_is_lost_when_nobody_listens_at_its_address_and_back_when_it_connects_again() -> None:
    journal = connected()

    assert kinds(journal.find_nobody("author-b", "r1", "address-1")) == ["lost"]
    assert journal.find_nobody("author-b", "r1", "address-1") is NOTHING
    assert journal.connect("author-b", "r1", pid(1)) is NOTHING  # its announcement comes late
    assert kinds(journal.renew("author-b", "r1", "r3", "address-1")) == []  # so does this
    assert kinds(journal.connect("author-b", "r1", pid(2))) == ["back"]


def test_an_address_that_a_session_had_before_means_nothing() -> None:
    journal = connected()
    journal.renew("author-b", "r1", "r3", "address-2")

    assert journal.find_nobody("author-b", "r1", "address-1") is NOTHING
    assert journal.find_nobody("author-c", "r1", "address-2") is NOTHING
    assert of_bob(journal).connected


def test_a_repeated_renewal_has_the_same_events() -> None:
    journal = Journal()
    journal.open("bob", "author-b", "r1")
    first = journal.renew("author-b", "r1", "r2", "address-1")

    assert journal.renew("author-b", "r1", "r2", "address-1") == first


def test_the_same_author_takes_over_a_connected_session_and_the_rooms_see_nothing() -> None:
    journal = connected()

    outcome = journal.open("bob", "author-b", "r3")
    assert (granted(outcome).connected, kinds(outcome)) == (True, [])
    assert outcome.ended
    assert (outcome.ended.reason, outcome.ended.inbox) == ("taken", "address-1")

    assert kinds(journal.close(pid(1))) == []
    assert kinds(journal.connect("author-b", "r3", pid(2))) == []
    journal.now += 60 * SECOND
    assert kinds(journal.sweep()) == []


@pytest.mark.parametrize("events", [True, False])
def test_a_takeover_that_never_connects_is_lost_after_30_seconds_however_often_it_comes(events: bool) -> None:
    journal = connected()
    for second in range(0, 30, 10):
        journal.now = START + second * SECOND
        journal.open("bob", "author-b", f"claim {second}")
        assert kinds(journal.sweep(events=events)) == []

    journal.now = START + 30 * SECOND
    assert kinds(journal.sweep(events=events)) == ["lost"]
    journal.now += 2 * LIFE * SECOND
    journal.sweep(events=events)
    assert "bob" in journal.state.holders


def test_a_session_that_only_renews_itself_is_lost_if_the_broker_announces_connections() -> None:
    for events, told in ((True, ["lost"]), (False, [])):
        journal = Journal()
        journal.open("bob", "author-b", "r1")
        journal.renew("author-b", "r1", "r2", "address-1")
        journal.now += 30 * SECOND
        assert kinds(journal.sweep(events=events)) == told


def test_a_later_renewal_from_the_same_address_shows_that_a_connection_lasts_that_nobody_announced() -> None:
    journal = Journal()
    journal.open("bob", "author-b", "r1")
    journal.renew("author-b", "r1", "r2", "address-1")
    journal.now += 30 * SECOND
    journal.sweep()

    journal.now += 270 * SECOND
    assert kinds(journal.renew("author-b", "r1", "r3", "address-1")) == ["back"]
    journal.now += 60 * SECOND
    assert kinds(journal.sweep()) == []


def test_a_session_whose_token_has_expired_is_lost_and_keeps_its_name() -> None:
    journal = connected()
    journal.now += LIFE * SECOND

    assert kinds(journal.sweep(events=False)) == ["lost"]
    assert kinds(journal.sweep(events=False)) == []
    journal.now += 400 * 86_400 * SECOND
    journal.sweep()
    assert refused(journal.open("bob", "author-c", "r3")).reason == "name_taken"


def test_a_renewal_prolongs_the_token_and_an_expiry_never_moves_back() -> None:
    journal = connected()
    journal.now += 300 * SECOND
    assert granted(journal.renew("author-b", "r1", "r3", "address-1")).expires == START + 900 * SECOND
    assert granted(journal.renew("author-b", "r1", "r4", "address-1", life=20)).expires == START + 900 * SECOND


def test_a_claim_that_comes_again_after_its_token_has_expired_gets_another() -> None:
    journal = Journal()
    journal.open("bob", "author-b", "r1")
    journal.now += (LIFE + 5) * SECOND

    again = granted(journal.open("bob", "author-b", "r1"))

    assert again.expires == journal.now + LIFE * SECOND
    assert journal.sweep() == NOTHING


def test_a_name_that_was_claimed_and_never_connected_is_free_when_its_token_expires() -> None:
    journal = Journal()
    journal.open("bob", "author-b", "r1")
    journal.now += LIFE * SECOND - 1
    journal.sweep()
    assert "bob" in journal.state.holders

    journal.now += 1
    assert journal.sweep() == NOTHING
    assert journal.state.holders == {}
    assert journal.state.authors == {}
    granted(journal.open("bob", "author-c", "r2"))


def test_a_session_comes_back_through_the_entrance_with_the_secret_of_its_author_only() -> None:
    journal = connected()
    journal.now += 2 * LIFE * SECOND
    journal.sweep()

    assert refused(journal.come_back("author-b", "r1", "r3", secret_of="author-c")).reason == "session_ended"
    outcome = journal.come_back("author-b", "r1", "r4")
    assert granted(outcome).expires == journal.now + LIFE * SECOND
    assert kinds(outcome) == []
    assert not granted(outcome).connected


def test_a_session_of_a_former_client_neither_renews_itself_nor_comes_back_through_the_entrance() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")

    assert refused(journal.renew("author-b", "r1", "r2", "address-1")).reason == "session_ended"
    assert refused(journal.come_back("author-b", "r1", "r3")).reason == "session_ended"
    assert journal.connect("author-b", "r1", pid(1)) is NOTHING
    assert of_bob(journal).inbox == "inbox-1"


def test_former_and_new_clients_of_an_author_take_over_each_others_names() -> None:
    journal = Journal()
    journal.claim("bob", "author-b", "r1", "inbox-1")

    assert kinds(journal.open("bob", "author-b", "r2")) == []
    assert kinds(journal.depart("inbox-1")) == []
    assert kinds(journal.connect("author-b", "r2", pid(1))) == []
    outcome = journal.claim("bob", "author-b", "r3", "inbox-2")
    assert (kinds(outcome), granted(outcome).life) == ([], 0)
    assert journal.close(pid(1)) is NOTHING
    assert kinds(journal.depart("inbox-2")) == ["lost"]


def test_the_rooms_hear_nothing_of_a_quiet_session() -> None:
    journal = connected(quiet=True)
    outcomes = [
        journal.close(pid(1)),
        journal.connect("author-b", "r1", pid(2)),
        journal.open("bob", "author-b", "r3", quiet=True),
        journal.exit("author-b", "r3", "r4"),
    ]

    assert [kinds(outcome) for outcome in outcomes] == [[]] * len(outcomes)


def test_a_member_who_takes_over_a_quiet_session_joins_when_it_connects() -> None:
    journal = connected(quiet=True)

    assert kinds(journal.open("Bob", "author-b", "r3")) == []
    assert kinds(journal.connect("author-b", "r3", pid(2))) == ["joined"]
    left = journal.open("bob", "author-b", "r4", quiet=True).events
    assert [(event.kind, event.user) for event in left] == [("left", "Bob")]
    assert kinds(journal.open("bob", "author-b", "r5")) == []


def test_the_end_of_a_session_that_nobody_heard_of_is_silent() -> None:
    journal = Journal()
    journal.open("bob", "author-b", "r1")

    outcome = journal.exit("author-b", "r1", "r2")

    assert (outcome.reply, kinds(outcome)) == (Exited(request="r2"), [])


def test_the_sessions_of_a_node_that_started_again_are_lost_if_they_do_not_come_back_in_30_seconds() -> None:
    journal = Journal()
    for number, name in enumerate(("ann", "bob", "cid")):
        journal.open(name, f"author of {name}", "r1")
        journal.connect(f"author of {name}", "r1", pid(number, node="rabbit@b" if name == "cid" else "rabbit@a"))
    journal.start_node("rabbit@a", 8)
    journal.connect("author of ann", "r1", pid(1, creation=8, node="rabbit@a"))

    journal.now += 29 * SECOND
    assert kinds(journal.sweep()) == []
    journal.now += SECOND
    assert [(event.kind, event.user) for event in journal.sweep().events] == [("lost", "bob")]
    assert journal.connect("author of bob", "r1", pid(9, creation=7, node="rabbit@a")) is NOTHING

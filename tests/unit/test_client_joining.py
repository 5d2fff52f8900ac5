"""Joining: the name, the history, and the notices that follow it."""

import pytest

from chat_client import events
from chat_client.membership import HISTORY_SECONDS
from chat_wire.messages import (
    Batch,
    Claim,
    History,
    Notice,
    Post,
    Refused,
    Resume,
    Run,
)
from testkit.linked_member import GRANTED_AT, LinkedMember, page, recorded


def batch(session: str, *sequences: int) -> Batch:
    posts = tuple(Post(sequence=number, client_ts=0, text=f"text {number}") for number in sequences)
    run = Run(session=session, user="bob", author="", posts=posts)
    return Batch(room="lobby", router="router-1", server_ts=5, runs=(run,))


def texts(told: list[events.Event]) -> list[str]:
    return [each.text for each in told if isinstance(each, events.MessageReceived)]


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def test_joining_tells_the_history_first_and_follows_the_room_from_there(alice: LinkedMember) -> None:
    told = alice.join(recorded(1), recorded(2))

    assert told == [
        events.MessageReceived(at=1, user="bob", text="text 1"),
        events.MessageReceived(at=2, user="bob", text="text 2"),
        events.Joined(name="alice", room="lobby"),
    ]
    assert alice.link.attached == [40]


def test_a_grant_that_comes_after_its_token_has_expired_is_followed_by_a_request_for_another(
    alice: LinkedMember,
) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant(expires=GRANTED_AT)

    alice.grant(Resume)

    assert alice.link.session == "mine"


def test_a_room_without_history_is_followed_from_its_first_entry(alice: LinkedMember) -> None:
    alice.join()

    assert alice.link.attached == ["first"]


def test_a_refused_name_is_reported_and_another_can_be_asked_for(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.work()
    told = alice.work(Refused(request=alice.last(Claim).request, reason="taken", text="alice is taken"))

    assert told == [events.NameRefused(text="alice is taken")]
    assert alice.join()[-1] == events.Joined(name="alice", room="lobby")


def test_without_an_archive_the_room_is_followed_without_its_history(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()

    told = alice.work(after=HISTORY_SECONDS)

    assert isinstance(told[0], events.Remark)
    assert told[1:] == [events.Joined(name="alice", room="lobby")]
    assert alice.link.attached == ["last"]


def test_without_history_a_post_from_before_joining_is_not_told_when_the_room_repeats_it(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()
    alice.work(after=HISTORY_SECONDS)

    assert alice.hear(1_500, batch("b", 3)) == []
    assert alice.link.attached == ["last", 500]
    assert alice.hear(500, batch("a", 1)) == []
    assert texts(alice.hear(1_500, batch("b", 3))) == ["text 3"]
    assert texts(alice.hear(1_501, batch("a", 1, 2))) == ["text 2"]


def test_without_history_the_room_is_followed_from_the_last_entry_after_a_lost_connection(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()
    alice.work(after=HISTORY_SECONDS)
    alice.hear(5, batch("b", 3))
    alice.hear(0, batch("a", 1))

    alice.lose()
    alice.work()

    assert alice.link.attached == [5]


def test_with_an_archive_that_cannot_answer_the_room_is_followed_without_its_history(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()

    told = alice.work(Refused(request=alice.last(History).request, reason="no_answer", text="try again later"))

    assert told == [events.Remark(text="try again later"), events.Joined(name="alice", room="lobby")]
    assert alice.link.attached == ["last"]


def test_the_first_page_is_reported_once_even_if_the_connection_breaks_right_after_it() -> None:
    alice = LinkedMember()
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()
    question = alice.last(History).request
    alice.link.breaks = ConnectionResetError()
    with pytest.raises(ConnectionResetError):
        alice.work(page(question, recorded(1)))
    assert [type(each) for each in alice.told] == [events.MessageReceived, events.Joined]

    alice.lose()
    alice.work()

    assert alice.link.attached == [40]
    assert not any(isinstance(each, History) for each in alice.link.sent)


def test_without_a_name_waiting_ends_when_the_broker_is_connected() -> None:
    alice = LinkedMember()
    alice.member.status.wait_for("the broker")
    alice.connect()

    assert alice.told == [events.Waiting(text="the broker"), events.WaitingOver()]


def test_with_a_name_waiting_ends_when_the_claim_is_answered() -> None:
    alice = LinkedMember()
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.member.status.wait_for("the broker")
    alice.connect()

    assert alice.told == [events.Waiting(text="the broker")]
    assert alice.grant() == [events.WaitingOver()]


def test_notices_about_others_are_reported_and_those_about_oneself_are_not(alice: LinkedMember) -> None:
    alice.join()
    notices = [Notice(id=user, room="lobby", kind="joined", user=user, at=5) for user in ("alice", "bob")]

    assert alice.hear(0, notices[0]) == []
    assert alice.hear(1, notices[1]) == [events.PresenceChanged(at=5, user="bob", kind="joined")]


def test_notices_from_before_the_member_joined_are_not_reported() -> None:
    alice = LinkedMember()
    alice.join()
    before, after = (Notice(id=str(at), room="lobby", kind="left", user="bob", at=at) for at in (4, 6))
    assert alice.hear(1, before) == []
    assert alice.hear(2, after) == [events.PresenceChanged(at=6, user="bob", kind="left")]

"""A member's requests, its token, and the end of its session."""

import contextvars

import pytest

from chat_client import events
from chat_client.my_messages import CATCH_UP_SECONDS
from chat_wire.messages import (
    Exit,
    Exited,
    ListUsers,
    Mine,
    Renew,
    SessionEnded,
    Users,
)
from chat_wire.units import SECOND
from testkit.linked_member import AGES, GRANTED_AT, LinkedMember, batch, granted, page, recorded


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def test_the_users_are_asked_for_as_of_the_grant(alice: LinkedMember) -> None:
    alice.join()
    alice.member.users_request.ask(alice.now)
    alice.work()
    question = alice.last(ListUsers)

    told = alice.work(Users(request=question.request, connected=("alice",), disconnected=("bob",)))

    assert (question.token, question.after) == ("", 17)
    assert told == [events.UsersListed(connected=("alice",), disconnected=("bob",))]


def test_my_messages_are_asked_for_page_by_page(alice: LinkedMember) -> None:
    alice.join()
    alice.member.my_messages_request.want(alice.now)
    alice.work()

    first = alice.work(page(alice.last(Mine).request, recorded(1), recorded(2), more=True))
    assert alice.last(Mine).after == 2
    rest = alice.work(page(alice.last(Mine).request, recorded(3)))

    assert first == [events.MyMessagesListed(messages=tuple(said(1, 2)))]
    assert rest == [events.MyMessagesListed(messages=tuple(said(3)), total=3)]


def said(*numbers: int) -> list[events.MessageReceived]:
    return [events.MessageReceived(at=number, user="bob", text=f"text {number}") for number in numbers]


def test_my_messages_include_a_post_sent_just_before(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)
    alice.member.my_messages_request.want(alice.now)
    alice.work()
    assert not [message for message in alice.link.sent if isinstance(message, Mine)]

    alice.hear(50, batch(1))
    early = alice.work(page(alice.last(Mine).request, offset=49))
    alice.work(after=1)
    late = alice.work(page(alice.last(Mine).request, recorded(1), offset=50))

    assert early == [events.MyMessagesListed(messages=())]
    assert late == [events.MyMessagesListed(messages=tuple(said(1)), total=1)]


def test_my_messages_are_listed_though_one_is_not_recorded_for_long(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)
    alice.hear(50, batch(1))
    alice.member.my_messages_request.want(alice.now)
    alice.work()

    told = alice.work(page(alice.last(Mine).request, offset=49), after=CATCH_UP_SECONDS)

    assert told == [events.MyMessagesListed(messages=(), total=0)]


def test_leaving_waits_until_all_posts_have_come_back(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)
    contextvars.Context().run(alice.member.leave_request.want, alice.now)  # as in a client, and not in pytest's context
    alice.work()
    assert not [message for message in alice.link.sent if isinstance(message, Exit)]

    alice.hear(0, batch(1))
    (ended,) = alice.work(Exited(request=alice.last(Exit).request))

    assert isinstance(ended, events.Ended)
    assert ended.freed
    assert alice.member.over


def test_a_session_says_that_it_is_connected_and_renews_its_token_at_half_its_life(alice: LinkedMember) -> None:
    alice.join(expires=GRANTED_AT + 600 * SECOND)
    assert alice.sent(Renew) == 1

    alice.work(after=299)
    assert alice.sent(Renew) == 1
    alice.work(after=2)
    assert alice.sent(Renew) == 2
    told = alice.work(granted(alice.last(Renew).request, "renewed"))

    assert told == []
    assert alice.link.renewed == ["renewed"]
    assert alice.link.attached == ["first"]


def test_the_registry_is_asked_only_once_the_session_is_renewed(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()
    alice.member.users_request.ask(alice.now)
    alice.work()
    assert alice.sent(ListUsers) == 0

    alice.grant(Renew)

    assert alice.sent(ListUsers) == 1


def test_a_session_that_was_taken_over_ends_and_names_the_unsent_posts(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)

    told = alice.work(SessionEnded(session="mine", expires=AGES, reason="taken"))

    assert [type(event) for event in told] == [events.NotSent, events.Ended]
    assert alice.member.over


def test_an_answer_without_a_request_has_no_effect(alice: LinkedMember) -> None:
    alice.join()

    assert alice.work(Users(request="another", connected=(), disconnected=())) == []
    assert alice.work(SessionEnded(session="another", expires=AGES, reason="taken")) == []


def test_an_unreadable_reply_is_reported_in_a_remark(alice: LinkedMember) -> None:
    alice.join()
    alice.link.replies.append(b"{")

    assert [type(event) for event in alice.work()] == [events.Remark]

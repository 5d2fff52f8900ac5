"""A member and the replies and entries that it receives, over a link that the test plays."""

import time

import pytest
from amqp.exceptions import NotFound

from chat_amqp.connection import STALLED_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_client import events
from chat_client.member import RENEW_SECONDS
from chat_client.membership import HISTORY_SECONDS
from chat_client.my_messages import CATCH_UP_SECONDS
from chat_client.posting import LATE_SECONDS
from chat_client.requests import RETURNED_SECONDS
from chat_client.room_follower import FIRST_ENTRY_SECONDS
from chat_wire.messages import (
    Claim,
    Exit,
    Exited,
    History,
    ListUsers,
    Mine,
    Notice,
    Posts,
    PostsRefused,
    Refused,
    Resume,
    SessionEnded,
    Users,
)
from chat_wire.units import SECOND
from testkit.linked_member import AGES, GRANTED_AT, LOST, LinkedMember, batch, granted, page, recorded


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def sequences(message: Posts) -> list[int]:
    return [post.sequence for post in message.posts]


def test_joining_tells_the_history_first_and_follows_the_room_from_there(alice: LinkedMember) -> None:
    told = alice.join(recorded(1), recorded(2))

    assert told == [
        events.MessageReceived(at=1, user="bob", text="text 1"),
        events.MessageReceived(at=2, user="bob", text="text 2"),
        events.Joined(name="alice", room="lobby"),
    ]
    assert alice.link.attached == [40]


def test_a_room_without_history_is_followed_from_its_first_entry(alice: LinkedMember) -> None:
    alice.join()

    assert alice.link.attached == ["first"]


def test_a_refused_name_is_told_and_another_can_be_asked_for(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.work()
    told = alice.work(Refused(request=alice.last(Claim).request, reason="taken", text="alice is taken"))

    assert told == [events.NameRefused(text="alice is taken")]
    assert alice.join()[-1] == events.Joined(name="alice", room="lobby")


def test_without_an_archive_the_room_is_followed_without_its_history(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant()

    told = alice.work(after=HISTORY_SECONDS)

    assert isinstance(told[0], events.Remark)
    assert told[1:] == [events.Joined(name="alice", room="lobby")]
    assert alice.link.attached == ["last"]


def test_with_an_archive_that_cannot_answer_the_room_is_followed_without_its_history(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant()

    told = alice.work(Refused(request=alice.last(History).request, reason="no_answer", text="try again later"))

    assert told == [events.Remark(text="try again later"), events.Joined(name="alice", room="lobby")]
    assert alice.link.attached == ["last"]


def test_a_post_is_sent_at_once_and_told_when_it_comes_back(alice: LinkedMember) -> None:
    alice.join()

    alice.post(1)

    assert sequences(alice.last(Posts)) == [1]
    assert alice.link.routes[-1] == ("chat.ingress", "3")
    assert alice.hear(0, batch(1)) == [events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=1)]


def test_posts_wait_until_the_room_is_followed(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant()
    alice.post(1)

    assert not [message for message in alice.link.sent if isinstance(message, Posts)]
    alice.work(page(alice.last(History).request))
    assert sequences(alice.last(Posts)) == [1]


def test_posts_typed_while_a_message_is_unconfirmed_go_together_in_the_next(alice: LinkedMember) -> None:
    alice.join()
    alice.link.waiting = 1
    for sequence in (1, 2, 3):
        alice.post(sequence)
    assert sequences(alice.last(Posts)) == [1]

    alice.link.waiting = 0
    alice.work()

    assert sequences(alice.last(Posts)) == [2, 3]


def test_posts_that_reach_no_queue_wait_and_are_sent_again(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)
    alice.link.returned = {"chat.ingress"}

    told = alice.work()

    assert isinstance(told[0], events.Waiting)
    assert len(alice.link.sent) == 3
    alice.work(after=RETURNED_SECONDS)
    assert sequences(alice.link.sent[3]) == [1]


def test_a_refused_post_is_told_with_the_reason(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)

    told = alice.work(PostsRefused(sequences=(1,), reason="too_fast", text="slower"))

    assert told == [events.NotSent(sequence=1, text="hola", reason="slower")]


def test_a_late_post_is_reported_once_even_after_the_clock_was_set_back(alice: LinkedMember) -> None:
    alice.join()
    an_hour_ahead = time.time_ns() // 1000 + 3600 * SECOND
    alice.post(1, client_ts=an_hour_ahead)

    early = alice.work(after=LATE_SECONDS - 0.1)
    late = alice.work(after=0.2)

    assert early == []
    assert late == [events.Delayed(sequence=1, text="hola")]
    assert alice.work(after=LATE_SECONDS) == []


def test_a_lost_connection_is_told_once(alice: LinkedMember) -> None:
    alice.join()
    alice.told.clear()

    alice.lose()
    alice.lose()

    assert alice.told == [LOST]


def test_after_a_lost_connection_the_session_goes_on_where_it_was(alice: LinkedMember) -> None:
    alice.join(recorded(1))
    alice.hear(40, batch(1, session="bobs", user="bob"))
    alice.hear(41, batch(1, 2, session="carols", user="carol"))
    alice.post(1)
    alice.post(2)

    alice.lose()
    told = alice.grant(Resume, token="renewed")

    assert told == [events.ConnectedAgain()]
    assert alice.last(Resume).secret == "secret"
    assert alice.link.attached == [41]
    assert alice.last(Posts).token == "renewed"
    assert sequences(alice.last(Posts)) == [1, 2]
    assert alice.hear(41, batch(1, 2, session="carols", user="carol")) == []


def test_a_stream_with_another_entry_at_the_offset_is_read_from_its_first(alice: LinkedMember) -> None:
    alice.join(recorded(1))

    told = alice.hear(40, batch(1, session="carols", user="carol"))

    assert [type(event) for event in told] == [events.Remark]
    assert alice.link.attached == [40, "first"]


def test_a_stream_without_an_entry_at_the_offset_is_read_from_its_first(alice: LinkedMember) -> None:
    alice.join(recorded(1))

    alice.work(after=FIRST_ENTRY_SECONDS + 1)

    assert alice.link.attached == [40, "first"]


def test_a_deleted_stream_is_read_from_its_first_entry_when_it_exists_again(alice: LinkedMember) -> None:
    alice.join(recorded(1))
    alice.hear(40, batch(1, session="bobs", user="bob"))

    alice.link.room_gone = True
    alice.work()

    assert alice.link.attached == [40, "first"]


def test_a_post_lost_with_a_deleted_stream_is_named_when_a_later_one_comes_back(alice: LinkedMember) -> None:
    alice.join()
    for sequence in (1, 2):
        alice.post(sequence)
    alice.link.room_gone = True
    alice.work()
    for sequence in (3, 4):
        alice.post(sequence)

    told = alice.hear(0, batch(2))
    told += alice.hear(1, batch(4))

    assert told == [
        events.NotSent(sequence=1, text="hola", reason="the message was lost with the room's history"),
        events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=2),
        events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=4),
    ]


def test_a_missing_room_is_reported_once_during_several_attempts(alice: LinkedMember) -> None:
    alice.join()
    alice.told.clear()
    missing = events.Waiting(text="there is no room")
    alice.lose(missing, NotFound())
    for _again in range(2):
        with pytest.raises(NotFound):
            alice.grant(Resume)
        assert alice.told == []
        alice.lose(missing, NotFound())
    alice.lose(missing)

    assert alice.grant(Resume) == [events.WaitingOver(), events.ConnectedAgain()]


def test_notices_about_others_are_told_and_those_about_oneself_are_not(alice: LinkedMember) -> None:
    alice.join()
    notices = [Notice(id=user, room="lobby", kind="joined", user=user, at=5) for user in ("alice", "bob")]

    assert alice.hear(0, notices[0]) == []
    assert alice.hear(1, notices[1]) == [events.PresenceChanged(at=5, user="bob", kind="joined")]


def test_the_users_are_asked_for_as_of_the_grant(alice: LinkedMember) -> None:
    alice.join()
    alice.member.users_request.ask(alice.now)
    alice.work()
    question = alice.last(ListUsers)

    told = alice.work(Users(request=question.request, connected=("alice",), disconnected=("bob",)))

    assert (question.token, question.after) == ("token", 17)
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
    alice.member.leave_request.want(alice.now)
    alice.work()
    assert not [message for message in alice.link.sent if isinstance(message, Exit)]

    alice.hear(0, batch(1))
    (ended,) = alice.work(Exited(request=alice.last(Exit).request))

    assert isinstance(ended, events.Ended)
    assert ended.freed
    assert alice.member.over


def test_leaving_goes_on_after_a_lost_connection(alice: LinkedMember) -> None:
    alice.join()
    alice.member.leave_request.want(alice.now)
    alice.work()
    asked = alice.last(Exit)

    alice.lose()
    alice.work()

    assert alice.link.sent == [asked]


def test_the_token_is_renewed_before_it_expires(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant(expires=GRANTED_AT + int(4 * RENEW_SECONDS * 1_000_000))
    alice.work(page(alice.last(History).request))

    alice.work(after=2 * RENEW_SECONDS - 1)
    assert Resume not in map(type, alice.link.sent)
    alice.work(after=2)
    told = alice.work(granted(alice.last(Resume).request, "renewed", AGES))
    alice.post(1)

    assert told == []
    assert alice.link.attached == ["first"]
    assert alice.last(Posts).token == "renewed"


def test_a_session_that_was_taken_over_ends_and_names_the_unsent_posts(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)

    told = alice.work(SessionEnded(session="mine", expires=AGES, reason="taken"))

    assert [type(event) for event in told] == [events.NotSent, events.Ended]
    assert alice.member.over


def test_a_session_that_cannot_be_resumed_ends_with_the_reason(alice: LinkedMember) -> None:
    alice.join()
    alice.lose()
    alice.work()

    told = alice.work(Refused(request=alice.last(Resume).request, reason="ended", text="released"))

    assert told == [events.Ended(text="released", freed=False)]


def test_an_answer_without_a_question_has_no_effect(alice: LinkedMember) -> None:
    alice.join()

    assert alice.work(Users(request="another", connected=(), disconnected=())) == []
    assert alice.work(SessionEnded(session="another", expires=AGES, reason="taken")) == []


def test_an_unreadable_reply_is_reported_in_a_remark(alice: LinkedMember) -> None:
    alice.join()
    alice.link.replies.append(b"{")

    assert [type(event) for event in alice.work()] == [events.Remark]


def test_a_broker_in_alarm_is_waited_for(alice: LinkedMember) -> None:
    alice.join()
    alice.link.blocked = True
    alice.post(1)
    assert [type(event) for event in alice.told] == [events.Waiting]

    alice.link.blocked = False
    alice.work()

    assert alice.told == [events.WaitingOver()]
    assert sequences(alice.last(Posts)) == [1]


def test_notices_from_before_the_member_joined_are_not_told() -> None:
    alice = LinkedMember()
    alice.join()
    before, after = (Notice(id=str(at), room="lobby", kind="left", user="bob", at=at) for at in (4, 6))
    assert alice.hear(1, before) == []
    assert alice.hear(2, after) == [events.PresenceChanged(at=6, user="bob", kind="left")]


def test_a_broker_that_confirms_nothing_is_left_for_another_of_its_nodes(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)
    alice.link.waiting = 1

    alice.work(after=STALLED_SECONDS)
    with pytest.raises(Unconfirmed):
        alice.work(after=1)


def test_a_broker_in_alarm_may_take_its_time_to_confirm(alice: LinkedMember) -> None:
    alice.join()
    alice.link.waiting, alice.link.blocked = 1, True
    alice.work(after=STALLED_SECONDS * 2)

    alice.link.blocked = False
    assert alice.work(after=STALLED_SECONDS) == [events.WaitingOver()]


def test_a_member_reported_lost_renews_its_session(alice: LinkedMember) -> None:
    """A node that is cut off from the others for a while loses its clients without their noticing."""
    alice.join()
    before, after = (Notice(id=str(at), room="lobby", kind="lost", user="alice", at=at) for at in (4, 6))

    assert alice.hear(1, before) == []
    assert Resume not in map(type, alice.link.sent)

    assert alice.hear(2, after) == []
    assert Resume in map(type, alice.link.sent)


def test_the_first_page_is_told_once_even_if_the_connection_breaks_right_after_it() -> None:
    alice = LinkedMember()
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant()
    question = alice.last(History).request
    alice.link.breaks = ConnectionResetError()
    with pytest.raises(ConnectionResetError):
        alice.work(page(question, recorded(1)))
    assert [type(each) for each in alice.told] == [events.MessageReceived, events.Joined]

    alice.lose()
    alice.grant(Resume)

    assert alice.link.attached == [40]
    assert not any(isinstance(each, History) for each in alice.link.sent)


def test_without_a_name_waiting_ends_when_the_broker_is_connected() -> None:
    alice = LinkedMember()
    alice.member.status.wait_for("the broker")
    alice.connect()

    assert alice.told == [events.Waiting(text="the broker"), events.WaitingOver()]


def test_with_a_name_waiting_ends_when_the_claim_is_answered() -> None:
    alice = LinkedMember()
    alice.member.claim_request.ask("alice", alice.now)
    alice.member.status.wait_for("the broker")
    alice.connect()

    assert alice.told == [events.Waiting(text="the broker")]
    assert alice.grant() == [events.WaitingOver()]

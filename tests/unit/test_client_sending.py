"""Sending: posts until they come back, are refused, or are lost."""

import time

import pytest

from chat_amqp.connection import STALLED_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_client import events
from chat_client.posting import LATE_SECONDS, LONGEST_SILENCE_SECONDS, SILENCE_SECONDS
from chat_client.requests import RETURNED_SECONDS
from chat_wire.messages import (
    History,
    Posts,
    PostsRefused,
    Refused,
    Renew,
)
from chat_wire.units import SECOND
from testkit.linked_member import LinkedMember, batch, page, sequences


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def test_a_post_is_sent_at_once_and_reported_when_it_comes_back(alice: LinkedMember) -> None:
    alice.join()

    alice.post(1)

    assert sequences(alice.last(Posts)) == [1]
    assert alice.link.routes[-1] == ("chat.posts", "3.room.lobby")
    assert alice.hear(0, batch(1)) == [events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=1)]


def test_posts_wait_until_the_room_is_followed(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", False, alice.now)
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
    alice.link.returned = {"chat.posts"}

    told = alice.work()

    assert isinstance(told[0], events.Waiting)
    assert len(alice.link.sent) == 3
    alice.work(after=RETURNED_SECONDS)
    assert sequences(alice.link.sent[3]) == [1]


def test_a_refused_post_is_reported_with_the_reason(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)

    told = alice.work(PostsRefused(sequences=(1,), reason="too_fast", text="slower"))

    assert told == [events.NotSent(sequence=1, text="hola", reason="slower")]


def test_a_post_whose_refusal_was_lost_is_sent_again_and_refused(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)

    alice.work(after=SILENCE_SECONDS - 1)
    assert alice.sent(Posts) == 1
    alice.work(after=1)

    assert alice.sent(Posts) == 2
    assert alice.work(PostsRefused(sequences=(1,), reason="too_fast", text="slower")) == [
        events.NotSent(sequence=1, text="hola", reason="slower")
    ]
    alice.work(after=LONGEST_SILENCE_SECONDS)
    assert alice.sent(Posts) == 2


def test_a_post_that_nobody_takes_is_sent_again_less_and_less_often(alice: LinkedMember) -> None:
    """A router that starts after an hour finds a message some times, and not a hundred times."""
    alice.join()
    alice.post(1)

    for _second in range(3600):
        alice.work(after=1)

    assert alice.sent(Posts) == 10


def test_a_post_that_a_later_one_overtook_is_reported_after_a_silence(alice: LinkedMember) -> None:
    alice.join()
    for sequence in (1, 2):
        alice.post(sequence)
    alice.hear(0, batch(2))

    told = alice.work(after=SILENCE_SECONDS)

    assert events.NotSent(sequence=1, text="hola", reason="the chat refused the message") in told


def test_posts_refused_as_the_session_is_over_end_it(alice: LinkedMember) -> None:
    alice.join()
    alice.post(1)

    told = alice.work(PostsRefused(sequences=(1,), reason="session_ended", text="over"))
    told += alice.work(Refused(request=alice.last(Renew).request, reason="session_ended", text="over"))

    assert told == [
        events.NotSent(sequence=1, text="hola", reason="over"),
        events.Ended(text="over", freed=False),
    ]


def test_a_late_post_is_reported_once_even_after_the_clock_was_set_back(alice: LinkedMember) -> None:
    alice.join()
    an_hour_ahead = time.time_ns() // 1000 + 3600 * SECOND
    alice.post(1, client_ts=an_hour_ahead)

    early = alice.work(after=LATE_SECONDS - 0.1)
    late = alice.work(after=0.2)

    assert early == []
    assert late == [events.Delayed(sequence=1, text="hola")]
    assert alice.work(after=LATE_SECONDS) == []


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


def test_a_broker_in_alarm_is_waited_for(alice: LinkedMember) -> None:
    alice.join()
    alice.link.blocked = True
    alice.post(1)
    assert [type(event) for event in alice.told] == [events.Waiting]

    alice.link.blocked = False
    alice.work()

    assert alice.told == [events.WaitingOver()]
    assert sequences(alice.last(Posts)) == [1]


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

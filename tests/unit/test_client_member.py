"""What a member does with what arrives, over a link of the test's own making."""

import pytest
from amqp.exceptions import NotFound

from chat_amqp.connection import STALLED_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_client import events
from chat_client.member import HISTORY_SECONDS, RENEW_SECONDS
from chat_client.mine import CATCH_UP_SECONDS
from chat_client.requests import BOUNCED_SECONDS
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
from testkit.scene import AGES, GRANTED_AT, LOST, Scene, batch, granted, page, recorded


@pytest.fixture
def scene() -> Scene:
    return Scene()


def sequences(message: Posts) -> list[int]:
    return [post.sequence for post in message.posts]


def test_joining_tells_the_history_first_and_follows_the_room_from_there(scene: Scene) -> None:
    told = scene.join(recorded(1), recorded(2))

    assert told == [
        events.MessageReceived(at=1, user="bob", text="text 1"),
        events.MessageReceived(at=2, user="bob", text="text 2"),
        events.Joined(name="alice", room="lobby"),
    ]
    assert scene.link.attached == [40]


def test_a_room_without_history_is_followed_from_its_first_entry(scene: Scene) -> None:
    scene.join()

    assert scene.link.attached == ["first"]


def test_a_refused_name_is_told_and_another_can_be_asked_for(scene: Scene) -> None:
    scene.member.join("alice", scene.now)
    scene.work()
    told = scene.work(Refused(request=scene.last(Claim).request, reason="taken", text="alice is taken"))

    assert told == [events.NameRefused(text="alice is taken")]
    assert scene.join()[-1] == events.Joined(name="alice", room="lobby")


def test_without_an_archive_the_room_is_followed_without_its_history(scene: Scene) -> None:
    scene.member.join("alice", scene.now)
    scene.grant()

    told = scene.work(after=HISTORY_SECONDS)

    assert isinstance(told[0], events.Remark)
    assert told[1:] == [events.Joined(name="alice", room="lobby")]
    assert scene.link.attached == ["last"]


def test_with_an_archive_that_cannot_answer_the_room_is_followed_without_its_history(scene: Scene) -> None:
    scene.member.join("alice", scene.now)
    scene.grant()

    told = scene.work(Refused(request=scene.last(History).request, reason="no_answer", text="try again later"))

    assert told == [events.Remark(text="try again later"), events.Joined(name="alice", room="lobby")]
    assert scene.link.attached == ["last"]


def test_a_post_is_sent_at_once_and_told_when_it_comes_back(scene: Scene) -> None:
    scene.join()

    scene.post(1)

    assert sequences(scene.last(Posts)) == [1]
    assert scene.link.ways[-1] == ("chat.ingress", "3")
    assert scene.hear(0, batch(1)) == [events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=1)]


def test_posts_wait_until_the_room_is_followed_so_that_none_comes_back_unseen(scene: Scene) -> None:
    scene.member.join("alice", scene.now)
    scene.grant()
    scene.post(1)

    assert not [message for message in scene.link.sent if isinstance(message, Posts)]
    scene.work(page(scene.last(History).request))
    assert sequences(scene.last(Posts)) == [1]


def test_posts_typed_while_a_message_is_unconfirmed_go_together_in_the_next(scene: Scene) -> None:
    scene.join()
    scene.link.waiting = 1
    for sequence in (1, 2, 3):
        scene.post(sequence)
    assert sequences(scene.last(Posts)) == [1]

    scene.link.waiting = 0
    scene.work()

    assert sequences(scene.last(Posts)) == [2, 3]


def test_posts_that_nothing_takes_wait_and_are_sent_again(scene: Scene) -> None:
    scene.join()
    scene.post(1)
    scene.link.bounced = {"chat.ingress"}

    told = scene.work()

    assert isinstance(told[0], events.Waiting)
    assert len(scene.link.sent) == 3
    scene.work(after=BOUNCED_SECONDS)
    assert sequences(scene.link.sent[3]) == [1]


def test_a_refused_post_is_told_with_the_reason(scene: Scene) -> None:
    scene.join()
    scene.post(1)

    told = scene.work(PostsRefused(sequences=(1,), reason="too_fast", text="slower"))

    assert told == [events.NotSent(sequence=1, text="hola", reason="slower")]


def test_a_lost_connection_is_told_once(scene: Scene) -> None:
    scene.join()
    scene.told.clear()

    scene.lose()
    scene.lose()

    assert scene.told == [LOST]


def test_after_a_lost_connection_the_session_goes_on_where_it_was(scene: Scene) -> None:
    scene.join(recorded(1))
    scene.hear(40, batch(1, session="bobs", user="bob"))
    scene.hear(41, batch(1, 2, session="carols", user="carol"))
    scene.post(1)
    scene.post(2)

    scene.lose()
    told = scene.grant(Resume, token="renewed")

    assert told == [events.ConnectedAgain()]
    assert scene.last(Resume).secret == "secret"
    assert scene.link.attached == [41]
    assert scene.last(Posts).token == "renewed"
    assert sequences(scene.last(Posts)) == [1, 2]
    assert scene.hear(41, batch(1, 2, session="carols", user="carol")) == []


def test_a_stream_that_has_another_entry_there_is_read_from_its_first(scene: Scene) -> None:
    scene.join(recorded(1))

    told = scene.hear(40, batch(1, session="carols", user="carol"))

    assert [type(event) for event in told] == [events.Remark]
    assert scene.link.attached == [40, "first"]


def test_a_stream_that_has_nothing_there_is_read_from_its_first(scene: Scene) -> None:
    scene.join(recorded(1))

    scene.work(after=FIRST_ENTRY_SECONDS + 1)

    assert scene.link.attached == [40, "first"]


def test_a_deleted_stream_is_read_from_its_first_when_it_is_there_again(scene: Scene) -> None:
    scene.join(recorded(1))
    scene.hear(40, batch(1, session="bobs", user="bob"))

    scene.link.room_gone = True
    scene.work()

    assert scene.link.attached == [40, "first"]


def test_a_post_that_went_down_with_a_deleted_stream_is_told_when_a_later_one_comes_back(scene: Scene) -> None:
    scene.join()
    for sequence in (1, 2):
        scene.post(sequence)
    scene.link.room_gone = True
    scene.work()
    for sequence in (3, 4):
        scene.post(sequence)

    told = scene.hear(0, batch(2))
    told += scene.hear(1, batch(4))

    assert told == [
        events.NotSent(sequence=1, text="hola", reason="it was lost with the room's history"),
        events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=2),
        events.MessageReceived(at=1_000_000, user="alice", text="hola", sequence=4),
    ]


def test_a_room_that_is_not_there_is_waited_for_once_however_often_it_is_looked_for(scene: Scene) -> None:
    scene.join()
    scene.told.clear()
    missing = events.Waiting(text="there is no room")
    scene.lose(missing, NotFound())
    for _again in range(2):
        with pytest.raises(NotFound):
            scene.grant(Resume)
        assert scene.told == []
        scene.lose(missing, NotFound())
    scene.lose(missing)

    assert scene.grant(Resume) == [events.WaitingOver(), events.ConnectedAgain()]


def test_notices_are_told_but_not_those_of_oneself(scene: Scene) -> None:
    scene.join()
    notices = [Notice(id=user, room="lobby", kind="joined", user=user, at=5) for user in ("alice", "bob")]

    assert scene.hear(0, notices[0]) == []
    assert scene.hear(1, notices[1]) == [events.PresenceChanged(at=5, user="bob", kind="joined")]


def test_who_is_there_is_asked_as_of_the_grant(scene: Scene) -> None:
    scene.join()
    scene.member.users(scene.now)
    scene.work()
    question = scene.last(ListUsers)

    told = scene.work(Users(request=question.request, connected=("alice",), disconnected=("bob",)))

    assert (question.token, question.after) == ("token", 17)
    assert told == [events.UsersListed(connected=("alice",), disconnected=("bob",))]


def test_my_messages_are_asked_for_page_by_page(scene: Scene) -> None:
    scene.join()
    scene.member.my_messages(scene.now)
    scene.work()

    first = scene.work(page(scene.last(Mine).request, recorded(1), recorded(2), more=True))
    assert scene.last(Mine).after == 2
    rest = scene.work(page(scene.last(Mine).request, recorded(3)))

    assert first == [events.MineListed(messages=tuple(said(1, 2)))]
    assert rest == [events.MineListed(messages=tuple(said(3)), total=3)]


def said(*numbers: int) -> list[events.MessageReceived]:
    return [events.MessageReceived(at=number, user="bob", text=f"text {number}") for number in numbers]


def test_my_messages_have_what_was_said_just_before(scene: Scene) -> None:
    scene.join()
    scene.post(1)
    scene.member.my_messages(scene.now)
    scene.work()
    assert not [message for message in scene.link.sent if isinstance(message, Mine)]

    scene.hear(50, batch(1))
    early = scene.work(page(scene.last(Mine).request, offset=49))
    scene.work(after=1)
    late = scene.work(page(scene.last(Mine).request, recorded(1), offset=50))

    assert early == [events.MineListed(messages=())]
    assert late == [events.MineListed(messages=tuple(said(1)), total=1)]


def test_my_messages_are_listed_though_one_is_not_recorded_for_long(scene: Scene) -> None:
    scene.join()
    scene.post(1)
    scene.hear(50, batch(1))
    scene.member.my_messages(scene.now)
    scene.work()

    told = scene.work(page(scene.last(Mine).request, offset=49), after=CATCH_UP_SECONDS)

    assert told == [events.MineListed(messages=(), total=0)]


def test_leaving_waits_for_what_was_sent_to_come_back(scene: Scene) -> None:
    scene.join()
    scene.post(1)
    scene.member.leave(scene.now)
    scene.work()
    assert not [message for message in scene.link.sent if isinstance(message, Exit)]

    scene.hear(0, batch(1))
    (ended,) = scene.work(Exited(request=scene.last(Exit).request))

    assert isinstance(ended, events.Ended)
    assert ended.freed
    assert scene.member.over


def test_leaving_goes_on_after_a_lost_connection(scene: Scene) -> None:
    scene.join()
    scene.member.leave(scene.now)
    scene.work()
    asked = scene.last(Exit)

    scene.lose()
    scene.work()

    assert scene.link.sent == [asked]


def test_the_token_is_renewed_before_it_expires(scene: Scene) -> None:
    scene.member.join("alice", scene.now)
    scene.grant(expires=GRANTED_AT + int(4 * RENEW_SECONDS * 1_000_000))
    scene.work(page(scene.last(History).request))

    scene.work(after=2 * RENEW_SECONDS - 1)
    assert Resume not in map(type, scene.link.sent)
    scene.work(after=2)
    told = scene.work(granted(scene.last(Resume).request, "renewed", AGES))
    scene.post(1)

    assert told == []
    assert scene.link.attached == ["first"]
    assert scene.last(Posts).token == "renewed"


def test_a_session_that_was_taken_over_ends_and_names_what_is_not_sent(scene: Scene) -> None:
    scene.join()
    scene.post(1)

    told = scene.work(SessionEnded(session="mine", expires=AGES, reason="taken"))

    assert [type(event) for event in told] == [events.NotSent, events.Ended]
    assert scene.member.over


def test_a_session_that_cannot_be_resumed_ends_with_the_reason(scene: Scene) -> None:
    scene.join()
    scene.lose()
    scene.work()

    told = scene.work(Refused(request=scene.last(Resume).request, reason="ended", text="released"))

    assert told == [events.Ended(text="released", freed=False)]


def test_an_answer_to_no_question_is_nothing(scene: Scene) -> None:
    scene.join()

    assert scene.work(Users(request="another", connected=(), disconnected=())) == []
    assert scene.work(SessionEnded(session="another", expires=AGES, reason="taken")) == []


def test_what_cannot_be_read_is_remarked_on(scene: Scene) -> None:
    scene.join()
    scene.link.replies.append(b"{")

    assert [type(event) for event in scene.work()] == [events.Remark]


def test_a_broker_in_alarm_is_waited_for(scene: Scene) -> None:
    scene.join()
    scene.link.blocked = True
    scene.post(1)
    assert [type(event) for event in scene.told] == [events.Waiting]

    scene.link.blocked = False
    scene.work()

    assert scene.told == [events.WaitingOver()]
    assert sequences(scene.last(Posts)) == [1]


def test_who_came_and_went_before_this_member_joined_is_not_told() -> None:
    scene = Scene()
    scene.join()
    before, after = (Notice(id=str(at), room="lobby", kind="left", user="bob", at=at) for at in (4, 6))
    assert scene.hear(1, before) == []
    assert scene.hear(2, after) == [events.PresenceChanged(at=6, user="bob", kind="left")]


def test_a_broker_that_confirms_nothing_is_left_for_another_of_its_nodes(scene: Scene) -> None:
    scene.join()
    scene.post(1)
    scene.link.waiting = 1

    scene.work(after=STALLED_SECONDS)
    with pytest.raises(Unconfirmed):
        scene.work(after=1)


def test_a_broker_in_alarm_may_take_its_time_to_confirm(scene: Scene) -> None:
    scene.join()
    scene.link.waiting, scene.link.blocked = 1, True
    scene.work(after=STALLED_SECONDS * 2)

    scene.link.blocked = False
    assert scene.work(after=STALLED_SECONDS) == [events.WaitingOver()]


def test_a_member_that_is_said_to_be_lost_says_that_it_is_there(scene: Scene) -> None:
    """As when its node was cut off from the others for a while, which it could not notice."""
    scene.join()
    before, after = (Notice(id=str(at), room="lobby", kind="lost", user="alice", at=at) for at in (4, 6))

    assert scene.hear(1, before) == []
    assert Resume not in map(type, scene.link.sent)

    assert scene.hear(2, after) == []
    assert Resume in map(type, scene.link.sent)


def test_a_history_that_was_told_is_not_told_again_though_the_connection_broke_right_after_it() -> None:
    scene = Scene()
    scene.member.join("alice", scene.now)
    scene.grant()
    question = scene.last(History).request
    scene.link.breaks = ConnectionResetError()
    with pytest.raises(ConnectionResetError):
        scene.work(page(question, recorded(1)))
    assert [type(each) for each in scene.told] == [events.MessageReceived, events.Joined]

    scene.lose()
    scene.grant(Resume)

    assert scene.link.attached == [40]
    assert not any(isinstance(each, History) for each in scene.link.sent)


def test_who_has_not_typed_a_name_yet_waits_for_the_broker_only_until_it_is_there() -> None:
    scene = Scene()
    scene.member.wait_for("the broker")
    scene.connect()

    assert scene.told == [events.Waiting(text="the broker"), events.WaitingOver()]


def test_who_has_typed_a_name_waits_until_that_is_answered() -> None:
    scene = Scene()
    scene.member.join("alice", scene.now)
    scene.member.wait_for("the broker")
    scene.connect()

    assert scene.told == [events.Waiting(text="the broker")]
    assert scene.grant() == [events.WaitingOver()]

"""Lost connections, lost streams, and the session that goes on after them."""

from typing import Any

import pytest
from amqp.exceptions import NotFound

from chat_client import events
from chat_client.access import Login
from chat_client.room_follower import FIRST_ENTRY_SECONDS
from chat_wire.messages import (
    Exit,
    Notice,
    Posts,
    Refused,
    Renew,
    Resume,
)
from chat_wire.units import SECOND
from testkit.linked_member import GRANTED_AT, LOST, LinkedMember, batch, recorded, sequences


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def test_a_lost_connection_is_reported_once(alice: LinkedMember) -> None:
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
    told = alice.work()

    assert told == [events.ConnectedAgain()]
    assert alice.link.session == "mine"
    assert alice.link.attached == [41]
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


def test_a_missing_room_is_reported_once_during_several_attempts(alice: LinkedMember) -> None:
    alice.join()
    alice.told.clear()
    missing = events.Waiting(text="there is no room")
    alice.lose(missing, NotFound())
    for _again in range(2):
        with pytest.raises(NotFound):
            alice.work()
        assert alice.told == []
        alice.lose(missing, NotFound())
    alice.lose(missing)

    assert alice.work() == [events.WaitingOver(), events.ConnectedAgain()]


def test_a_member_reported_lost_renews_its_session(alice: LinkedMember) -> None:
    """A node that is cut off from the others for a while loses its clients without their noticing."""
    alice.join()
    before, after = (Notice(id=str(at), room="lobby", kind="lost", user="alice", at=at) for at in (4, 6))

    assert alice.hear(1, before) == []
    assert alice.sent(Renew) == 1

    assert alice.hear(2, after) == []
    assert alice.sent(Renew) == 2


def test_leaving_goes_on_after_a_lost_connection(alice: LinkedMember) -> None:
    alice.join()
    alice.member.leave_request.want(alice.now)
    alice.work()
    asked = alice.last(Exit)

    alice.lose()
    alice.work()

    assert alice.link.sent == [asked]


@pytest.mark.parametrize("request_class", [Renew, Resume])
def test_a_session_that_cannot_go_on_ends_with_the_reason(alice: LinkedMember, request_class: type[Any]) -> None:
    alice.join()
    if request_class is Resume:
        alice.member.access.refused()
    alice.lose()
    alice.work()

    told = alice.work(Refused(request=alice.last(request_class).request, reason="ended", text="released"))

    assert told[-1] == events.Ended(text="released", freed=False)


def test_a_member_with_an_expired_token_goes_through_the_entrance(alice: LinkedMember) -> None:
    alice.join(expires=GRANTED_AT + 600 * SECOND)
    alice.post(1)

    alice.now += 601
    alice.lose()
    alice.work()
    asked, at = alice.last(Resume), alice.link.session
    told = alice.grant(Resume, token="new")

    assert (asked.session, asked.secret, at) == ("mine", "secret", None)
    assert (alice.link.session, alice.member.access.login(alice.now)) == ("mine", Login("mine", "new"))
    assert told == [events.ConnectedAgain()]
    assert sequences(alice.last(Posts)) == [1]


def test_a_connection_that_was_opened_with_an_old_token_gets_the_next_one_at_once(alice: LinkedMember) -> None:
    alice.join(expires=GRANTED_AT + 600 * SECOND)
    alice.now += 200
    alice.lose()

    alice.grant(Renew, token="new")

    assert alice.link.renewed == ["new"]


def test_nothing_but_the_request_for_a_token_goes_to_the_entrance(alice: LinkedMember) -> None:
    alice.join()
    alice.member.access.refused()
    alice.lose()
    alice.post(1)
    alice.member.users_request.ask(alice.now)
    alice.member.search_request.ask("hola", alice.now)
    alice.work()

    assert [type(message) for message in alice.link.sent] == [Resume]
    assert alice.link.routes == [("chat.entrance", "")]

"""Lost connections, lost streams, and the session that goes on after them."""

import pytest
from amqp.exceptions import NotFound

from chat_client import events
from chat_client.room_follower import FIRST_ENTRY_SECONDS
from chat_wire.messages import (
    Exit,
    Notice,
    Posts,
    Refused,
    Resume,
)
from testkit.linked_member import LOST, LinkedMember, batch, recorded, sequences


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


def test_a_member_reported_lost_renews_its_session(alice: LinkedMember) -> None:
    """A node that is cut off from the others for a while loses its clients without their noticing."""
    alice.join()
    before, after = (Notice(id=str(at), room="lobby", kind="lost", user="alice", at=at) for at in (4, 6))

    assert alice.hear(1, before) == []
    assert Resume not in map(type, alice.link.sent)

    assert alice.hear(2, after) == []
    assert Resume in map(type, alice.link.sent)


def test_leaving_goes_on_after_a_lost_connection(alice: LinkedMember) -> None:
    alice.join()
    alice.member.leave_request.want(alice.now)
    alice.work()
    asked = alice.last(Exit)

    alice.lose()
    alice.work()

    assert alice.link.sent == [asked]


def test_a_session_that_cannot_be_resumed_ends_with_the_reason(alice: LinkedMember) -> None:
    alice.join()
    alice.lose()
    alice.work()

    told = alice.work(Refused(request=alice.last(Resume).request, reason="ended", text="released"))

    assert told == [events.Ended(text="released", freed=False)]

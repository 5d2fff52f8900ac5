"""The members of the room, from listings and changes that arrive in any order."""

from hypothesis import given
from hypothesis import strategies as st

from chat_client.events import PresenceChanged, UsersListed
from chat_client.fullscreen.roster import Roster
from chat_client.fullscreen.speakers import REMEMBERED, Speakers
from chat_wire.messages import NoticeKind

KINDS: tuple[NoticeKind, ...] = ("joined", "left", "lost", "back")
notices = st.builds(PresenceChanged, at=st.just(0), user=st.sampled_from("abcd"), kind=st.sampled_from(KINDS))


def after(noticed: list[PresenceChanged]) -> dict[str, bool]:
    """Return the members after some changes."""
    members: dict[str, bool] = {}
    for notice in noticed:
        members.pop(notice.user, None)
        if notice.kind != "left":
            members[notice.user] = notice.kind != "lost"
    return members


def listing(members: dict[str, bool]) -> UsersListed:
    return UsersListed(
        connected=tuple(name for name, connected in members.items() if connected),
        disconnected=tuple(name for name, connected in members.items() if not connected),
    )


@given(before=st.lists(notices), noticed=st.lists(notices), told=st.integers(0, 20), listed=st.integers(0, 20))
def test_whenever_a_listing_comes_all_is_right_when_the_last_notice_has(
    before: list[PresenceChanged], noticed: list[PresenceChanged], told: int, listed: int
) -> None:
    told, listed = min(told, len(noticed)), min(listed, len(noticed))
    roster = Roster()
    for notice in before:
        roster.change(notice)
    roster.expect_listing()
    for notice in noticed[:told]:
        roster.change(notice)

    roster.replace(listing(after(before + noticed[:listed])))
    for notice in noticed[told:]:
        roster.change(notice)

    assert dict(roster.members()) == after(before + noticed)


def test_two_listings_on_their_way_are_each_held_against_what_came_since() -> None:
    roster, bob = Roster(), UsersListed(connected=("bob",), disconnected=())
    roster.expect_listing()
    roster.change(PresenceChanged(at=0, user="eve", kind="joined"))
    roster.expect_listing()
    roster.replace(bob)
    roster.change(PresenceChanged(at=0, user="bob", kind="left"))
    roster.replace(bob)

    assert roster.members() == [("eve", True)]


def test_those_who_are_connected_come_first_in_alphabetical_order() -> None:
    roster = Roster()
    roster.replace(UsersListed(connected=("bob", "Alice", "eve"), disconnected=("adam",)))

    assert roster.members() == [("Alice", True), ("bob", True), ("eve", True), ("adam", False)]


def test_names_begin_with_who_spoke_last_and_is_still_there() -> None:
    roster, speakers = Roster(), Speakers()
    roster.replace(UsersListed(connected=("ann", "bob", "eve"), disconnected=()))
    for name in ("ann", "eve", "gone", "ann"):
        speakers.record(name)

    assert roster.names(speakers.latest()) == ["ann", "eve", "bob"]


def test_who_spoke_long_ago_is_forgotten() -> None:
    speakers = Speakers()
    for number in range(REMEMBERED + 1):
        speakers.record(str(number))

    assert speakers.latest() == [str(number) for number in range(REMEMBERED, 0, -1)]

"""The members of the room, from listings and changes that arrive in any order."""

from hypothesis import given
from hypothesis import strategies as st

from chat_client.events import PresenceChanged, UsersListed
from chat_client.fullscreen.roster import Roster
from chat_client.fullscreen.speakers import REMEMBERED, Speakers
from chat_wire.messages import NoticeKind

KINDS: tuple[NoticeKind, ...] = ("joined", "left", "lost", "back")
any_change = st.builds(PresenceChanged, at=st.just(0), user=st.sampled_from("abcd"), kind=st.sampled_from(KINDS))


def after(changes: list[PresenceChanged]) -> dict[str, bool]:
    """Return the members after some changes."""
    members: dict[str, bool] = {}
    for change in changes:
        members.pop(change.user, None)
        if change.kind != "left":
            members[change.user] = change.kind != "lost"
    return members


def listing(members: dict[str, bool]) -> UsersListed:
    return UsersListed(
        connected=tuple(name for name, connected in members.items() if connected),
        disconnected=tuple(name for name, connected in members.items() if not connected),
    )


@given(before=st.lists(any_change), changes=st.lists(any_change), early=st.integers(0, 20), included=st.integers(0, 20))
def test_the_members_are_right_after_the_last_change_whenever_a_listing_arrives(
    before: list[PresenceChanged], changes: list[PresenceChanged], early: int, included: int
) -> None:
    early, included = min(early, len(changes)), min(included, len(changes))
    roster = Roster()
    for change in before:
        roster.change(change)
    roster.expect_listing()
    for change in changes[:early]:
        roster.change(change)

    roster.replace(listing(after(before + changes[:included])))
    for change in changes[early:]:
        roster.change(change)

    assert dict(roster.members()) == after(before + changes)


def test_changes_apply_to_each_of_two_expected_listings() -> None:
    roster, bob = Roster(), UsersListed(connected=("bob",), disconnected=())
    roster.expect_listing()
    roster.change(PresenceChanged(at=0, user="eve", kind="joined"))
    roster.expect_listing()
    roster.replace(bob)
    roster.change(PresenceChanged(at=0, user="bob", kind="left"))
    roster.replace(bob)

    assert roster.members() == [("eve", True)]


def test_connected_members_come_first_in_alphabetical_order() -> None:
    roster = Roster()
    roster.replace(UsersListed(connected=("bob", "Alice", "eve"), disconnected=("adam",)))

    assert roster.members() == [("Alice", True), ("bob", True), ("eve", True), ("adam", False)]


def test_names_start_with_the_latest_speakers_among_the_other_members() -> None:
    roster, speakers = Roster(), Speakers()
    roster.replace(UsersListed(connected=("ann", "bob", "eve", "me"), disconnected=()))
    for name in ("ann", "eve", "gone", "me", "ann"):
        speakers.record(name)

    assert roster.names(speakers.latest(), besides="me") == ["ann", "eve", "bob"]


def test_old_speakers_are_forgotten() -> None:
    speakers = Speakers()
    for number in range(REMEMBERED + 1):
        speakers.record(str(number))

    assert speakers.latest() == [str(number) for number in range(REMEMBERED, 0, -1)]

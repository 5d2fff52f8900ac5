"""The widgets of the room."""

from dataclasses import dataclass

from chat_client.events import Joined
from chat_client.fullscreen.banner import Banner
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.members import MemberList
from chat_client.fullscreen.room_view import RoomView
from chat_client.fullscreen.status_line import StatusLine
from chat_client.language import _


@dataclass(frozen=True, slots=True)
class RoomWidgets:
    """The parts of the room's screen, from top to bottom and from left to right."""

    banner: Banner
    transcript: RoomView
    members: MemberList
    composer: Composer
    status: StatusLine


def room_widgets(joined: Joined) -> RoomWidgets:
    """Create the widgets for a person who has joined a room."""
    transcript = RoomView(beginning=_("the room begins here"), id="transcript")
    transcript.own_name = joined.name
    status = StatusLine()
    status.room = joined.room
    return RoomWidgets(
        banner=Banner(id="banner"),
        transcript=transcript,
        members=MemberList(id="members"),
        composer=Composer(id="composer"),
        status=status,
    )

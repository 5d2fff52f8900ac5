"""The room on the screen: what the session tells goes to the widgets, what is typed goes to the session."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Key, Paste
from textual.screen import Screen

from chat_client import commands, display
from chat_client import events as told
from chat_client.events import Event
from chat_client.fullscreen import clock
from chat_client.fullscreen.banner import Banner
from chat_client.fullscreen.bell import Bell
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.conversation import Item, Line
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.fullscreen.members import MemberList
from chat_client.fullscreen.results import Results
from chat_client.fullscreen.roster import Roster
from chat_client.fullscreen.speakers import Speakers
from chat_client.fullscreen.status import StatusLine
from chat_client.fullscreen.transcript_view import TranscriptView
from chat_client.language import _

if TYPE_CHECKING:
    from chat_client.session import Session

# Events that add nothing to the transcript.
OffTranscript = (
    told.Waiting
    | told.WaitingOver
    | told.Delayed
    | told.NotSent
    | told.OlderListed
    | told.SearchListed
    | told.MineListed
    | told.NameRefused
    | told.Ended
)


class RoomScreen(Screen[None]):
    """The transcript, who is here, and a line to type in."""

    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", show=False),
        Binding("f2", "send_again", show=False),
        Binding("f3", "drop", show=False),
        Binding("f4", "toggle_members", show=False),
        Binding("f6", "choose_message", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("ctrl+end", "newest", show=False),
        Binding("escape", "type", show=False),
    ]

    def __init__(self, session: "Session", joined: told.Joined, *, local_time: bool) -> None:
        super().__init__()
        self._session = session
        self._view = TranscriptView(beginning=_("the room begins here"), local_time=local_time, id="transcript")
        self._view.own_name = joined.name
        self._members = MemberList(id="members")
        self._banner = Banner(id="banner")
        self._composer = Composer(id="composer")
        self._status = StatusLine()
        self._status.room, self._status.local_time = joined.room, local_time
        self._bell = Bell(joined.name)
        self._roster, self._speakers = Roster(), Speakers()
        self._users_wanted = False
        self._results = Results(self, session, joined.name, local_time=local_time)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._banner
        with Horizontal(id="middle"):
            yield self._view
            yield self._members
        yield self._composer
        yield self._status

    def tell(self, events: Sequence[Event]) -> None:
        """Show what the session has told, in one go."""
        items = [item for event in events for item in self._items(event)]
        if self._bell.due():
            self.app.bell()
        if items:
            self._view.add(items)
        self._members.show(self._roster.members())
        self._composer.names = self._roster.names(self._speakers.latest())
        self._count()

    @property
    def refused(self) -> list[told.NotSent]:
        """The posts that were refused, and neither sent again nor dropped."""
        return self._view.refused

    def leave(self) -> None:
        """Leave once all that was sent has come back."""
        self._session.exit()
        self._banner.say(_("leaving when all you sent has come back; Ctrl+Q leaves at once and keeps your name"))

    def looked_away(self) -> None:
        """The terminal is not looked at any more: what comes is new to who comes back."""
        self._view.mark_new()

    # What the session tells.

    def _items(self, event: Event) -> list[Item]:
        """What an event adds to the transcript; it may change other things as well."""
        match event:
            case told.MessageReceived():
                self._speakers.spoke(event.user)
                self._bell.hear(event)
                return [event]
            case told.PresenceChanged():
                self._roster.noticed(event)
                return [event]
            case told.Joined():
                return self._joined(event)
            case told.Remark(text=text):
                self._results.remark(text)
                return _lines(text)
            case told.UsersListed():
                return self._users_listed(event)
            case told.ConnectionLost(broker=broker):
                return self._lost(_("connection to {broker} lost").format(broker=broker))
            case told.ConnectedAgain():
                return self._connected(_("connected again"))
        self._react(event)
        return []

    def _react(self, event: OffTranscript) -> None:
        match event:
            case told.Waiting(text=text):
                self._banner.say(text)
            case told.WaitingOver():
                self._banner.hide()
            case told.Delayed(sequence=sequence):
                self._view.delay(sequence)
            case told.NotSent(sequence=sequence, reason=reason):
                self._view.refuse(sequence, reason)
            case told.OlderListed(messages=messages, more=more):
                self._view.add_older(messages, more)
            case told.SearchListed():
                self._results.search_listed(event)
            case told.MineListed():
                self._results.mine_listed(event)
            case told.NameRefused() | told.Ended():
                pass  # the app deals with these
            case _:
                assert_never(event)

    def _joined(self, event: told.Joined) -> list[Item]:
        self._bell.on = True
        welcome = _("you are {name} in {room}; F1 or /help says what you can do")
        return self._connected(welcome.format(name=event.name, room=event.room))

    def _connected(self, text: str) -> list[Item]:
        self._status.connected = True
        self._banner.hide()
        self._ask_users()
        return _lines(text)

    def _lost(self, text: str) -> list[Item]:
        self._status.connected = False
        self._banner.say(text)
        return _lines(text)

    def _ask_users(self) -> None:
        self._roster.asked()
        self._session.users()

    def _users_listed(self, event: told.UsersListed) -> list[Item]:
        self._roster.listed(event)
        wanted, self._users_wanted = self._users_wanted, False
        return _lines(*(line.removeprefix("* ") for line in display.lines(event))) if wanted else []

    def _count(self) -> None:
        self._status.unsent = self._view.pending
        self._banner.count(self._view.pending)

    # What is typed and pressed.

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Carry out the line when Enter is pressed."""
        commands.enter(event.text, self)

    # The operations of commands.Frontend.

    def post_text(self, text: str) -> None:
        """Post a message, and show it until it has come back."""
        sequence = self._session.post(text)
        self._view.post(sequence, text, clock.now())
        self._count()

    def reject_line(self, _line: str, reason: str, /) -> None:
        """Show the reason; the line can be called back with the Up key."""
        self._view.add(_lines(reason))

    def list_members(self) -> None:
        """Ask for the members, to be listed in the room."""
        self._users_wanted = True
        self._ask_users()

    def list_my_messages(self) -> None:
        """Show the person's own messages."""
        self._results.my_messages()

    def search_messages(self, words: str) -> None:
        """Show the messages that have these words."""
        self._results.search(words)

    def set_bell(self, mode: str, /) -> None:
        """Set the bell, and say how it is set."""
        self._view.add(_lines(self._bell.choose(mode)))

    def show_help(self) -> None:
        """Show the commands and keys."""
        self.app.push_screen(HelpScreen())

    def leave_chat(self) -> None:
        """Leave as Ctrl+Q does."""
        self.app.call_later(self.app.action_quit)

    def on_composer_leave_asked(self) -> None:
        """Ctrl+D was pressed with nothing typed."""
        self.leave_chat()

    def on_transcript_view_reached_top(self) -> None:
        """There is nothing more above: ask for it."""
        self._session.older()

    def on_transcript_view_bottom_changed(self) -> None:
        """The view is further from the newest message, or nearer."""
        self._status.new_below = self._view.new_below

    def action_help(self) -> None:
        """Show the commands and keys."""
        self.show_help()

    def action_send_again(self) -> None:
        """Send the oldest message that was refused once more, as a new one."""
        text = self._view.take_refused()
        if text is not None:
            self.post_text(text)

    def action_drop(self) -> None:
        """Take the oldest message that was refused away."""
        self._view.take_refused()

    def action_toggle_members(self) -> None:
        """Show or hide who is here: on a narrow screen they are hidden at first."""
        self.toggle_class("-members" if self.has_class("-narrow") else "-no-members")

    def action_choose_message(self) -> None:
        """Go from typing to choosing a message, or back."""
        (self._composer if self._view.has_focus else self._view).focus()

    def action_type(self) -> None:
        """Go back to typing."""
        self._composer.focus()

    def on_key(self, event: Key) -> None:
        """What is typed while a message is being chosen is typed all the same."""
        if self._view.has_focus and event.is_printable and event.character:
            self._composer.focus()
            self._composer.insert(event.character)

    def on_paste(self, event: Paste) -> None:
        """What is pasted while a message is being chosen is put into the line all the same."""
        if self._view.has_focus:
            self._composer.focus()
            self._composer.paste(event.text)

    def action_page(self, direction: int) -> None:
        """Scroll the transcript while typing."""
        if direction < 0:
            self._view.action_page_up()
        else:
            self._view.action_page_down()

    def action_newest(self) -> None:
        """Scroll to the newest message."""
        self._view.action_scroll_end()

    def palette(self) -> Iterable[SystemCommand]:
        """What can be done here, for the command palette."""
        yield SystemCommand(_("Help"), _("What you can type and press"), self.show_help)
        yield SystemCommand(_("My messages"), _("All you have said under this name"), self.list_my_messages)
        yield SystemCommand(_("Members"), _("Show or hide who is here"), self.action_toggle_members)


def _lines(*texts: str) -> list[Item]:
    at = clock.now()
    return [Line(at=at, text=text) for text in texts]

"""The reading of a room: the place up to which the person has read, and the line "new" where they stopped."""

from collections.abc import Callable, Sequence

from chat_client.events import Event, MessageReceived
from chat_client.fullscreen import clock
from chat_client.fullscreen.attention import Attention
from chat_client.fullscreen.room_view import RoomView
from chat_client.room_memory import RoomMemory

# A crash that leaves no time for a last save loses at most what was read for this time.
SAVE_SECONDS = 5.0


class Reading:
    """Keeps the read position in the room's memory.

    A message is read once it was in view while the person was present, or when the person acts with it in view.
    """

    def __init__(self, view: RoomView, memory: RoomMemory, save: Callable[[], None]) -> None:
        """Go on where the person stopped reading in the last run.

        Args:
            view: The view of the room.
            memory: Keeps the read position.
            save: Called at most once in SAVE_SECONDS when the position has changed.
        """
        self._view = view
        self._memory = memory
        self._save = save
        self._saves_soon = False
        self._attention = Attention(clock.steady())
        self._marked = False  # where the person stopped reading
        self._arrived = 0  # messages that arrived since the person was present
        view.resume(memory.read)

    def receive(self, events: Sequence[Event]) -> None:
        """Mark the first message that arrives while the person is not present. Call this before it is shown."""
        shown = (event for event in events if isinstance(event, MessageReceived) and self._view.shows(event))
        arrived = sum(event.user != self._view.own_name for event in shown)
        if not arrived or self._attention.present(clock.steady()):
            return
        self._arrived += arrived
        if not self._marked:
            self._mark()

    @property
    def unread(self) -> int:
        """How many messages the person has not seen: below the view, or arrived while the person was not present."""
        return max(self._arrived, self._view.new_below)

    @property
    def looks(self) -> bool:
        """Whether the terminal has reported that the person looks at it."""
        return self._attention.focused

    def note(self) -> None:
        """Remember what is read by now."""
        seen = self._view.seen
        if seen and self._attention.present(clock.steady()) and (seen.offset, seen.index) != self._memory.read:
            self._memory.read = seen.offset, seen.index
            if not self._saves_soon:
                self._saves_soon = True
                self._view.set_timer(SAVE_SECONDS, self._save_now)

    def act(self) -> None:
        """Note that the person pressed a key or used the mouse."""
        self._attention.act(clock.steady())
        self._marked, self._arrived = False, 0
        self.note()

    def report_focus(self, focused: bool) -> None:
        """Note that the terminal gained or lost the focus."""
        self._attention.report_focus(focused)
        if focused:
            self._marked, self._arrived = False, 0
            self.note()
        else:
            self._mark()

    def _save_now(self) -> None:
        self._saves_soon = False
        self._save()

    def _mark(self) -> None:
        self._marked = True
        self._view.mark_new()

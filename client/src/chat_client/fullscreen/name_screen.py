"""The first screen, which asks for a name."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key, Paste
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from chat_client import display
from chat_client.fullscreen import clusters
from chat_client.fullscreen.key_handling import run_own_binding, typed_text
from chat_client.fullscreen.paste import as_text
from chat_client.language import _


class NameInput(Input):
    """The input of the name. The cursor moves and deletes by grapheme clusters.

    Attributes:
        chosen: Whether the person has pressed Enter: what follows is for the room.
        typed_ahead: What the person typed after that.
    """

    chosen = False
    typed_ahead = ""

    async def _on_key(self, event: Key) -> None:
        if self.chosen:
            self.keep(event)
        else:
            await run_own_binding(self, event)

    def _on_paste(self, event: Paste) -> None:
        if self.chosen:
            self.keep(event)

    def keep(self, event: Key | Paste) -> None:
        """Keep a key or a paste for the room. Nothing is sent before the person sees it: Enter breaks the line."""
        event.stop()
        event.prevent_default()
        text = self.typed_ahead
        if isinstance(event, Paste):
            self.typed_ahead += as_text(event.text)
        elif event.key == "backspace":
            self.typed_ahead = text[: clusters.before(text, len(text))]
        else:
            self.typed_ahead += "\n" if event.key == "enter" else typed_text(event)

    async def action_submit(self) -> None:
        """Choose the name, unless it is blank."""
        self.chosen = bool(self.value.strip())
        await super().action_submit()

    def action_cursor_left(self, select: bool = False) -> None:
        """Move to the left by a cluster."""
        if select or self.selection.is_empty:
            self._move(self._beside(clusters.before), select)
        else:
            super().action_cursor_left()

    def action_cursor_right(self, select: bool = False) -> None:
        """Move to the right by a cluster."""
        if select or self.selection.is_empty:
            self._move(self._beside(clusters.after), select)
        else:
            super().action_cursor_right()

    def action_delete_left(self) -> None:
        """Delete the cluster before the cursor, or the selection."""
        if self.selection.is_empty:
            self.delete(self._beside(clusters.before), self.cursor_position)
        else:
            super().action_delete_left()

    def action_delete_right(self) -> None:
        """Delete the cluster after the cursor, or the selection."""
        if self.selection.is_empty:
            self.delete(self.cursor_position, self._beside(clusters.after))
        else:
            super().action_delete_right()

    def _beside(self, move: Callable[[str, int], int]) -> int:
        return move(self.value, self.cursor_position)

    def _move(self, to: int, select: bool) -> None:
        self.selection = Selection(self.selection.start if select else to, to)


class NameScreen(Screen[None]):
    """Asks for a name until the registry grants one."""

    class Chosen(Message):
        """The person chose a name."""

        def __init__(self, name: str) -> None:
            """Create the message.

            Args:
                name: The name.
            """
            super().__init__()
            self.name = name

    def __init__(self, name: str | None) -> None:
        """Create the screen.

        Args:
            name: A name from the command line, which is tried first.
        """
        super().__init__()
        self._given = name
        self._field = NameInput(id="name", max_length=64, select_on_focus=False)
        self._waiting_for = ""

    def compose(self) -> ComposeResult:
        """Lay out the question in the middle of the screen."""
        with Vertical(id="name-box"):
            yield Static("Tertulia", id="name-title")
            yield Static(_("Choose your name"))
            yield self._field
            yield Static("", id="name-state", markup=False)

    def on_mount(self) -> None:
        """Choose the given name at once. Stop the cursor from blinking, which takes processor time."""
        self._field.cursor_blink = False
        if self._given:
            self._field.value = self._given
            self._choose()

    @property
    def typed_ahead(self) -> str:
        """The text that the person typed for the room, before it was there."""
        return self._field.typed_ahead.strip("\n")

    def on_key(self, event: Key) -> None:
        """Keep for the room what the person types while the client joins."""
        if self._field.chosen and (typed_text(event) or event.key in {"enter", "backspace"}):
            self._field.keep(event)

    def on_paste(self, event: Paste) -> None:
        """Keep a paste for the room, too."""
        if self._field.chosen:
            self._field.keep(event)

    def show_waiting(self, text: str) -> None:
        """Show what the client waits for, now and after a name is chosen. An empty text ends that."""
        self._waiting_for = text
        self._show_progress()

    def refuse(self, text: str) -> None:
        """Show why the registry refused the name, and ask again."""
        self._show(text, refused=True)
        self._field.disabled = self._field.chosen = False
        self._field.focus()

    def on_input_submitted(self) -> None:
        """Choose the name, unless it is blank."""
        if self._field.chosen:
            self._choose()

    def _choose(self) -> None:
        self._field.disabled = self._field.chosen = True
        self._show_progress()
        self.post_message(self.Chosen(self._field.value.strip()))

    def _show_progress(self) -> None:
        joining = _("joining …") if self._field.disabled else ""
        self._show(self._waiting_for or joining, refused=False)

    def _show(self, text: str, *, refused: bool) -> None:
        state = self.query_one("#name-state", Static)
        state.set_class(refused, "refused")
        state.update(display.safe(text))

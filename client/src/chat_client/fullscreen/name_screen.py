"""The first screen, which asks for a name."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from chat_client import display
from chat_client.fullscreen import clusters
from chat_client.fullscreen.key_handling import run_own_binding
from chat_client.language import _


class NameInput(Input):
    """The input of the name. The cursor moves and deletes by grapheme clusters."""

    async def _on_key(self, event: Key) -> None:
        await run_own_binding(self, event)

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
        self._waiting_for = ""

    def compose(self) -> ComposeResult:
        """Lay out the question in the middle of the screen."""
        with Vertical(id="name-box"):
            yield Static("Tertulia", id="name-title")
            yield Static(_("Choose your name"))
            yield NameInput(id="name", max_length=64, select_on_focus=False)
            yield Static("", id="name-state", markup=False)

    def on_mount(self) -> None:
        """Choose the given name at once. Stop the cursor from blinking, which takes processor time."""
        field = self.query_one(Input)
        field.cursor_blink = False
        if self._given:
            field.value = self._given
            self._choose(field)

    def show_waiting(self, text: str) -> None:
        """Show what the client waits for, now and after a name is chosen. An empty text ends that."""
        self._waiting_for = text
        self._show_progress()

    def refuse(self, text: str) -> None:
        """Show why the registry refused the name, and ask again."""
        self._show(text, refused=True)
        field = self.query_one(Input)
        field.disabled = False
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose the name, unless it is blank."""
        if event.value.strip():
            self._choose(event.input)

    def _choose(self, field: Input) -> None:
        field.disabled = True
        self._show_progress()
        self.post_message(self.Chosen(field.value.strip()))

    def _show_progress(self) -> None:
        joining = _("joining …") if self.query_one(Input).disabled else ""
        self._show(self._waiting_for or joining, refused=False)

    def _show(self, text: str, *, refused: bool) -> None:
        state = self.query_one("#name-state", Static)
        state.set_class(refused, "refused")
        state.update(display.safe(text))

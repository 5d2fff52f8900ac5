"""The first screen: what do you want to be called?"""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from chat_client import display
from chat_client.fullscreen.keys import do_at_once
from chat_client.language import _


class NameInput(Input):
    """Where the name is typed."""

    async def _on_key(self, event: Key) -> None:
        await do_at_once(self, event)


class NameScreen(Screen[None]):
    """Asks for a name until the chat grants one."""

    class Chosen(Message):
        """A name was typed."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, name: str | None) -> None:
        """With a `name` given there is a question only if that is refused."""
        super().__init__()
        self._given = name
        self._waiting_for = ""

    def compose(self) -> ComposeResult:
        """A question in the middle of the screen."""
        with Vertical(id="name-box"):
            yield Static("Tertulia", id="name-title")
            yield Static(_("What is your name here?"))
            yield NameInput(id="name", max_length=64, select_on_focus=False)
            yield Static("", id="name-state", markup=False)

    def on_mount(self) -> None:
        """The cursor stands still: one that blinks takes processor time."""
        field = self.query_one(Input)
        field.cursor_blink = False
        if self._given:
            field.value = self._given
            self._choose(field)

    def say(self, text: str) -> None:
        """Show why it takes so long, now and when a name is chosen; nothing any more if `text` is empty."""
        self._waiting_for = text
        self._show_progress()

    def refuse(self, text: str) -> None:
        """Show why the name cannot be had, and ask again."""
        self._show(text, refused=True)
        field = self.query_one(Input)
        field.disabled = False
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter was pressed."""
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

"""The input: a text that grows with what is typed, and what its keys do."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Location

from chat_client.fullscreen.completion import Completion, completion
from chat_client.fullscreen.keys import do_at_once
from chat_client.fullscreen.paste import ASK_ABOVE_LINES, PasteScreen, as_text, line_count
from chat_client.fullscreen.typed import Typed
from chat_client.language import _
from chat_wire.limits import MAX_TEXT

COUNT_FROM = 200  # how many characters are left when it begins to say so

# These keys of the text area do something else here, or are the app's; all others stay.
_REPLACED = {"up", "down", "delete,ctrl+d", "pageup", "pagedown", "f6", "f7"}


class Composer(TextArea, inherit_bindings=False):
    """Where a message or a command is typed; Enter sends it.

    `names` are those that Tab completes, whoever is likely to be meant first.
    """

    DEFAULT_CSS = """
    Composer { height: auto; min-height: 3; max-height: 10; border: round $border-blurred; scrollbar-size-vertical: 0; }
    Composer:focus { border: round $border; }
    Composer.over { border: round $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(each for each in TextArea.BINDINGS if isinstance(each, Binding) and each.key not in _REPLACED),
        Binding("ctrl+j,shift+enter,alt+enter", "break_line", show=False),
        Binding("tab", "complete(1)", show=False),
        Binding("shift+tab", "complete(-1)", show=False),
        Binding("up", "older", show=False),
        Binding("down", "newer", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("ctrl+d", "delete_right_or_leave", show=False),
    ]

    class Submitted(Message):
        """Enter was pressed; the composer is empty again."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class LeaveAsked(Message):
        """Ctrl+D was pressed with nothing typed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, highlight_cursor_line=False, placeholder=_("Type a message, or /help"))
        self.set_reactive(TextArea.cursor_blink, False)  # one that blinks takes processor time
        self.set_reactive(TextArea.match_cursor_bracket, False)
        self.names: Sequence[str] = ()
        self._typed = Typed()
        self._completion = Completion(("",))
        self._completed: tuple[str, Location] | None = None  # what that left: it goes on if nothing else has happened

    def on_text_area_changed(self) -> None:
        """Say how much is left when it is little."""
        left = MAX_TEXT - len(self.text)
        self.set_class(left < 0, "over")
        if left < 0:
            self.border_subtitle = _("{count} too many").format(count=-left)
        else:
            self.border_subtitle = _("{count} left").format(count=left) if left <= COUNT_FROM else ""

    async def _on_key(self, event: Key) -> None:
        """Enter sends. By a binding that comes before the text area's own keys it would overtake what is typed fast."""
        if await do_at_once(self, event):
            return
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_submit()

    async def _on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self.paste(event.text)

    def action_paste(self) -> None:
        """Paste what was copied in here."""
        self.paste(self.app.clipboard)

    def paste(self, pasted: str) -> None:
        """Put in what was copied elsewhere, unless it is too long; ask first if it has many lines."""
        text = as_text(pasted)
        lines = line_count(text)
        if len(text) > MAX_TEXT:
            self._refuse(_("What you paste has {count:,} characters, at most {most:,} go into one message."), text)
        elif lines > ASK_ABOVE_LINES:
            self.app.push_screen(PasteScreen(lines), lambda yes: self._insert(text) if yes else None)
        else:
            self._insert(text)

    def action_submit(self) -> None:
        """Hand over what was typed, unless that is nothing, or too long."""
        text = self.text
        if len(text) > MAX_TEXT:
            self._refuse(_("This has {count:,} characters, at most {most:,} go into one message: split it."), text)
        elif text.strip():
            self._typed.add(text)
            self.text = ""
            self.post_message(self.Submitted(text))

    def action_break_line(self) -> None:
        """Begin another line of the message."""
        self._insert("\n")

    def action_complete(self, step: int) -> None:
        """Complete the word before the cursor, with the next choice if it was completed just now."""
        if self._completed != (self.text, self.cursor_location):
            self._completion = completion(self.get_text_range((0, 0), self.cursor_location), self.names)
        row, column = self.cursor_location
        start = (row, column - len(self._completion.word))
        self._completion = self._completion.turned(step)
        self.replace(self._completion.word, start, (row, column), maintain_selection_offset=False)
        self._completed = (self.text, self.cursor_location)

    def action_older(self) -> None:
        """Go up a row; from the first, to what was typed before."""
        if self.navigator.is_first_wrapped_line(self.cursor_location):
            self._show(self._typed.older(self.text))
        else:
            self.action_cursor_up()

    def action_newer(self) -> None:
        """Go down a row; from the last, to what was typed after."""
        if self.navigator.is_last_wrapped_line(self.cursor_location):
            self._show(self._typed.newer(self.text))
        else:
            self.action_cursor_down()

    def action_delete_right_or_leave(self) -> None:
        """Delete a character; with nothing typed, ask to leave the chat."""
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.LeaveAsked())

    def _show(self, text: str | None) -> None:
        if text is not None:
            self.text = text
            self.move_cursor(self.document.end)

    def _insert(self, text: str) -> None:
        start, end = self.selection
        result = self.replace(text, start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)  # once more: now it is known how far there is to scroll

    def _refuse(self, why: str, text: str) -> None:
        self.notify(why.format(count=len(text), most=MAX_TEXT), severity="warning", markup=False)

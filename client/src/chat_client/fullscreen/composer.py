"""The composer: an input that grows with its text."""

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Location

from chat_client import display
from chat_client.fullscreen import bindings, clusters
from chat_client.fullscreen.cluster_area import ClusterArea
from chat_client.fullscreen.completion import Completion, completion
from chat_client.fullscreen.history_search import HistorySearch
from chat_client.fullscreen.input_history import InputHistory
from chat_client.fullscreen.key_handling import run_own_binding, typed_text
from chat_client.fullscreen.paste import ASK_ABOVE_LINES, PasteScreen, as_text
from chat_client.keys import Where
from chat_client.language import _, ngettext
from chat_wire.limits import MAX_LINES, MAX_TEXT
from chat_wire.text import line_count

COUNT_FROM = 200  # the composer shows how many characters are left from this number down


class Composer(ClusterArea, inherit_bindings=False):
    """The input of messages and commands.

    Attributes:
        names: The names that Tab completes, in order.
    """

    DEFAULT_CSS = """
    Composer { height: auto; min-height: 3; max-height: 10; border: round $border-blurred; scrollbar-size-vertical: 0; }
    Composer:focus { border: round $border; }
    Composer.over { border: round $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.COMPOSER)

    class Submitted(Message):
        """The person pressed Enter; the composer is empty again."""

        def __init__(self, text: str, entries: Sequence[str]) -> None:
            """Create the message.

            Args:
                text: The text that was typed.
                entries: What is new in the input history: the text, after texts that were typed and left unsubmitted.
            """
            super().__init__()
            self.text = text
            self.entries = entries

    class LeaveRequested(Message):
        """The person pressed Ctrl+D in an empty composer."""

    def __init__(self, *, id: str | None = None) -> None:
        """Create an empty composer.

        Args:
            id: The widget's id in CSS.
        """
        super().__init__(id=id, highlight_cursor_line=False, placeholder=_("Type a message, or /help"))
        self.set_reactive(TextArea.cursor_blink, False)  # blinking takes processor time
        self.set_reactive(TextArea.match_cursor_bracket, False)
        self.names: Sequence[str] = ()
        self._question: PasteScreen | None = None  # about a paste
        self._held: deque[Key | Paste] = deque()  # what arrives meanwhile
        self._history = InputHistory()
        self._search: HistorySearch | None = None
        self._completion = Completion(("",))
        self._completed: tuple[str, Location] | None = None  # the state after it: Tab continues from there

    @property
    def drafts(self) -> Sequence[str]:
        """The typed texts that were not submitted; the last is the one that the person goes on with."""
        return self._history.drafts(self._search.draft if self._search else self.text)

    @property
    def draft(self) -> str:
        """The typed text that the person goes on with, or an empty text."""
        return next(reversed(self.drafts), "")

    def restore(self, history: Sequence[str], draft: str) -> None:
        """Start with the input history and the draft of earlier runs."""
        self._history = InputHistory(history)
        self._show(draft)

    def on_text_area_changed(self) -> None:
        """Show what is left, unless the frame shows a search."""
        if not self._search:
            self._show_limits()

    def _show_limits(self) -> None:
        """Show how many characters are left when there are few, and how many characters or lines are too many."""
        left = MAX_TEXT - len(self.text)
        over = line_count(self.text) - MAX_LINES
        self.set_class(left < 0 or over > 0, "over")
        if left < 0:
            self.border_subtitle = _("{count} too many").format(count=-left)
        elif over > 0:
            self.border_subtitle = ngettext("{count} line too many", "{count} lines too many", over).format(count=over)
        else:
            self.border_subtitle = _("{count} left").format(count=left) if left <= COUNT_FROM else ""

    async def _on_key(self, event: Key) -> None:
        event.prevent_default()  # TextArea's own handler does not know joiners
        if self._question:
            event.stop()
            self._held.append(event)
        else:
            await self._type(event)

    async def _type(self, event: Key) -> None:
        if self._search and self._takes(self._search, event):
            event.stop()
        elif not await run_own_binding(self, event) and (typed := typed_text(event)):
            event.stop()
            self._insert(typed)

    async def _on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self.paste(event.text)

    def action_paste(self) -> None:
        """Paste the text that was copied in the client."""
        self.paste(self.app.clipboard)

    def paste(self, pasted: str) -> None:
        """Insert a pasted text unless it is too long. Ask first if it has many lines. A search searches for it."""
        if self._question:
            self._held.append(Paste(pasted))
        elif self._search:
            self._show_search(self._search.narrowed(self._search.words + as_text(pasted)))
        else:
            self._paste(pasted)

    def begin(self, text: str) -> None:
        """Insert a text before all other, and go on behind it. This ends a search."""
        if self._search:
            self._end_search(self._search, take=False)
        self.move_cursor(self.insert(text, (0, 0)).end_location)

    def take(self, event: Key | Paste) -> None:
        """Take a key or a paste that another widget received. What arrives while a question is open waits for it."""
        if self._question:
            self._held.append(event)
        else:
            self.post_message(Key(event.key, event.character) if isinstance(event, Key) else Paste(event.text))

    def _paste(self, pasted: str) -> bool:
        """Return whether this opens a question."""
        text = as_text(pasted)
        lines = line_count(text)
        if len(text) > MAX_TEXT:
            why = _("The pasted text has {count:,} characters, at most {most:,} are allowed in a message.")
            self._refuse(why, len(text), MAX_TEXT)
        elif lines > MAX_LINES:
            why = _("The pasted text has {count:,} lines, at most {most:,} are allowed in a message.")
            self._refuse(why, lines, MAX_LINES)
        elif lines > ASK_ABOVE_LINES:
            self._question = PasteScreen(lines, self.take, partial(self.call_later, self._give_up))
            self.app.push_screen(self._question, partial(self._answer, text))
            return True
        else:
            self._insert(text)
        return False

    async def _answer(self, text: str, yes: bool | None) -> None:
        """Insert the text if the person says so, then what arrived meanwhile, up to the next question."""
        if yes:
            self._insert(text)
        while self._held:
            event = self._held.popleft()
            if isinstance(event, Key):
                await self._type(event)
            elif self._paste(event.text):
                return
        self._question = None

    async def _give_up(self, question: PasteScreen) -> None:
        """Go on after a question that closed without an answer."""
        if self._question is question:
            await self._answer("", None)

    def action_submit(self) -> None:
        """Submit the text unless it is blank or too long."""
        if self._search:
            self._end_search(self._search, take=True)
        text = self.text
        if len(text) > MAX_TEXT:
            why = _("The message has {count:,} characters, at most {most:,} are allowed: split it.")
            self._refuse(why, len(text), MAX_TEXT)
        elif line_count(text) > MAX_LINES:
            why = _("The message has {count:,} lines, at most {most:,} are allowed: split it.")
            self._refuse(why, line_count(text), MAX_LINES)
        elif text.strip():
            entries = self._history.add(text)
            self.text = ""
            self.post_message(self.Submitted(text, entries))

    def action_break_line(self) -> None:
        """Insert a line break."""
        self._insert("\n")

    def action_complete(self, step: int) -> None:
        """Complete the word before the cursor. Repeated, replace it by the next choice (1) or the previous one (-1)."""
        if self._completed != (self.text, self.cursor_location):
            self._completion = completion(self.get_text_range((0, 0), self.cursor_location), self.names)
        row, column = self.cursor_location
        start = (row, column - len(self._completion.word))
        self._completion = self._completion.turned(step)
        self.replace(self._completion.word, start, (row, column), maintain_selection_offset=False)
        self._completed = (self.text, self.cursor_location)

    def action_older(self) -> None:
        """Move up a row; from the first row, to the previous input."""
        if self.navigator.is_first_wrapped_line(self.cursor_location):
            self._show(self._history.older(self.text))
        else:
            self.action_cursor_up()

    def action_newer(self) -> None:
        """Move down a row; from the last row, to the next input."""
        if self.navigator.is_last_wrapped_line(self.cursor_location):
            self._show(self._history.newer(self.text))
        else:
            self.action_cursor_down()

    def action_search_history(self) -> None:
        """Search the input history; pressed again, go to the next older text that is found."""
        if self._search:
            self._show_search(self._search.older())
        else:
            self._show_search(HistorySearch(self._history.submitted, self.text))

    def action_delete_right_or_leave(self) -> None:
        """Delete a character; in an empty composer, ask to leave the chat."""
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.LeaveRequested())

    def _takes(self, search: HistorySearch, event: Key) -> bool:
        """Return whether a key belongs to the search. Any other ends it with the text found, and does what it does."""
        match event.key:
            case "ctrl+r":
                return False
            case "enter" | "escape":
                self._end_search(search, take=event.key == "enter")
            case "backspace":
                self._show_search(search.narrowed(search.words[: clusters.before(search.words, len(search.words))]))
            case _ if typed := typed_text(event):
                self._show_search(search.narrowed(search.words + typed))
            case _:
                self._end_search(search, take=True)
                return False
        return True

    def _show_search(self, search: HistorySearch) -> None:
        self._search = search
        self._show(search.shown)
        missing = search.found is None and search.words
        title = _("no line has: {words}") if missing else _("search in your lines: {words}")
        room = max(0, self.size.width - cell_len(title))  # for the end of the words, where the person types
        words = display.safe(search.words)
        self.border_title = Content(title.format(words=words if cell_len(words) <= room else "…" + words[-room // 2 :]))
        self.border_subtitle = _("Ctrl+R: older, Enter: take, Esc: cancel")

    def _end_search(self, search: HistorySearch, *, take: bool) -> None:
        if take and search.found is not None:
            self._history.go_to(search.found, search.draft)
        self._search = None
        self.border_title = ""
        self._show(search.shown if take else search.draft)
        self._show_limits()

    def _show(self, text: str | None) -> None:
        if text is not None:
            self.text = text
            self.move_cursor(self.document.end)

    def _insert(self, text: str) -> None:
        start, end = self.selection
        result = self.replace(text, start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)  # again, now that the new height is known, to scroll far enough

    def _refuse(self, why: str, count: int, most: int) -> None:
        self.notify(why.format(count=count, most=most), severity="warning", markup=False)

"""Keeping the draft and the input history of a room, while a person types and when the client ends."""

import asyncio

from textual.screen import Screen
from textual.timer import Timer

from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.items import info_lines
from chat_client.fullscreen.room_widgets import RoomWidgets
from chat_client.room_memory import RoomMemory

# A crash that leaves no time for a last save loses at most what was typed for this time.
SAVE_SECONDS = 1.0


class DraftKeeper:
    """Saves the room's memory at most once in SAVE_SECONDS, in a thread: a slow disk must not delay a key."""

    def __init__(self, screen: Screen[None], widgets: RoomWidgets, memory: RoomMemory) -> None:
        """Keep what is typed on a screen.

        Args:
            screen: The room's screen.
            widgets: Its widgets.
            memory: Where the texts are kept.
        """
        self._screen = screen
        self._widgets = widgets
        self._memory = memory
        self._timer: Timer | None = None

    def restore(self) -> None:
        """Give the composer what was typed in earlier runs."""
        self._widgets.composer.restore(self._memory.history, self._memory.draft)
        self._show_remarks()

    def changed(self) -> None:
        """Save the draft soon."""
        self._memory.draft = self._widgets.composer.draft
        if self._timer is None:
            self._timer = self._screen.set_timer(SAVE_SECONDS, self._save)

    def submitted(self, event: Composer.Submitted) -> None:
        """Save the history, and the draft without the submitted text."""
        for text in event.entries:
            self._memory.add(text)
        self.changed()

    def close(self) -> list[str]:
        """Save everything now: the client ends. Return what the person has to know about it."""
        drafts = self._widgets.composer.drafts
        self._memory.draft = drafts[-1] if drafts else ""
        for text in drafts[:-1]:
            self._memory.add(text)
        self._memory.save()
        return self._memory.pop_remarks()

    async def _save(self) -> None:
        self._timer = None
        self._screen.run_worker(self._save_in_thread())

    async def _save_in_thread(self) -> None:
        await asyncio.to_thread(self._memory.save)
        self._show_remarks()

    def _show_remarks(self) -> None:
        for text in self._memory.pop_remarks():
            self._widgets.transcript.add(info_lines(text))

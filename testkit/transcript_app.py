"""The transcript alone on a screen."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from chat_client.events import MessageReceived
from chat_client.fullscreen.transcript_view import TranscriptView

AT = 1_795_361_760_000_000  # 2026-11-22 15:36:00 UTC
SIZE = (81, 24)  # the scrollbar needs one column


class TranscriptApp(App[None]):
    """An app with a transcript, whose messages it records.

    Attributes:
        posted: The messages that the transcript posted to the app.
    """

    def __init__(self) -> None:
        """Create the app of a person named anna."""
        super().__init__()
        self.view = TranscriptView(beginning="the room begins here", id="transcript")
        self.view.own_name = "anna"
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        """Lay out the transcript."""
        yield self.view

    def on_transcript_view_reached_top(self, event: TranscriptView.ReachedTop) -> None:
        """Record a message."""
        self.posted.append(event)

    def on_transcript_view_link_clicked(self, event: TranscriptView.LinkClicked) -> None:
        """Record a message."""
        self.posted.append(event)

    def on_transcript_view_new_below_changed(self, event: TranscriptView.NewBelowChanged) -> None:
        """Record a message."""
        self.posted.append(event)

    def count(self, kind: type[Message]) -> int:
        """Return the number of recorded messages of a kind."""
        return sum(isinstance(event, kind) for event in self.posted)


Steps = Callable[[TranscriptView, Pilot[None], TranscriptApp], Awaitable[None]]


def run_transcript(steps: Steps, size: tuple[int, int] = SIZE) -> None:
    """Run steps with the transcript on a screen."""

    async def run() -> None:
        app = TranscriptApp()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await steps(app.view, pilot, app)

    asyncio.run(run())


def message(number: int, text: str = "", user: str = "bob") -> MessageReceived:
    """Return a message, `number` seconds after AT."""
    return MessageReceived(at=AT + number * 1_000_000, user=user, text=text or f"message {number}")


def messages(start: int, end: int) -> list[MessageReceived]:
    """Return the messages from `start` up to `end`."""
    return [message(number) for number in range(start, end)]


def rows(view: TranscriptView) -> list[str]:
    """Return the texts of the rows in view."""
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]

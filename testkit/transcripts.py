"""A transcript on a screen of its own, and what it told."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from chat_client.events import MessageReceived
from chat_client.fullscreen.transcript_view import TranscriptView

AT = 1_795_361_760_000_000  # 2026-11-22 15:36:00 UTC
SIZE = (81, 24)  # the scrollbar takes one


class Room(App[None]):
    """A transcript, and what it told."""

    def __init__(self) -> None:
        super().__init__()
        self.view = TranscriptView(beginning="the room begins here", id="transcript")
        self.view.own_name = "anna"
        self.told: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_transcript_view_reached_top(self, event: TranscriptView.ReachedTop) -> None:
        self.told.append(event)

    def on_transcript_view_link_clicked(self, event: TranscriptView.LinkClicked) -> None:
        self.told.append(event)

    def on_transcript_view_bottom_changed(self, event: TranscriptView.BottomChanged) -> None:
        self.told.append(event)

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(event, kind) for event in self.told)


Doing = Callable[[TranscriptView, Pilot[None], Room], Awaitable[None]]


def in_a_room(doing: Doing, size: tuple[int, int] = SIZE) -> None:
    async def run() -> None:
        room = Room()
        async with room.run_test(size=size) as pilot:
            await pilot.pause()
            await doing(room.view, pilot, room)

    asyncio.run(run())


def said(number: int, text: str = "", user: str = "bob") -> MessageReceived:
    return MessageReceived(at=AT + number * 1_000_000, user=user, text=text or f"message {number}")


def many(start: int, end: int) -> list[MessageReceived]:
    return [said(number) for number in range(start, end)]


def rows(view: TranscriptView) -> list[str]:
    """What is in view."""
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]

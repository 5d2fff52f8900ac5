"""The composer alone on a screen, with somebody who types."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Static

from chat_client.fullscreen.composer import Composer

THEIRS = ("f1", "f2", "f6", "f7", "f10", "pageup", "pagedown", "ctrl+q", "ctrl+end", "escape")


class Desk(App[None]):
    """A composer at the bottom of a screen, and a note of what it and the keys it leaves alone have asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, f"note('{key}')", show=False) for key in THEIRS]

    def __init__(self) -> None:
        super().__init__()
        self.composer = Composer(id="composer")
        self.submitted: list[str] = []
        self.noted: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("the room")
        yield self.composer

    def on_mount(self) -> None:
        self.composer.focus()

    def action_note(self, key: str) -> None:
        self.noted.append(key)

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        self.submitted.append(event.text)

    def on_composer_leave_asked(self) -> None:
        self.noted.append("leave")


Steps = Callable[[Desk, Pilot[None]], Awaitable[None]]


def at_desk(steps: Steps, size: tuple[int, int] = (80, 24)) -> None:
    """Run steps with the composer on a screen."""

    async def run() -> None:
        desk = Desk()
        async with desk.run_test(size=size, notifications=True) as pilot:
            await steps(desk, pilot)

    asyncio.run(run())


async def type_in(pilot: Pilot[None], text: str) -> None:
    """Press a key for each character."""
    await pilot.press(*("space" if char == " " else "slash" if char == "/" else char for char in text))


async def enter(pilot: Pilot[None], *texts: str) -> None:
    """Type these and send each."""
    for text in texts:
        await type_in(pilot, text)
        await pilot.press("enter")


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste as a terminal does."""
    pilot.app.post_message(Paste(text))
    await pilot.pause()


def notices(desk: Desk) -> list[str]:
    """What the person is told in a corner of the screen."""
    return [str(toast.render()) for toast in desk.screen.query("Toast")]

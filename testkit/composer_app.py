"""The composer alone on a screen, for tests that type."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Static

from chat_client.fullscreen.composer import Composer

SCREEN_KEYS = ("f1", "f2", "f6", "f7", "f10", "pageup", "pagedown", "ctrl+q", "ctrl+end", "escape")


class ComposerApp(App[None]):
    """An app with a composer.

    Attributes:
        submitted: The texts that the composer submitted.
        noted: The keys that the composer left to the app, and "leave" for each request to leave.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, f"note('{key}')", show=False) for key in SCREEN_KEYS]

    def __init__(self) -> None:
        """Create the app."""
        super().__init__()
        self.composer = Composer(id="composer")
        self.submitted: list[str] = []
        self.noted: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay out the composer below a line of text."""
        yield Static("the room")
        yield self.composer

    def on_mount(self) -> None:
        """Focus the composer."""
        self.composer.focus()

    def action_note(self, key: str) -> None:
        """Note a key that the composer left to the app."""
        self.noted.append(key)

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Note a text."""
        self.submitted.append(event.text)

    def on_composer_leave_requested(self) -> None:
        """Note a request to leave."""
        self.noted.append("leave")


Steps = Callable[[ComposerApp, Pilot[None]], Awaitable[None]]


def run_composer(steps: Steps, size: tuple[int, int] = (80, 24)) -> None:
    """Run steps with the composer on a screen."""

    async def run() -> None:
        app = ComposerApp()
        async with app.run_test(size=size, notifications=True) as pilot:
            await steps(app, pilot)

    asyncio.run(run())


async def type_in(pilot: Pilot[None], text: str) -> None:
    """Press a key for each character."""
    await pilot.press(*("space" if char == " " else "slash" if char == "/" else char for char in text))


async def enter(pilot: Pilot[None], *texts: str) -> None:
    """Type texts and press Enter after each."""
    for text in texts:
        await type_in(pilot, text)
        await pilot.press("enter")


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste a text as a terminal does."""
    pilot.app.post_message(Paste(text))
    await pilot.pause()


def notifications(app: ComposerApp) -> list[str]:
    """Return the texts of the notifications on the screen."""
    return [str(toast.render()) for toast in app.screen.query("Toast")]

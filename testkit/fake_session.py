"""A session that the test plays itself, and the full-screen client over it."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from chat_client import events
from chat_client.fullscreen.app import ChatApp
from chat_client.fullscreen.room_screen import RoomScreen
from chat_client.session import Session
from chat_client.settings import ClientSettings
from chat_wire.names import name_key
from chat_wire.text import check_text

# Sunday, 22 November 2026, 12:00 UTC, in microseconds.
NOON = 1_795_348_800_000_000
MINUTE = 60_000_000
SECONDS = 10.0


class FakeSession(Session):
    """Keeps what it is asked for; what it tells is the test's."""

    def __init__(self, emit: Callable[[events.Event], None]) -> None:
        self.tell = emit
        self.asked: list[tuple[str, Any]] = []
        self._sequence = itertools.count(1)

    def start(self) -> None:
        self.asked.append(("start", None))

    def join(self, name: str) -> None:
        name_key(name)
        self.asked.append(("join", name))

    def post(self, text: str) -> int:
        check_text(text)
        self.asked.append(("post", text))
        return next(self._sequence)

    def users(self) -> None:
        self.asked.append(("users", None))

    def my_messages(self) -> None:
        self.asked.append(("my_messages", None))

    def older(self) -> None:
        self.asked.append(("older", None))

    def search(self, words: str) -> None:
        self.asked.append(("search", words))

    def search_more(self) -> None:
        self.asked.append(("search_more", None))

    def exit(self) -> None:
        self.asked.append(("exit", None))

    def close(self) -> None:
        self.asked.append(("close", None))


@dataclass
class Scene:
    """The client, whoever types, and the session that the test plays."""

    app: ChatApp
    pilot: Pilot[int]
    session: FakeSession

    async def until(self, condition: Callable[[], object], what: str = "it happens") -> None:
        """Wait for a condition, 10 s at most."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what}; the screen:\n{self.screen()}"
            await self.pilot.pause(0.01)

    async def tell(self, *told: events.Event) -> None:
        """Have the session tell something, and wait until it is on the screen."""
        for event in told:
            self.session.tell(event)
        await self.until(lambda: not self.app.feed.waiting, "all that was told is shown")
        await self.pilot.pause()

    async def enter(self, text: str) -> None:
        """Type a line and Enter."""
        await self.pilot.press(*(_KEYS.get(char, char) for char in text), "enter")
        await self.pilot.pause()

    def screen(self) -> str:
        """What is on the screen, widget by widget."""
        return "\n".join(
            shown(widget) for widget in self.app.screen.query("*") if widget.display and not widget.children
        )

    def posted(self) -> list[str]:
        """The texts that were posted."""
        return [text for what, text in self.session.asked if what == "post"]

    def asked(self, what: str) -> list[Any]:
        """What it was asked for of a kind."""
        return [argument for each, argument in self.session.asked if each == what]

    @property
    def room(self) -> RoomScreen:
        assert isinstance(self.app.screen, RoomScreen)
        return self.app.screen


_KEYS = {" ": "space", "/": "slash", "\n": "ctrl+j"}


def shown(widget: Widget) -> str:
    """The rows of a widget as text."""
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (80, 24), name: str | None = None, local_time: bool = False
) -> AsyncIterator[Scene]:
    """The client at the question for the name."""
    settings = ClientSettings(amqp_url="amqp://nobody", name=name, local_time=local_time)
    sessions: list[FakeSession] = []

    def open_session(emit: Callable[[events.Event], None]) -> FakeSession:
        sessions.append(FakeSession(emit))
        return sessions[0]

    app = ChatApp(settings, open_session)
    async with app.run_test(size=size, notifications=True) as pilot:
        deadline = time.monotonic() + SECONDS
        while app.session is None:
            assert time.monotonic() < deadline, "there is a session"
            await asyncio.sleep(0.01)
        yield Scene(app, pilot, sessions[0])


@asynccontextmanager
async def joined(
    *history: events.MessageReceived, size: tuple[int, int] = (80, 24), local_time: bool = False
) -> AsyncIterator[Scene]:
    """The client in the room as alice; bob is there, and eve is not connected."""
    async with opened(size, "alice", local_time) as scene:
        await scene.tell(*history, events.Joined(name="alice", room="lobby"))
        await scene.tell(events.UsersListed(connected=("alice", "bob"), disconnected=("eve",)))
        yield scene


def in_the_room(
    play: Callable[[Scene], Awaitable[None]], *history: events.MessageReceived, size: tuple[int, int] = (80, 24)
) -> None:
    """Play in the room, with `joined`."""

    async def run() -> None:
        async with joined(*history, size=size) as scene:
            await play(scene)

    asyncio.run(run())


def said(text: str, user: str = "bob", at: int = NOON, sequence: int | None = None) -> events.MessageReceived:
    """Something said at noon."""
    return events.MessageReceived(at=at, user=user, text=text, sequence=sequence)

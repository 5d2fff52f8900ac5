"""The full-screen client with a session that the test plays."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from chat_client import events
from chat_client.fullscreen.app import ChatApp
from chat_client.fullscreen.room_screen import RoomScreen
from chat_client.places import Query
from chat_client.preferences_file import FILE, PreferenceStore
from chat_client.settings import ClientSettings
from chat_wire.names import name_key
from chat_wire.text import check_text

# Sunday, 22 November 2026, 12:00 UTC, in microseconds.
NOON = 1_795_348_800_000_000
MINUTE = 60_000_000
SECONDS = 10.0


class FakeSession:
    """A `ChatSession` that records requests. The test emits the events.

    Attributes:
        emit: Hands an event to the client.
        requests: The requests of the client, each with its argument.
    """

    def __init__(self, emit: Callable[[events.Event], None]) -> None:
        """Create a session without requests.

        Args:
            emit: Hands an event to the client.
        """
        self.emit = emit
        self.requests: list[tuple[str, Any]] = []
        self._sequence = itertools.count(1)

    def start(self) -> None:
        """Record the request."""
        self.requests.append(("start", None))

    def join(self, name: str, *, quiet: bool = False) -> None:
        """Check the name and record the request."""
        name_key(name)
        self.requests.append(("join quietly" if quiet else "join", name))

    def post(self, text: str) -> int:
        """Check the text, record the request, and return the next sequence."""
        check_text(text)
        self.requests.append(("post", text))
        return next(self._sequence)

    def users(self) -> None:
        """Record the request."""
        self.requests.append(("users", None))

    def my_messages(self) -> None:
        """Record the request."""
        self.requests.append(("my_messages", None))

    def history(self, query: Query) -> None:
        """Record the request."""
        self.requests.append(("history", query))

    def search(self, words: str) -> None:
        """Record the request."""
        self.requests.append(("search", words))

    def search_more(self) -> None:
        """Record the request."""
        self.requests.append(("search_more", None))

    def exit(self) -> None:
        """Record the request."""
        self.requests.append(("exit", None))

    def close(self) -> None:
        """Record the request."""
        self.requests.append(("close", None))


@dataclass
class ChatDriver:
    """The means of a test to drive the client: its keys, its session, and its screen."""

    app: ChatApp
    pilot: Pilot[int]
    session: FakeSession

    async def until(self, condition: Callable[[], object], what: str = "it happens") -> None:
        """Wait for a condition, 10 s at most."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what}; the screen:\n{self.screen()}"
            await self.pilot.pause(0.01)

    async def emit(self, *emitted: events.Event) -> None:
        """Emit events of the session, and wait until the screen shows them."""
        for event in emitted:
            self.session.emit(event)
        await self.until(lambda: not self.app.feed.size, "the client shows all events")
        await self.pilot.pause()

    async def enter(self, text: str) -> None:
        """Type a text and press Enter."""
        await self.pilot.press(*(_KEYS.get(char, char) for char in text), "enter")
        await self.pilot.pause()

    def screen(self) -> str:
        """Return the text on the screen, widget by widget."""
        return "\n".join(
            widget_text(widget) for widget in self.app.screen.query("*") if widget.display and not widget.children
        )

    def posted(self) -> list[str]:
        """Return the texts that the client posted."""
        return self.requests("post")

    def requests(self, method: str) -> list[Any]:
        """Return the arguments of the requests of one method."""
        return [argument for each, argument in self.session.requests if each == method]

    @property
    def room(self) -> RoomScreen:
        """The screen of the room, which must be in front."""
        assert isinstance(self.app.screen, RoomScreen)
        return self.app.screen


_KEYS = {" ": "space", "/": "slash", "\n": "ctrl+j"}


def widget_text(widget: Widget) -> str:
    """Return the rows of a widget as text."""
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


@asynccontextmanager
async def open_client(
    size: tuple[int, int] = (80, 24), name: str | None = None, local_time: bool = False, state: Path | None = None
) -> AsyncIterator[ChatDriver]:
    """Open the client at the question for the name. `state` is where it remembers things; by default it forgets all."""
    settings = ClientSettings(amqp_url="amqp://nobody", name=name, local_time=local_time)
    sessions: list[FakeSession] = []

    def open_session(emit: Callable[[events.Event], None]) -> FakeSession:
        sessions.append(FakeSession(emit))
        return sessions[0]

    with TemporaryDirectory(ignore_cleanup_errors=True) as forgotten:
        given = {"local_time": True} if local_time else {}
        preferences = PreferenceStore((state or Path(forgotten)) / FILE, **given)
        app = ChatApp(settings, open_session, state or Path(forgotten), preferences)
        async with app.run_test(size=size, notifications=True) as pilot:
            deadline = time.monotonic() + SECONDS
            while app.session is None:
                assert time.monotonic() < deadline, "there is a session"
                await asyncio.sleep(0.01)
            yield ChatDriver(app, pilot, sessions[0])
        app.save_draft()  # as the client does when it ends


@asynccontextmanager
async def join_room(
    *history: events.MessageReceived,
    size: tuple[int, int] = (80, 24),
    local_time: bool = False,
    state: Path | None = None,
) -> AsyncIterator[ChatDriver]:
    """Open the client in the room as alice. bob is connected, and eve is disconnected."""
    async with open_client(size, "alice", local_time, state) as chat:
        await chat.emit(*history, events.Joined(name="alice", room="lobby"))
        await chat.emit(events.UsersListed(connected=("alice", "bob"), disconnected=("eve",)))
        yield chat


def run_in_room(
    steps: Callable[[ChatDriver], Awaitable[None]], *history: events.MessageReceived, size: tuple[int, int] = (80, 24)
) -> None:
    """Run steps in the room that `join_room` opens."""

    async def run() -> None:
        async with join_room(*history, size=size) as chat:
            await steps(chat)

    asyncio.run(run())


def message(text: str, user: str = "bob", at: int = NOON, sequence: int | None = None) -> events.MessageReceived:
    """Return a message, sent at noon unless `at` says otherwise."""
    return events.MessageReceived(at=at, user=user, text=text, sequence=sequence)

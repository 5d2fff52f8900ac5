"""The view of the room alone on a screen, with a room and an archive in memory."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from chat_client.fullscreen.room_view import RoomView
from chat_client.places import Query
from testkit.fake_archive import FakeArchive
from testkit.transcript_app import SIZE

FIRST_PAGE = 50


class RoomApp(App[None]):
    """An app of anna, who has joined a room. The archive answers her queries, unless the test holds the answers back.

    Attributes:
        view: The view of the room.
        archive: The room and its archive.
        page: How many messages a page of the archive has.
        asked: The queries, in order.
        held: The queries to answer later; None to answer at once.
        nothing_found: How often there was no message to go to.
    """

    def __init__(self, said: int, page: int = 100) -> None:
        """Create the app.

        Args:
            said: How many messages the room has.
            page: How many messages a page of the archive has.
        """
        super().__init__()
        self.view = RoomView(beginning="the room begins here", id="transcript")
        self.view.own_name = "anna"
        self.archive = FakeArchive(said)
        self.page = page
        self.asked: list[Query] = []
        self.held: list[Query] | None = None
        self.nothing_found = 0

    def compose(self) -> ComposeResult:
        """Lay out the view, and a field that has the focus at first."""
        yield Input()
        yield self.view

    def on_mount(self) -> None:
        """Join the room."""
        self.view.add(self.archive.newest(FIRST_PAGE))

    def on_room_view_history_wanted(self, event: RoomView.HistoryWanted) -> None:
        """Answer a query."""
        self.asked.append(event.query)
        if self.held is None:
            self.answer(event.query)
        else:
            self.held.append(event.query)

    def on_room_view_nothing_found(self) -> None:
        """Count the event."""
        self.nothing_found += 1

    def answer(self, query: Query) -> None:
        """Give the view the archive's answer."""
        self.view.list_history(self.archive.answer(query, self.page))

    def say(self, count: int) -> None:
        """Let messages arrive, which the archive records."""
        self.view.add(self.archive.say(count))
        self.archive.recorded = len(self.archive.said)


RoomSteps = Callable[[RoomApp, Pilot[None]], Awaitable[None]]


def run_room(steps: RoomSteps, said: int, page: int = 100) -> None:
    """Run steps in a room with some messages."""

    async def run() -> None:
        app = RoomApp(said, page)
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await steps(app, pilot)

    asyncio.run(run())


async def settled(pilot: Pilot[None]) -> None:
    """Wait until queries are answered and shown."""
    for _turn in range(3):
        await pilot.pause()


def numbers(view: RoomView) -> list[int]:
    """Return the numbers of the messages in view, from top to bottom."""
    shown = (view.render_line(y).text for y in range(view.size.height))
    return [int(found[1]) for row in shown if (found := re.search(r"message (\d+)", row))]

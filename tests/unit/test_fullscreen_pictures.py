"""The look of the client in its main states.

After an intended change run `pytest tests/unit/test_fullscreen_pictures.py --snapshot-update`, and look at each picture
that has changed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.image import SVGImageSnapshotExtension
from textual.events import AppBlur

from chat_client import events
from chat_client.fullscreen import clock
from chat_client.language import use_language
from testkit.fake_session import MINUTE, NOON, ChatDriver, join_room, message, open_client
from testkit.picture import picture

DAY = 24 * 60 * MINUTE
HISTORY = (
    message("has anybody seen the build of last night?", "eve", NOON - DAY),
    message("it went through, after the second router was started again. Have a look: https://example.org/42", "bob"),
    message("/me reads", "eve", NOON + MINUTE),
    message("two things:\n  the queue is empty\n  nothing was lost", "bob", NOON + 2 * MINUTE),
    message(
        "\x1b[31mnot red [b]nor bold[/b] \N{RIGHT-TO-LEFT OVERRIDE}nor turned",
        "mallory-of-the-long-name",
        NOON + 3 * MINUTE,
    ),
    message("alice, would you look too?", "zoë", NOON + 4 * MINUTE),
)
Steps = Callable[[ChatDriver], Awaitable[None]]


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON + 5 * MINUTE)
    monkeypatch.setattr(clock, "steady", lambda: 0.0)


@pytest.fixture
def looks(snapshot: SnapshotAssertion) -> Callable[[str], None]:
    svg = snapshot.use_extension(SVGImageSnapshotExtension)

    def check(shown: str) -> None:
        assert shown == svg

    return check


@pytest.fixture
def in_spanish() -> Iterator[None]:
    use_language({"LANG": "es_ES.UTF-8"})
    yield
    use_language({})


def room(steps: Steps | None = None, *, size: tuple[int, int] = (80, 24)) -> str:
    async def run() -> str:
        async with join_room(*HISTORY, size=size) as chat:
            if steps:
                await steps(chat)
            await chat.pilot.pause()
            return picture(chat.app)

    return asyncio.run(run())


def name_screen(**refused: Any) -> str:
    async def run() -> str:
        async with open_client() as chat:
            if refused:
                await chat.enter("bob")
                await chat.emit(events.NameRefused(**refused))
            await chat.pilot.pause()
            return picture(chat.app)

    return asyncio.run(run())


def test_the_question_for_the_name(looks: Callable[[str], None]) -> None:
    looks(name_screen())


def test_a_refused_name(looks: Callable[[str], None]) -> None:
    looks(name_screen(text="bob is taken: choose another name"))


def test_the_room(looks: Callable[[str], None]) -> None:
    looks(room(size=(100, 30)))


def test_the_room_on_a_small_terminal(looks: Callable[[str], None]) -> None:
    looks(room(size=(40, 12)))


def test_new_messages(looks: Callable[[str], None]) -> None:
    async def steps(chat: ChatDriver) -> None:
        chat.app.post_message(AppBlur())
        await chat.pilot.pause()
        await chat.emit(message("this came while you were away", at=NOON + 5 * MINUTE))

    looks(room(steps))


async def lose(chat: ChatDriver) -> None:
    await chat.enter("is this on its way?")
    await chat.enter("too much")
    await chat.emit(
        events.Delayed(sequence=1, text=""),
        events.NotSent(sequence=2, text="", reason="you send too fast: wait a moment"),
        events.ConnectionLost(broker="host:5672"),
    )
    await chat.enter("this waits")


def test_a_lost_connection_with_waiting_and_refused_messages(looks: Callable[[str], None]) -> None:
    looks(room(lose))


def test_help(looks: Callable[[str], None]) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("f1")

    looks(room(steps, size=(90, 30)))


def test_search_results(looks: Callable[[str], None]) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search build")
        await chat.emit(events.SearchListed(words="build", messages=HISTORY[:1], more=False))

    looks(room(steps))


def test_a_chosen_message(looks: Callable[[str], None]) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("f6", "up")

    looks(room(steps))


def test_light_colours(looks: Callable[[str], None]) -> None:
    async def steps(chat: ChatDriver) -> None:
        chat.app.theme = "textual-light"
        await chat.pilot.pause()

    looks(room(steps))


@pytest.mark.usefixtures("in_spanish")
def test_a_lost_connection_in_spanish(looks: Callable[[str], None]) -> None:
    looks(room(lose))

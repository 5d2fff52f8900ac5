"""The line "new" stands where the person stopped reading, over restarts, whatever the terminal reports."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.events import AppBlur, AppFocus

from chat_client import events
from chat_client.fullscreen import clock
from chat_client.fullscreen.attention import AWAY_SECONDS, Attention
from chat_client.fullscreen.members import MemberList
from chat_client.fullscreen.room_view import RoomView
from chat_client.places import Newer, Place
from testkit.fake_archive import IN_A_BATCH, FakeArchive
from testkit.fake_session import ChatDriver, join_room


class Clock:
    """A steady clock that the test moves."""

    def __init__(self) -> None:
        """Start at some time."""
        self.seconds = 1_000.0


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "steady", lambda: made.seconds)
    return made


def run(steps: Callable[[ChatDriver], Awaitable[None]], state: Path, archive: FakeArchive) -> None:
    """Join the room with its newest 50 messages, run steps, and leave as the client does."""

    async def session() -> None:
        async with join_room(*archive.newest(50), size=(110, 24), state=state) as chat:
            await steps(chat)
            chat.app.save_draft()

    asyncio.run(session())


async def nothing(_chat: ChatDriver) -> None:
    """Only look at the room."""


def transcript(chat: ChatDriver) -> list[str]:
    view = chat.app.screen.query_one(RoomView)
    assert chat.app.screen.query_one(MemberList)
    return [view.render_line(y).text.strip() for y in range(view.size.height)]


def below_the_line(chat: ChatDriver) -> str:
    """Return the first message below the line "new", or nothing without that line."""
    rows = transcript(chat)
    at = next((at for at, row in enumerate(rows) if "── new ──" in row), len(rows))
    return next((row for row in rows[at:] if "message" in row), "")


def record(archive: FakeArchive, count: int, user: str = "bob") -> None:
    archive.say(count, user)
    archive.recorded = len(archive.said)


async def answer_all(chat: ChatDriver, archive: FakeArchive) -> None:
    answers = 0
    while answers < len(chat.requests("history")):
        asked = chat.requests("history")[answers:]
        answers += len(asked)
        await chat.emit(*map(archive.answer, asked))


def test_the_line_stands_where_the_last_run_ended(tmp_path: Path) -> None:
    archive = FakeArchive(100)
    run(nothing, tmp_path, archive)
    record(archive, 2, "alice")
    record(archive, 3)

    async def steps(chat: ChatDriver) -> None:
        assert below_the_line(chat).endswith("message 102")
        assert "message 104" in chat.screen()

    run(steps, tmp_path, archive)
    run(no_line, tmp_path, archive)


async def no_line(chat: ChatDriver) -> None:
    assert below_the_line(chat) == ""


def test_a_first_visit_has_no_line(tmp_path: Path) -> None:
    run(no_line, tmp_path, FakeArchive(100))


def test_the_room_opens_at_the_line_when_more_than_a_screen_is_unread(tmp_path: Path) -> None:
    archive = FakeArchive(100)
    run(nothing, tmp_path, archive)
    record(archive, 40)

    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.pause()
        rows = transcript(chat)
        assert "── new ──" in rows[0]
        assert rows[1].endswith("message 100")
        assert "new" in chat.screen().splitlines()[-1]
        await chat.pilot.press("ctrl+end")
        await chat.pilot.pause()
        assert "message 139" in chat.screen()

    run(steps, tmp_path, archive)


def test_the_room_opens_at_a_line_that_is_far_from_the_newest_message(tmp_path: Path) -> None:
    archive = FakeArchive(1_000)
    run(nothing, tmp_path, archive)
    record(archive, 2_000)

    async def steps(chat: ChatDriver) -> None:
        await chat.until(lambda: Newer(Place(*divmod(999, IN_A_BATCH))) in chat.requests("history"), "it asks")
        await answer_all(chat, archive)
        rows = transcript(chat)
        assert "── new ──" in rows[0]
        assert rows[1].endswith("message 1000")
        below = chat.app.screen.query_one(RoomView).new_below
        assert below == 2_000 - sum("message" in row for row in rows)
        await chat.emit(*archive.say(1))
        assert chat.app.screen.query_one(RoomView).new_below == below + 1
        await chat.pilot.press("ctrl+end")
        await chat.pilot.pause()
        assert "message 3000" in chat.screen()

    run(steps, tmp_path, archive)


def test_a_line_out_of_reach_is_replaced_by_how_many_messages_are_unread(tmp_path: Path) -> None:
    archive = FakeArchive(1_000)
    run(nothing, tmp_path, archive)
    record(archive, 2_000)

    async def steps(chat: ChatDriver) -> None:
        await chat.until(lambda: Newer(Place(*divmod(999, IN_A_BATCH))) in chat.requests("history"), "it asks")
        query = Newer(Place(*divmod(999, IN_A_BATCH)))
        await chat.emit(events.HistoryListed(query=query, messages=(), more=True, failed=True))
        assert "more than 50 messages are unread" in chat.screen()
        assert "message 2999" in chat.screen()

    run(steps, tmp_path, archive)


def test_what_was_never_in_view_is_not_read(tmp_path: Path) -> None:
    archive = FakeArchive(100)

    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("pageup", "pageup")
        await chat.emit(*archive.say(3))
        archive.recorded = len(archive.said)
        await chat.pilot.press("x")

    run(steps, tmp_path, archive)

    async def again(chat: ChatDriver) -> None:
        assert below_the_line(chat).endswith("message 100")

    run(again, tmp_path, archive)


def test_without_focus_reports_a_person_who_does_nothing_has_stopped_reading(tmp_path: Path, steady: Clock) -> None:
    archive = FakeArchive(100)

    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("x")
        await chat.emit(*archive.say(1))
        assert below_the_line(chat) == ""
        steady.seconds += AWAY_SECONDS
        await chat.emit(*archive.say(1))
        await chat.emit(*archive.say(1))
        assert below_the_line(chat).endswith("message 101")
        archive.recorded = len(archive.said)

    run(steps, tmp_path, archive)

    async def again(chat: ChatDriver) -> None:
        assert below_the_line(chat).endswith("message 101")
        await chat.pilot.press("x")
        steady.seconds += AWAY_SECONDS
        await chat.emit(*archive.say(1))
        assert below_the_line(chat).endswith("message 103")
        archive.recorded = len(archive.said)
        await chat.pilot.press("x")

    run(again, tmp_path, archive)
    run(no_line, tmp_path, archive)


def test_with_focus_reports_only_a_terminal_in_front_is_read(tmp_path: Path, steady: Clock) -> None:
    archive = FakeArchive(100)

    async def steps(chat: ChatDriver) -> None:
        chat.app.post_message(AppBlur())
        await chat.pilot.pause()
        chat.app.post_message(AppFocus())
        await chat.pilot.pause()
        steady.seconds += 10 * AWAY_SECONDS
        await chat.emit(*archive.say(1))
        chat.app.post_message(AppBlur())
        await chat.pilot.pause()
        await chat.emit(*archive.say(2))
        assert below_the_line(chat).endswith("message 101")
        archive.recorded = len(archive.said)

    run(steps, tmp_path, archive)

    async def again(chat: ChatDriver) -> None:
        assert below_the_line(chat).endswith("message 101")

    run(again, tmp_path, archive)


def test_attention_follows_the_focus_once_it_is_reported() -> None:
    attention = Attention(0.0)
    assert attention.present(AWAY_SECONDS - 1)
    assert not attention.present(AWAY_SECONDS)
    attention.act(100.0)
    assert attention.present(100.0 + AWAY_SECONDS - 1)
    attention.report_focus(False)
    assert not attention.present(100.0)
    attention.report_focus(True)
    assert attention.present(100_000.0)

"""Going elsewhere in the room: to a day, to a result of a search, to the oldest message, and back."""

from dataclasses import replace

from chat_client import events
from chat_client.fullscreen.room_screen import RoomScreen
from chat_client.places import OLDEST, From, Newer, Older, Query, Since
from testkit.fake_archive import AT, FakeArchive
from testkit.fake_session import ChatDriver, run_in_room

DAY = 86_400_000_000
ARCHIVE = FakeArchive(3_000)


async def answered(chat: ChatDriver, query: Query) -> None:
    """Answer this query and those that follow from the answer."""
    await chat.until(lambda: query in chat.requests("history"), f"the client asks {query}")
    answers = 0
    while answers < len(chat.requests("history")):
        asked = chat.requests("history")[answers:]
        answers += len(asked)
        await chat.emit(*map(ARCHIVE.answer, asked))


def test_go_shows_the_first_message_of_a_time_and_escape_returns() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/go 2026-11-22 16:00")
        await answered(chat, Since(AT + 24 * 60_000_000))
        assert "message 1440" in chat.screen()
        assert "message 2999" not in chat.screen()
        await chat.pilot.press("escape")
        await chat.pilot.pause()
        assert "message 2999" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50))


def test_the_name_of_a_run_does_not_hide_the_message_to_which_a_person_goes() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/go 2026-11-22 16:02")
        await answered(chat, Since(AT + 26 * 60_000_000))
        assert "message 1560" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50), size=(40, 24))


def test_a_day_that_is_none_is_refused_with_an_example() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/go tomorrow")
        assert "tomorrow is not a day: type /go 2026-11-20" in chat.screen()
        assert not any(isinstance(query, Since) for query in chat.requests("history"))

    run_in_room(steps, size=(140, 24))


def test_a_day_after_the_newest_message_is_said_to_have_none() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/go 2026-11-30")
        await answered(chat, Since(AT - AT % DAY + 8 * DAY))
        assert "no message is as late as that" in chat.screen()
        assert "message 2999" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50))


def test_a_person_goes_to_a_time_at_which_a_hidden_person_spoke() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/ignore eve")
        await chat.enter("/go 2026-11-22 16:00")
        asked = Since(AT + 24 * 60_000_000)
        first, *others = ARCHIVE.answer(asked).messages
        await chat.until(lambda: asked in chat.requests("history"), "the client asks for that time")
        await chat.emit(events.HistoryListed(query=asked, messages=(replace(first, user="eve"), *others), more=True))
        older = chat.requests("history")[-1]
        assert isinstance(older, Older)
        await chat.emit(ARCHIVE.answer(older))
        assert "message 1441" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50))


def test_enter_on_a_result_goes_to_it_in_the_room_with_what_stands_around_it() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search 1500")
        found = ARCHIVE.answer(From(1_501), 2).messages
        await chat.emit(events.SearchListed(words="1500", messages=found, more=False))
        assert "Enter goes there" in str(chat.app.screen.query_one("#results").border_subtitle)
        await chat.pilot.press("up", "enter")
        await answered(chat, From(1_501))
        assert isinstance(chat.app.screen, RoomScreen)
        assert (chat.app.screen.get_selected_text() or "").strip().endswith("message 1500")
        for around in (1_495, 1_499, 1_501, 1_505):
            assert f"message {around}" in chat.screen()

        await chat.pilot.press("ctrl+end")
        await chat.pilot.pause()
        assert "message 2999" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50))


def test_ctrl_home_shows_the_oldest_message_of_the_room() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+home")
        await answered(chat, OLDEST)
        assert "the room begins here" in chat.screen()
        assert "message 0\n" in chat.screen()
        assert not any(isinstance(query, Newer) for query in chat.requests("history"))
        await chat.enter("hello")
        assert "┊ hello" in chat.screen()
        assert "message 2999" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50))


def test_what_a_command_says_is_seen_far_from_the_newest_message() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+home")
        await answered(chat, OLDEST)
        await chat.enter("/go nowhere")
        await chat.until(lambda: len(chat.app._notifications) == 1, "there is a notification")
        assert "message 0\n" in chat.screen()

    run_in_room(steps, *ARCHIVE.newest(50))

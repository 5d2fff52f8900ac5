"""Leaving from the full-screen client: its keys, its exit status, and its last words."""

import pytest

from chat_client import events
from chat_client.fullscreen.run import exit_messages
from testkit.fake_session import ChatDriver, message, run_in_room
from testkit.picture import picture


def test_ctrl_q_waits_for_the_session_and_pressed_again_exits_at_once() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+q")
        await chat.pilot.pause()
        assert chat.requests("exit") == [None]
        assert chat.app.is_running
        await chat.pilot.press("ctrl+q")
        await chat.until(lambda: not chat.app.is_running)
        assert chat.app.return_value == 130

    run_in_room(steps)


@pytest.mark.parametrize(("freed", "status"), [(True, 0), (False, 1)])
def test_the_end_of_the_session_ends_the_client(freed: bool, status: int) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/exit")
        chat.session.emit(events.Ended(text="bye", freed=freed))
        await chat.until(lambda: not chat.app.is_running)
        assert chat.app.return_value == status

    run_in_room(steps)


def test_refused_posts_that_remain_are_named_at_the_end() -> None:
    async def steps(chat: ChatDriver) -> None:
        for sequence, text in enumerate(["one", "two", "three"], 1):
            await chat.enter(text)
            await chat.emit(events.NotSent(sequence=sequence, text=text, reason="slow down"))
        await chat.pilot.press("f2")
        await chat.emit(message("one", "alice", sequence=4))
        await chat.pilot.press("f3")
        await chat.enter("four")
        chat.session.emit(events.Ended(text="the session is over", freed=False))
        await chat.until(lambda: not chat.app.is_running)
        chat.session.emit(events.NotSent(sequence=5, text="four", reason="it did not come back"))
        assert exit_messages(chat.app) == [
            "not sent: three (slow down)",
            "not sent: four (it did not come back)",
            "the session is over",
        ]

    run_in_room(steps)


def test_ctrl_c_without_a_selection_explains_how_to_leave() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+c")
        await chat.until(lambda: "Ctrl+Q&#160;leaves" in picture(chat.app), "it says how to leave")
        assert chat.app.is_running

    run_in_room(steps)

"""The question for the name, over a fake session."""

import asyncio

from textual.events import Key, Paste
from textual.widgets import Input

from chat_client import events
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.name_screen import NameScreen
from testkit.fake_session import message, open_client


def test_the_client_asks_for_the_name_and_then_shows_the_room() -> None:
    async def run() -> None:
        async with open_client() as chat:
            assert isinstance(chat.app.screen, NameScreen)
            await chat.enter("alice")
            assert chat.requests("join") == ["alice"]
            await chat.emit(message("good morning"), events.Joined(name="alice", room="lobby"))
            assert "good morning" in chat.screen()
            assert "you are alice in lobby" in chat.screen()

    asyncio.run(run())


def test_a_refused_name_is_explained_and_another_can_be_typed() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.enter("bob")
            await chat.emit(events.NameRefused(text="bob is taken: choose another name"))
            assert "bob is taken" in chat.screen()
            await chat.pilot.press("backspace", "backspace", "backspace")
            await chat.enter("alice")
            assert chat.requests("join") == ["bob", "alice"]

    asyncio.run(run())


def test_an_invalid_name_is_refused_without_a_request() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.enter("a b")
            assert chat.requests("join") == []
            assert isinstance(chat.app.screen, NameScreen)
            assert "name" in chat.screen()

    asyncio.run(run())


def test_the_name_screen_shows_what_joining_waits_for() -> None:
    async def run() -> None:
        async with open_client(name="alice") as chat:
            await chat.emit(events.Waiting(text="waiting for the broker at host:5672"))
            assert "waiting for the broker" in chat.screen()
            await chat.emit(events.WaitingOver())
            assert "waiting for the broker" not in chat.screen()
            assert "joining" in chat.screen()

    asyncio.run(run())


def test_the_name_screen_still_shows_the_wait_after_the_name_is_typed() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.emit(events.Waiting(text="waiting for the broker at host:5672"))
            await chat.enter("alice")
            assert "waiting for the broker" in chat.screen()
            await chat.emit(events.NameRefused(text="alice is taken: choose another name"))
            await chat.enter("x")
            assert "waiting for the broker" not in chat.screen()
            assert "joining" in chat.screen()

    asyncio.run(run())


def test_one_key_moves_over_a_cluster_of_the_name_or_deletes_it() -> None:
    async def run() -> None:
        async with open_client() as chat:
            field = chat.app.screen.query_one(Input)
            field.insert("ae\u0301b", 0)
            await chat.pilot.press("left", "backspace", "right")
            assert (field.value, field.cursor_position) == ("ab", 2)
            field.insert("e\u0301", 1)
            await chat.pilot.press("home", "right", "delete", "shift+left", "c")
            assert field.value == "cb"

    asyncio.run(run())


def test_what_is_typed_before_the_room_is_there_becomes_the_draft() -> None:
    async def run() -> None:
        async with open_client() as chat:
            for char in "alice\rhellp":  # all in one read: the first letters reach the input, before it is disabled
                chat.app.post_message(Key("enter" if char == "\r" else char, char))
            await chat.until(lambda: chat.requests("join") == ["alice"], "the name is chosen")
            await chat.pilot.press("backspace", *"o all", "enter")
            chat.app.post_message(Paste("and more"))
            await chat.pilot.pause()
            await chat.emit(events.Joined(name="alice", room="lobby"))
            composer = chat.room.query_one(Composer)
            assert composer.text == "hello all\nand more"
            assert chat.posted() == []
            await chat.pilot.press("!", "enter")
            assert chat.posted() == ["hello all\nand more!"]

    asyncio.run(run())


def test_after_a_refusal_the_keys_are_for_the_name_again() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.enter("bob")
            await chat.pilot.press("x")
            await chat.emit(events.NameRefused(text="bob is taken: choose another name"))
            await chat.enter("2")
            assert chat.requests("join") == ["bob", "bob2"]
            await chat.emit(events.Joined(name="bob2", room="lobby"))
            assert chat.room.query_one(Composer).text == "x"

    asyncio.run(run())

"""Results of searches and lists of a person's own messages, over the room."""

import pytest

from chat_client import events
from chat_client.fullscreen.results_screen import ResultsScreen
from testkit.fake_session import ChatDriver, message, run_in_room
from testkit.picture import picture


def test_a_search_shows_its_results_over_the_room() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search lost keys")
        assert chat.requests("search") == ["lost keys"]
        await chat.emit(events.SearchListed(words="lost keys", messages=(message("my keys are lost"),), more=False))
        assert isinstance(chat.app.screen, ResultsScreen)
        assert "my keys are lost" in chat.screen()
        await chat.pilot.press("escape")
        await chat.pilot.pause()
        assert "my keys are lost" not in chat.screen()

    run_in_room(steps)


def test_older_results_are_requested_at_the_top() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search hi")
        await chat.emit(events.SearchListed(words="hi", messages=(message("hi 2"),), more=True))
        await chat.until(lambda: chat.requests("search_more"), "the client requests more")
        await chat.emit(events.SearchListed(words="hi", messages=(message("hi 1"),), more=False))
        assert chat.screen().index("hi 1") < chat.screen().index("hi 2")

    run_in_room(steps)


def test_my_messages_are_shown_as_they_arrive() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/mymsgs")
        assert chat.requests("my_messages") == [None]
        await chat.emit(events.MyMessagesListed(messages=(message("one", "alice"),)))
        await chat.emit(events.MyMessagesListed(messages=(message("two", "alice"),), total=2))
        assert chat.screen().index("one") < chat.screen().index("two")

    run_in_room(steps)


def test_an_answer_to_an_earlier_question_is_not_shown() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/mymsgs")
        await chat.pilot.press("escape")
        await chat.enter("/search keys")
        await chat.emit(events.MyMessagesListed(messages=(message("mine", "alice"),), total=1))
        await chat.emit(events.SearchListed(words="lost", messages=(message("it is lost"),), more=False))
        await chat.emit(events.SearchListed(words="keys", messages=(message("my keys"),), more=False))
        assert "my keys" in chat.screen()
        assert "mine" not in chat.screen()
        assert "it is lost" not in chat.screen()

    run_in_room(steps)


def test_my_messages_are_complete_when_closed_and_opened_again() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/mymsgs")
        await chat.emit(events.MyMessagesListed(messages=(message("one", "alice"),)))
        await chat.pilot.press("escape")
        await chat.emit(events.MyMessagesListed(messages=(message("two", "alice"),)))
        await chat.enter("/mymsgs")
        await chat.emit(events.MyMessagesListed(messages=(message("three", "alice"),), total=3))
        assert [chat.screen().count(each) for each in ("one", "two", "three")] == [1, 1, 1]
        assert chat.requests("my_messages") == [None]

        await chat.pilot.press("escape")
        await chat.enter("/mymsgs")
        assert chat.requests("my_messages") == [None, None]
        assert "one" not in chat.screen()

    run_in_room(steps)


def test_my_messages_can_be_requested_again_after_a_failure() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/mymsgs")
        await chat.emit(events.MyMessagesListed(messages=(message("one", "alice"),)))
        await chat.emit(events.Remark(text="the archive [does not] answer"))
        assert "the&#160;archive&#160;[does&#160;not]&#160;answer&#160;·" in picture(chat.app)
        await chat.pilot.press("escape")
        await chat.enter("/mymsgs")
        await chat.emit(events.MyMessagesListed(messages=(message("one", "alice"),), total=1))
        assert chat.screen().count("one") == 1

    run_in_room(steps)


def test_words_in_brackets_are_searched_for_and_shown_unchanged() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search [/x] [b]")
        await chat.emit(events.SearchListed(words="[/x] [b]", messages=(), more=False))
        assert chat.requests("search") == ["[/x] [b]"]
        assert "Search:&#160;[/x]&#160;[b]" in picture(chat.app)

    run_in_room(steps)


@pytest.mark.parametrize("key", ["up", "down", "enter", "pageup"])
def test_keys_do_nothing_in_an_empty_list_of_results(key: str) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search nothing")
        await chat.emit(events.SearchListed(words="nothing", messages=(), more=False))
        await chat.pilot.press(key)
        assert "no older messages" in chat.screen()

    run_in_room(steps)

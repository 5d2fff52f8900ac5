"""What is found by a search, and one's own messages, over the room."""

import pytest

from chat_client import events
from chat_client.fullscreen.results_screen import ResultsScreen
from testkit.fake_session import Scene, in_the_room, said
from testkit.picture import picture


def test_a_search_shows_what_is_found_over_the_room() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/search lost keys")
        assert scene.asked("search") == ["lost keys"]
        await scene.tell(events.SearchListed(words="lost keys", messages=(said("my keys are lost"),), more=False))
        assert isinstance(scene.app.screen, ResultsScreen)
        assert "my keys are lost" in scene.screen()
        await scene.pilot.press("escape")
        await scene.pilot.pause()
        assert "my keys are lost" not in scene.screen()

    in_the_room(play)


def test_older_finds_are_asked_for_at_the_top() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/search hi")
        await scene.tell(events.SearchListed(words="hi", messages=(said("hi 2"),), more=True))
        await scene.until(lambda: scene.asked("search_more"), "more is asked for")
        await scene.tell(events.SearchListed(words="hi", messages=(said("hi 1"),), more=False))
        assert scene.screen().index("hi 1") < scene.screen().index("hi 2")

    in_the_room(play)


def test_my_messages_are_shown_as_they_come() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/mymsgs")
        assert scene.asked("my_messages") == [None]
        await scene.tell(events.MineListed(messages=(said("one", "alice"),)))
        await scene.tell(events.MineListed(messages=(said("two", "alice"),), total=2))
        assert scene.screen().index("one") < scene.screen().index("two")

    in_the_room(play)


def test_an_answer_to_what_was_asked_before_is_not_shown_as_an_answer_to_this() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/mymsgs")
        await scene.pilot.press("escape")
        await scene.enter("/search keys")
        await scene.tell(events.MineListed(messages=(said("mine", "alice"),), total=1))
        await scene.tell(events.SearchListed(words="lost", messages=(said("it is lost"),), more=False))
        await scene.tell(events.SearchListed(words="keys", messages=(said("my keys"),), more=False))
        assert "my keys" in scene.screen()
        assert "mine" not in scene.screen()
        assert "it is lost" not in scene.screen()

    in_the_room(play)


def test_my_messages_closed_and_opened_again_are_all_there() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/mymsgs")
        await scene.tell(events.MineListed(messages=(said("one", "alice"),)))
        await scene.pilot.press("escape")
        await scene.tell(events.MineListed(messages=(said("two", "alice"),)))
        await scene.enter("/mymsgs")
        await scene.tell(events.MineListed(messages=(said("three", "alice"),), total=3))
        assert [scene.screen().count(each) for each in ("one", "two", "three")] == [1, 1, 1]
        assert scene.asked("my_messages") == [None]

        await scene.pilot.press("escape")
        await scene.enter("/mymsgs")
        assert scene.asked("my_messages") == [None, None]
        assert "one" not in scene.screen()

    in_the_room(play)


def test_my_messages_can_be_asked_for_again_when_the_archive_did_not_answer() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/mymsgs")
        await scene.tell(events.MineListed(messages=(said("one", "alice"),)))
        await scene.tell(events.Remark(text="the archive [does not] answer"))
        assert "the&#160;archive&#160;[does&#160;not]&#160;answer&#160;·" in picture(scene.app)
        await scene.pilot.press("escape")
        await scene.enter("/mymsgs")
        await scene.tell(events.MineListed(messages=(said("one", "alice"),), total=1))
        assert scene.screen().count("one") == 1

    in_the_room(play)


def test_words_in_brackets_are_searched_for_and_shown_as_they_are() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/search [/x] [b]")
        await scene.tell(events.SearchListed(words="[/x] [b]", messages=(), more=False))
        assert scene.asked("search") == ["[/x] [b]"]
        assert "Search:&#160;[/x]&#160;[b]" in picture(scene.app)

    in_the_room(play)


@pytest.mark.parametrize("key", ["up", "down", "enter", "pageup"])
def test_where_nothing_was_found_there_is_nothing_to_choose(key: str) -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/search nothing")
        await scene.tell(events.SearchListed(words="nothing", messages=(), more=False))
        await scene.pilot.press(key)
        assert "nothing older" in scene.screen()

    in_the_room(play)

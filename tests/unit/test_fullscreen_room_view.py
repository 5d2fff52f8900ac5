"""The view of the room: it goes anywhere in the history and comes back, in bounded memory."""

from textual.pilot import Pilot

from chat_client.events import MessageReceived
from chat_client.fullscreen.window import BOUND
from chat_client.places import OLDEST, From, Newer, Place, Since
from testkit.fake_archive import AT, IN_A_BATCH, SECOND
from testkit.room_app import RoomApp, numbers, run_room, settled


def held(app: RoomApp) -> int:
    conversation = app.view._conversation
    return conversation.end - conversation.first


def test_all_messages_of_a_large_room_are_read_up_and_down_each_once_in_bounded_memory() -> None:
    said = 3 * BOUND // 2

    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        shown, largest = numbers(app.view), 0
        while shown[0] > 0:
            app.view.scroll_relative(y=-min(1_900, app.view.scroll_offset.y), animate=False)
            await settled(pilot)
            largest = max(largest, held(app))
            shown = numbers(app.view)
            assert shown == list(range(shown[0], shown[0] + len(shown)))
        assert held(app) < BOUND + app.page

        app.say(500)
        await settled(pilot)
        assert numbers(app.view) == shown
        assert app.view.new_below == 500

        while shown[-1] < said + 499:
            last = shown[-1]
            app.view.action_page_down()
            app.view.scroll_relative(y=1_900, animate=False)
            await settled(pilot)
            largest = max(largest, held(app))
            shown = numbers(app.view)
            assert shown == list(range(shown[0], shown[0] + len(shown)))
            assert shown[-1] > last
        assert app.view.new_below == 0
        assert largest <= BOUND + app.page

        app.say(10)
        await settled(pilot)
        assert numbers(app.view)[-1] == said + 509

    run_room(steps, said, page=2_000)


def test_ctrl_home_shows_the_oldest_message_without_reading_all_and_ctrl_end_the_newest() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        asked = len(app.asked)
        app.view.go_to(OLDEST)
        await settled(pilot)
        assert "the room begins here" in app.view.render_line(0).text
        assert numbers(app.view)[0] == 0
        assert app.asked[asked:] == [OLDEST]
        assert app.view.away

        app.say(3)
        app.view.go_to_newest()
        await settled(pilot)
        assert numbers(app.view)[-1] == 5_002
        assert (app.view.new_below, app.view.away) == (0, False)
        app.say(1)
        await settled(pilot)
        assert numbers(app.view)[-1] == 5_003

    run_room(steps, 5_000)


def test_a_message_elsewhere_is_chosen_with_what_stands_around_it() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.go_to(From(2_001))
        await settled(pilot)
        assert app.view.screen.get_selected_text().strip().endswith("message 2000")  # type: ignore[union-attr]
        shown = numbers(app.view)
        assert shown.index(2_000) in range(8, 14)
        await pilot.press("up")
        assert app.view.screen.get_selected_text().strip().endswith("message 1999")  # type: ignore[union-attr]

    run_room(steps, 5_000)


def test_the_first_message_of_a_time_is_at_the_top() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.go_to(Since(AT + 1_234 * SECOND - SECOND // 2))
        await settled(pilot)
        assert numbers(app.view)[0] == 1_234
        app.view.action_page_up()
        await settled(pilot)
        assert numbers(app.view)[-1] == 1_234

        app.view.go_to(Since(AT + 6_000 * SECOND))
        await settled(pilot)
        assert app.nothing_found == 1
        assert numbers(app.view)[-1] == 1_234

    run_room(steps, 5_000)


def test_a_time_near_the_end_goes_on_with_the_live_room() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.go_to(Since(AT + 4_990 * SECOND))
        await settled(pilot)
        assert numbers(app.view)[-1] == 4_999
        assert not app.view.away
        app.say(2)
        await settled(pilot)
        assert numbers(app.view)[-1] == 5_001

    run_room(steps, 5_000)


def test_a_post_returns_to_the_newest_message() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.go_to(OLDEST)
        await settled(pilot)
        app.view.post(1, "mine", AT + 6_000 * SECOND)
        await settled(pilot)
        assert app.view.render_line(app.view.size.height - 1).text.strip().endswith("mine")
        assert numbers(app.view)[-1] == 4_999

    run_room(steps, 5_000)


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.held = []
        app.view.go_to(OLDEST)
        await settled(pilot)
        app.view.go_to_newest()
        for query in app.held:
            app.answer(query)
        await settled(pilot)
        assert numbers(app.view)[-1] == 4_999

    run_room(steps, 5_000)


def test_a_failed_page_of_newer_messages_is_asked_for_again_when_the_person_scrolls_down() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.go_to(From(2_001))
        await settled(pilot)
        app.archive.recorded = 1_000  # an archive that was restored, and has not caught up
        for _turn in range(8):
            app.view.action_page_down()
            await settled(pilot)
        failed = len(app.asked)
        app.say(1)
        await settled(pilot)
        assert len(app.asked) == failed
        app.archive.recorded = len(app.archive.said)
        app.view.action_page_down()
        await settled(pilot)
        assert len(app.asked) > failed
        app.view.action_page_down()
        await settled(pilot)
        assert numbers(app.view)[-1] > 2_100

    run_room(steps, 5_000)


def test_a_person_who_pages_down_from_the_line_new_passes_no_message_over() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.held = []
        app.view.go_to(Newer(Place(*divmod(299, IN_A_BATCH))))
        await settled(pilot)
        app.answer(app.asked[-1])
        await settled(pilot)
        shown = numbers(app.view)
        assert shown[0] == 300
        while shown[-1] != 549:
            app.view.action_page_down()
            await pilot.pause()
            for query in app.held:
                app.answer(query)
            app.held = []
            await settled(pilot)
            assert numbers(app.view)[0] <= shown[-1] + 1
            shown = numbers(app.view)
            assert app.view.new_below == 549 - shown[-1]

    run_room(steps, 550)


def test_a_chosen_message_that_is_dropped_is_not_chosen_any_more() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.focus()
        await pilot.press("up")
        assert chosen(app) == [app.archive.said[98]]
        app.say(BOUND + 500)
        await settled(pilot)
        assert chosen(app) == []
        await pilot.press("up", "enter")
        assert chosen(app) == [app.archive.said[-2]]

    run_room(steps, 100)


def chosen(app: RoomApp) -> list[MessageReceived]:
    return [app.view.chosen] if app.view.chosen else []


def test_a_view_without_height_remembers_no_more_than_its_window() -> None:
    async def steps(app: RoomApp, pilot: Pilot[None]) -> None:
        app.view.styles.height = 0
        await settled(pilot)
        assert app.view.size.height == 0
        for _turn in range(3):
            app.say(BOUND // 2)
            await settled(pilot)
        assert 0 < app.view.new_below <= held(app)

        app.view.styles.height = "1fr"
        await settled(pilot)
        assert app.view.new_below == 0

    run_room(steps, 100)

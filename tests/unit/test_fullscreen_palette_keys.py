"""Keys that arrive together while the palette opens or closes, as over a slow line."""

import pytest
from textual.events import Key

from testkit.fake_session import ChatDriver, run_in_room


@pytest.mark.parametrize(
    "keys",
    [
        ("ctrl+p", "escape") * 6,
        ("f1", "ctrl+p", "enter", "enter"),
        ("ctrl+p", "down", "pagedown", "pageup", "end", "home", "up", "enter"),
        ("ctrl+p", "pagedown") * 4,
    ],
)
def test_keys_that_arrive_together_do_not_end_the_client(keys: tuple[str, ...]) -> None:
    async def steps(chat: ChatDriver) -> None:
        for key in keys:
            chat.app.post_message(Key(key, None))
        await chat.pilot.pause()
        await chat.pilot.press("escape", "escape")
        await chat.enter("still here")
        await chat.until(lambda: chat.posted() == ["still here"], "the client lives")

    run_in_room(steps, size=(80, 24))

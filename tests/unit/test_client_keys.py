"""The table of keys, against the keys that the full screen binds."""

from textual.binding import Binding

from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.room_screen import RoomScreen
from chat_client.keys import KEYS


def test_each_function_and_control_key_of_the_table_is_bound() -> None:
    bindings = [*RoomScreen.BINDINGS, *Composer.BINDINGS]
    bound = {key for each in bindings if isinstance(each, Binding) for key in each.key.split(",")}
    bound |= {"ctrl+p", "ctrl+q"}  # Textual's own, which the app overrides by their actions
    named = {key.lower() for keys, _effect in KEYS for key in keys.split() if key[0] == "F" or key.startswith("Ctrl")}

    assert named <= bound

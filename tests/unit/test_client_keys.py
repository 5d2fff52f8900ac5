"""The table of keys, against the keys that the full screen binds."""

from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from chat_client.fullscreen import bindings
from chat_client.fullscreen.app import ChatApp
from chat_client.keys import KEYS

TEXTUAL_NAMES = {"↑": "up", "↓": "down", "pgup": "pageup", "pgdn": "pagedown", "esc": "escape"}
OURS = (bindings.ROOM, bindings.TRANSCRIPT, bindings.COMPOSER, bindings.RESULTS, bindings.HELP, bindings.PASTE)
EDITING = {each.action for each in TextArea.BINDINGS if isinstance(each, Binding)}


def keys_of(found: list[BindingType]) -> set[str]:
    """Return the keys that do something else than in any text area."""
    return {
        key for each in found if isinstance(each, Binding) and each.action not in EDITING for key in each.key.split(",")
    }


def bound() -> set[str]:
    """Return all keys that a person can press: those of the screens and widgets, and those of the app."""
    return keys_of([*(each for part in OURS for each in part), *ChatApp.BINDINGS]) | {ChatApp.COMMAND_PALETTE_BINDING}


def named() -> set[str]:
    """Return the keys of the table by their names in Textual."""
    written = {key.lower() for keys, _effect in KEYS for key in keys.split()}
    return {TEXTUAL_NAMES.get(key, key) for key in written}


def test_the_table_has_each_bound_key_and_no_other() -> None:
    assert named() == bound()

"""The key bindings of the full-screen client, by the screen or widget that has them."""

from textual.binding import Binding, BindingType
from textual.widgets import TextArea

# Keys of Textual's TextArea that do something else in the composer or belong to the screens. The others stay.
_REPLACED_IN_COMPOSER = {"up", "down", "delete,ctrl+d", "pageup", "pagedown", "f6", "f7"}


def _bind(keys: str, action: str) -> Binding:
    return Binding(keys, action, show=False)


ROOM: list[BindingType] = [
    _bind("f1", "help"),
    _bind("f2", "send_again"),
    _bind("f3", "discard"),
    _bind("f4", "toggle_members"),
    _bind("f6", "choose_message"),
    _bind("pageup", "page(-1)"),
    _bind("pagedown", "page(1)"),
    _bind("ctrl+end", "newest"),
    _bind("escape", "type"),
]
TRANSCRIPT: list[BindingType] = [
    _bind("up", "choose(-1)"),
    _bind("down", "choose(1)"),
    _bind("enter", "open_link"),
]
# Enter is not here: see Composer._on_key.
COMPOSER: list[BindingType] = [
    *(each for each in TextArea.BINDINGS if isinstance(each, Binding) and each.key not in _REPLACED_IN_COMPOSER),
    _bind("ctrl+j,shift+enter,alt+enter", "break_line"),
    _bind("tab", "complete(1)"),
    _bind("shift+tab", "complete(-1)"),
    _bind("up", "older"),
    _bind("down", "newer"),
    _bind("delete", "delete_right"),
    _bind("ctrl+d", "delete_right_or_leave"),
]
RESULTS: list[BindingType] = [
    _bind("escape,q", "dismiss"),
    _bind("pageup", "page(-1)"),
    _bind("pagedown", "page(1)"),
]
HELP: list[BindingType] = [_bind("escape,f1,q", "dismiss")]
PASTE: list[BindingType] = [_bind("enter", "dismiss(True)"), _bind("escape", "dismiss(False)")]

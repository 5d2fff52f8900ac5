"""Handling of keys in the order in which a person types them."""

import re

from textual.events import Key
from textual.widget import Widget

# Characters that are not printable, but parts of emoji, flags and words: the joiners (Persian needs one between
# letters) and the tags (UTS #51).
_JOINS = re.compile("[\u200c\u200d\U000e0020-\U000e007f]")


async def run_own_binding(widget: Widget, event: Key) -> bool:
    """Run the action that the widget itself binds to a key. Return False without such a binding.

    Textual looks for bindings only after the key has bubbled up to the screen, but inserts letters at once. When keys
    arrive together, as over a slow line, letters would overtake a Backspace typed before them.
    """
    letter = event.is_printable and not event.key.startswith("alt+")
    active = None if letter else widget.screen.active_bindings.get(event.key)
    if active is None or active.node is not widget or not await widget.app.run_action(active.binding.action, widget):
        return False
    event.stop()
    event.prevent_default()
    return True


def typed_text(event: Key) -> str:
    """Return the text that a key types, or an empty text for a key that does something else."""
    if event.character and (event.is_printable or _JOINS.fullmatch(event.character)):
        return event.character
    return ""

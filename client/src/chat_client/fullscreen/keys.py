"""Keys in the order in which they were typed."""

from textual.events import Key
from textual.widget import Widget


async def do_at_once(widget: Widget, event: Key) -> bool:
    """Carry out what a key is bound to in the widget itself; False if that is nothing.

    Textual looks for bindings only after the key has gone through all that the widget is in, and letters go in at once:
    of keys that arrive together, as over a slow line, letters would overtake a Backspace before them.
    """
    active = None if event.is_printable else widget.screen.active_bindings.get(event.key)
    if active is None or active.node is not widget or not await widget.app.run_action(active.binding.action, widget):
        return False
    event.stop()
    event.prevent_default()
    return True

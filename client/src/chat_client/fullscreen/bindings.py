"""The key bindings of the full-screen client, from the table of keys."""

from textual.binding import Binding, BindingType

from chat_client.keys import Where, rows


def at(where: Where) -> list[BindingType]:
    """Return the bindings of a widget or screen."""
    return [
        Binding(",".join(row.keys.split()), row.actions[where], show=False, priority=row.priority)
        for row in rows()
        if where in row.actions
    ]

"""The terminal's window: its title, and notifications on the desktop."""

from collections.abc import Callable

from chat_client.display import safe

# XTWINOPS, which the driver writes: the terminal keeps its title, and gets it back. Others ignore both.
KEEP_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
MAX_NOTIFICATION = 200


def title(room: str, unread: int) -> str:
    """Return the sequence that sets the title of the window.

    Args:
        room: The room's name.
        unread: How many messages the person has not seen.
    """
    text = f"#{safe(room)} · Tertulia"
    return f"\x1b]2;({unread}) {text}\x07" if unread else f"\x1b]2;{text}\x07"


def notification(kind: str, room: str, text: str) -> str:
    """Return the sequence that shows a notification.

    Args:
        kind: "osc9" (iTerm2, WezTerm, kitty) or "osc777" (urxvt, foot, VTE).
        room: The room's name, which begins the notification.
        text: What it says. Control characters become visible ones, and semicolons, which separate parts, commas.
    """
    shown = safe(text)[:MAX_NOTIFICATION]
    head = f"#{safe(room)}"
    return f"\x1b]9;{head} {shown}\x07" if kind == "osc9" else f"\x1b]777;notify;{head};{shown.replace(';', ',')}\x07"


def through_tmux(sequence: str) -> str:
    """Return a sequence as tmux passes it on, if its option allow-passthrough is on; it knows no notifications."""
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


class TerminalWindow:
    """Writes the title and notifications to the terminal."""

    def __init__(self, write: Callable[[str], None], *, in_tmux: bool) -> None:
        """Start without a title.

        Args:
            write: Writes a sequence to the terminal.
            in_tmux: Whether the terminal is tmux.
        """
        self._write = write
        self._in_tmux = in_tmux
        self._title = ""

    def show_title(self, room: str, unread: int) -> None:
        """Show the room and how many messages are unread, unless the title has that already."""
        before, self._title = self._title, title(room, unread)
        if self._title != before:
            self._write(self._title)

    def repeat_title(self) -> None:
        """Show the title again, which the driver has taken away."""
        self._write(self._title)

    def notify(self, kind: str, room: str, text: str) -> None:
        """Show a notification, as `notification` says."""
        sequence = notification(kind, room, text)
        self._write(through_tmux(sequence) if self._in_tmux else sequence)

"""The items of a transcript: messages, changes of presence, and lines of the client's own."""

from dataclasses import dataclass
from typing import NamedTuple

from chat_client.commands import action
from chat_client.display import NOTICES
from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen import clock
from chat_client.fullscreen.days import MINUTE
from chat_client.language import _

GROUPED = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class InfoLine:
    """A line that the client itself adds.

    Attributes:
        at: The time in microseconds since 1970-01-01 UTC.
        text: The line.
    """

    at: int
    text: str


Item = MessageReceived | PresenceChanged | InfoLine


class Above(NamedTuple):
    """The context of an item.

    Attributes:
        item: The item above, unless a divider separates them.
        at: The time of whatever is above, in microseconds; None at the beginning.
    """

    item: Item | None
    at: int | None


def info_lines(*texts: str) -> list[Item]:
    """Return lines of the client's own with the present time."""
    at = clock.now()
    return [InfoLine(at=at, text=text) for text in texts]


def runs_on(item: Item, before: Item | None) -> bool:
    """Return whether an item is a message that continues a recent one of the same author."""
    return (
        isinstance(before, MessageReceived)
        and isinstance(item, MessageReceived)
        and item.user == before.user
        and abs(item.at - before.at) < GROUPED
        and not action(item.text)
        and not action(before.text)
    )


def soon_after(at: int, before: int) -> bool:
    """Return whether a time needs no mention of its own below another one, both in microseconds.

    The day is cut into parts of 5 minutes, and each part shows a time. So at most 5 minutes pass below the time that is
    shown, and a message needs to know nothing but the one above it.
    """
    return at // GROUPED == before // GROUPED


def starred_text(item: Item) -> str:
    """Return the text behind the star of an item that is not a plain message."""
    match item:
        case MessageReceived(user=user, text=text):
            return f"{user} {action(text)}"
        case PresenceChanged(user=user, kind=kind):
            return _(NOTICES[kind]).format(name=user)
        case InfoLine(text=text):
            return text

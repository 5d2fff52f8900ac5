"""Events as lines of text that are safe to print.

Each message is one line. No text of a member can end the line, move the cursor or reverse the reading order.
"""

import re
from datetime import UTC, datetime
from typing import assert_never

from chat_client import events
from chat_client.commands import action
from chat_client.language import _, marked, ngettext
from chat_wire.units import SECOND

NEWLINE = " ⏎ "
TAB = "    "
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Unicode's bidirectional embeddings, overrides and isolates (UAX #9), and its line and paragraph separators.
REPLACED = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)

# A joiner (U+200D) between two emoji or after a virama of an Indic script has a meaning (UTS #51, Unicode chapter 12).
# Elsewhere terminals ignore it, but Rich counts no cells for it and the letter after it.
_EMOJI = "[\u2194\u2195\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
_VIRAMA = "[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]"
_STRAY_JOINER = re.compile(
    f"\u200d(?!(?:(?<={_EMOJI}\u200d)|(?<={_EMOJI}\ufe0f\u200d)){_EMOJI}|(?<={_VIRAMA}\u200d)[\u0900-\u0dff])"
)

NOTICES = {
    "joined": marked("{name} joined"),
    "left": marked("{name} left"),
    "lost": marked("{name} lost the connection"),
    "back": marked("{name} is back"),
}

_SAFE = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    **dict.fromkeys(range(0x80, 0xA0), REPLACEMENT),
    **dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT),
    **dict.fromkeys(REPLACED, REPLACEMENT),
    0x09: TAB,
    0x0A: NEWLINE,
    0x7F: "\N{SYMBOL FOR DELETE}",
}


def safe(text: str) -> str:
    """Return a text without control characters, and with the width that Rich measures.

    The picture of a control character replaces it. A joiner that joins nothing is removed.
    """
    shown = text.replace("\r\n", "\n").translate(_SAFE)
    return _STRAY_JOINER.sub("", shown) if "\u200d" in shown else shown


def lines(event: events.Event) -> list[str]:
    """Return the lines that show an event. An event that each frontend handles itself has an empty list."""
    match event:
        case events.MessageReceived():
            return [message(event)]
        case events.PresenceChanged():
            return [notice(_(NOTICES[event.kind]).format(name=event.user))]
        case events.Joined() | events.ConnectionLost() | events.ConnectedAgain():
            return [notice(_connection(event))]
        case events.Waiting() | events.Remark():
            return [notice(event.text)]
        case events.UsersListed():
            return _users(event)
        case events.MyMessagesListed():
            return _my_messages(event)
        case events.SearchListed():
            return _found(event)
        case (
            events.WaitingOver()
            | events.NameRefused()
            | events.Delayed()
            | events.NotSent()
            | events.HistoryListed()
            | events.Ended()
        ):
            return []
        case _:
            assert_never(event)


def notice(text: str) -> str:
    """Return a line that is not a message."""
    return f"* {safe(text)}"


def message(said: events.MessageReceived) -> str:
    """Return the line of a message, with the UTC time at which it reached the router."""
    return f"[{_utc(said.at)}] {said_by(said)}"


def said_by(message: events.MessageReceived) -> str:
    """Return the sender and the text of a message in one line. An action begins with a star."""
    does = action(message.text)
    return f"* {safe(message.user)} {safe(does)}" if does else f"{safe(message.user)}: {safe(message.text)}"


def _utc(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _users(event: events.UsersListed) -> list[str]:
    found = [notice(_("connected: {names}").format(names=", ".join(event.connected) or _("nobody")))]
    if event.disconnected:
        found.append(notice(_("disconnected: {names}").format(names=", ".join(event.disconnected))))
    if event.quiet:
        found.append(notice(_("scripts: {names}").format(names=", ".join(event.quiet))))
    return found


def _my_messages(event: events.MyMessagesListed) -> list[str]:
    shown = [message(said) for said in event.messages]
    if event.total is None:
        return shown
    text = ngettext(
        "you have sent {count:,} message under this name",
        "you have sent {count:,} messages under this name",
        event.total,
    )
    return [*shown, notice(text.format(count=event.total))]


def _found(event: events.SearchListed) -> list[str]:
    count = len(event.messages)
    if not count and event.more:  # the archive did not answer, and a Remark has said so
        return []
    if not count:
        return [notice(_('no message has "{words}"').format(words=event.words))]
    if event.more:
        text = ngettext(
            'the newest {count} message with "{words}"; the full-screen client shows older ones too',
            'the newest {count} messages with "{words}"; the full-screen client shows older ones too',
            count,
        )
    else:
        text = ngettext('{count} message with "{words}"', '{count} messages with "{words}"', count)
    return [*map(message, event.messages), notice(text.format(count=count, words=event.words))]


def _connection(event: events.Joined | events.ConnectionLost | events.ConnectedAgain) -> str:
    match event:
        case events.Joined():
            return _("you are {name} in {room}; /help lists the commands").format(name=event.name, room=event.room)
        case events.ConnectionLost():
            text = _("connection to {broker} lost: the client sends your messages once it is back")
            return text.format(broker=event.broker)
        case events.ConnectedAgain():
            return _("connected again")
        case _:
            assert_never(event)

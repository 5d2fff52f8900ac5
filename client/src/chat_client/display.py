"""Events as lines of text that are safe to print.

Each message is one line. No text of a member can end the line, move the cursor or reverse the reading order.
"""

import re
import unicodedata
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

# Characters that nobody sees, and with which a member could hide something or split a word: fillers, invisible
# operators, and formats that no terminal knows. A terminal may draw some of them wider than Rich counts them.
UNSEEN = (
    *(0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, *range(0x2060, 0x2066), *range(0x206A, 0x2070)),
    *(0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), 0xE0001),
)

# A joiner (U+200D) between two emoji or after a virama of an Indic script has a meaning (UTS #51, Unicode chapter 12).
# Elsewhere terminals ignore it, but Rich counts no cells for it and the letter after it.
_EMOJI = "[\u2194\u2195\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
_VIRAMA = "[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]"
# Tags spell the flag of a region between a black flag and U+E007F (UTS #51). Elsewhere nobody sees them.
_TAGS = re.compile("(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f)|[\U000e0020-\U000e007f]")
# A skin tone belongs to the emoji before it, if that can have one (Emoji_Modifier_Base of Unicode). A terminal draws
# each other one in two cells, for which Rich counts none.
_BASES = (
    "[\u261d\u26f9\u270a-\u270d\U0001f385\U0001f3c2-\U0001f3c4\U0001f3c7\U0001f3ca-\U0001f3cc\U0001f442\U0001f443"
    "\U0001f446-\U0001f450\U0001f466-\U0001f478\U0001f47c\U0001f481-\U0001f483\U0001f485-\U0001f487\U0001f48f\U0001f491"
    "\U0001f4aa\U0001f574\U0001f575\U0001f57a\U0001f590\U0001f595\U0001f596\U0001f645-\U0001f647\U0001f64b-\U0001f64f"
    "\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f6c0\U0001f6cc\U0001f90c\U0001f90f\U0001f918-\U0001f91f\U0001f926"
    "\U0001f930-\U0001f939\U0001f93c-\U0001f93e\U0001f977\U0001f9b5\U0001f9b6\U0001f9b8\U0001f9b9\U0001f9bb"
    "\U0001f9cd-\U0001f9cf\U0001f9d1-\U0001f9dd\U0001fac3-\U0001fac5\U0001faf0-\U0001faf8]"
)
_STRAY_TONE = re.compile(f"(?<!{_BASES})[\U0001f3fb-\U0001f3ff]")
# Accents on one letter, which cover the lines above and below if they are many (UTS #39, 5.4). They are among the runs
# of characters that are no letters, digits, punctuation, symbols or emoji.
MAX_MARKS = 4
_PILE = re.compile(
    "[^\\w\\s\x00-\u02ff\u2000-\u200b\u200e-\u20cf\u2100-\u2bff\u3000-\u3029\u3030-\u303f\uff01-\uffef"
    "\U0001f000-\U0001faff\U000e0000-\U000e007f]{5,}"
)
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
    **dict.fromkeys(UNSEEN),
    0x09: TAB,
    0x0A: NEWLINE,
    0x7F: "\N{SYMBOL FOR DELETE}",
}


def safe(text: str) -> str:
    """Return a text without control characters and unseen ones, and with the width that Rich measures.

    The picture of a control character replaces it. A joiner that joins nothing is removed, and so are more than
    MAX_MARKS accents on one letter.
    """
    shown = text.replace("\r\n", "\n").translate(_SAFE)
    if shown.isascii():
        return shown
    if "\u200d" in shown:
        shown = _STRAY_JOINER.sub("", shown)
    if max(shown, default="") >= "\U0001f3fb":
        shown = _STRAY_TONE.sub(REPLACEMENT, _TAGS.sub(r"\1", shown))
    return _PILE.sub(_lowered, shown)


def _lowered(pile: re.Match[str]) -> str:
    """Return a run of characters with at most MAX_MARKS accents or joiners one after another."""
    kept, height = [], 0
    for character in pile[0]:
        height = height + 1 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 0
        if height <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


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

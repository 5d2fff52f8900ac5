"""The outcome of a journal entry: the answer and the announcements that it requires."""

from dataclasses import dataclass

from chat_registry.state import EndedSession, Holder, PresenceEvent
from chat_wire.messages import Exited, Refused, Released


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one entry.

    Attributes:
        reply: The answer to the request. A Holder stands for `Granted`: only the origin can mint the token.
        ended: A session that ended.
        events: Presence events for the rooms.
    """

    reply: Holder | Refused | Exited | Released | None = None
    ended: EndedSession | None = None
    events: tuple[PresenceEvent, ...] = ()


NOTHING = Outcome()


def refuse(request: str, reason: str, text: str) -> Outcome:
    """Return the outcome that refuses a request."""
    return Outcome(reply=Refused(request=request, reason=reason, text=text))


def refuse_ended(request: str, ended: EndedSession | None) -> Outcome:
    """Return the outcome that refuses a request of a session that has ended, with the reason for the end if known."""
    if ended and ended.reason == "taken":
        text = f"{ended.user} joined again from another client, which ended this session: join again to take it back"
    elif ended and ended.reason == "released":
        text = f"an operator released the name {ended.user}: join again"
    else:
        text = "this session has ended: join again"
    return refuse(request, "session_ended", text)

"""Presence events: how the rooms learn that a user joined, left, lost the connection or is back."""

from chat_registry.state import Holder, PresenceEvent, State
from chat_wire.messages import NoticeKind

# How many events a session keeps to be repeated. A client of 0.3.0 that repeats a request may hear the newest four.
MAX_REPEATED_EVENTS = 1
MAX_REPEATED_EVENTS_OF_FORMER = 4

ALONE: dict[bool | None, tuple[NoticeKind, ...]] = {None: (), True: ("joined",), False: ("joined", "lost")}


def presence_events(
    state: State, session: str, user: str, kinds: tuple[NoticeKind, ...], first: int = 0
) -> tuple[PresenceEvent, ...]:
    """Return one event of each kind for the entry that is being applied.

    An id has the position of the entry in the journal, and the number of the event within the entry, which counts from
    `first`. So every replica gives an event the same id.
    """
    return tuple(
        PresenceEvent(
            id=f"notice-{state.offset}-{state.index}-{number}", kind=kind, session=session, user=user, at=state.time
        )
        for number, kind in enumerate(kinds, first)
    )


def shown(holder: Holder | None) -> bool | None:
    """Return whether the rooms see a holder as connected; None if they see nobody."""
    return holder.connected if holder and holder.told and not holder.quiet else None


def kinds_of_change(before: Holder | None, after: Holder | None) -> tuple[NoticeKind, ...]:
    """Return the kinds of events for a change of a name's holder or connection.

    To the rooms, a name is free while its session is quiet, and before the session connects.

    Args:
        before: The holder so far; None if the name was free.
        after: The holder from now on; None if the name is free.
    """
    was, now = shown(before), shown(after)
    if was is None:
        return ALONE[now]
    if now is None:
        return ("left",)
    if was == now:
        return ()
    return ("back",) if now else ("lost",)


def events_to_repeat(events: tuple[PresenceEvent, ...]) -> tuple[PresenceEvent, ...]:
    """Return the newest events; the limit keeps a client that repeats one request from growing the list."""
    return events[-MAX_REPEATED_EVENTS_OF_FORMER:]


def recent_events(holder: Holder) -> tuple[PresenceEvent, ...]:
    """Return the events that a replica which starts repeats, as no client asks for them.

    A client of 0.3.0 repeats its requests, and with them all events but the loss of its connection.
    """
    if holder.life:
        return holder.events
    return () if holder.connected else tuple(event for event in holder.events if event.kind == "lost")[-1:]

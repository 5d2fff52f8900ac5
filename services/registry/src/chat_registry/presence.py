"""Presence events: how the rooms learn that a user joined, left, lost the connection or is back."""

from chat_registry.state import Holder, PresenceEvent, State
from chat_wire.messages import NoticeKind

MAX_REPEATED_EVENTS = 4


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


def kinds_of_change(before: Holder | None, *, connected: bool, quiet: bool) -> tuple[NoticeKind, ...]:
    """Return the kinds of events for a change of a name's holder or connection.

    To the rooms, the name of a quiet session is free.

    Args:
        before: The holder so far; None if the name was free.
        connected: Whether the name's client is connected from now on.
        quiet: Whether the name's session is quiet from now on.
    """
    if before is None or before.quiet:
        if quiet:
            return ()
        return ("joined",) if connected else ("joined", "lost")
    if quiet:
        return ("left",)
    if before.connected == connected:
        return ()
    return ("back",) if connected else ("lost",)


def events_to_repeat(events: tuple[PresenceEvent, ...]) -> tuple[PresenceEvent, ...]:
    """Return the newest events; the limit keeps a client that repeats one request from growing the list."""
    return events[-MAX_REPEATED_EVENTS:]


def events_of_loss(holder: Holder) -> tuple[PresenceEvent, ...]:
    """Return the event that announced a holder's lost connection; nothing if the holder is connected."""
    return () if holder.connected else tuple(event for event in holder.events if event.kind == "lost")[-1:]

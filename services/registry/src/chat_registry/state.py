"""The registry's state: names with their holders, and recent events.

A large registry has 100,000 names. The frequent records are therefore of type msgspec.Struct: msgspec reads and
writes them, as arrays, several times as fast as dataclasses. They cannot be part of a reference cycle, so
`gc=False` keeps the garbage collector from visiting them.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from chat_registry.naming import looks, skeletons
from chat_wire.limits import PARTITIONS, TOKEN_SECONDS
from chat_wire.messages import EndReason, NoticeKind
from chat_wire.units import SECOND

# Entries can reach the journal late. The state remembers departed inboxes and refused requests for this long.
RECENT_SECONDS = 60


class PresenceEvent(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A change of presence at time `at` (microseconds). Its notices in the rooms have its `id`."""

    id: str
    kind: NoticeKind
    session: str
    user: str
    at: int


class Holder(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A name and the session that holds it.

    Snapshots store the fields in this order. A new field comes last and has a default; older versions ignore it. Every
    other change needs a new SNAPSHOT_VERSION.

    Attributes:
        key: The name in the form that makes it unique.
        name: The name as the user typed it.
        author: The SHA-256 of the user's secret.
        session: The session that holds the name.
        partition: The ingress partition of the session.
        inbox: The queue where the session's client receives answers.
        connected: Whether that queue exists, as far as the registry knows.
        expires: The latest expiry of all the session's tokens, in microseconds.
        request: The last request carried out for the session.
        events: The presence events since that request. The registry publishes them again when the request comes again.
        replaced: The session that ended because of that request, if any. The registry announces its end again, too.
        quiet: Whether the rooms hear nothing of the session's presence.
    """

    key: str
    name: str
    author: str
    session: str
    partition: Annotated[int, msgspec.Meta(ge=0, lt=PARTITIONS)]
    inbox: str
    connected: bool
    expires: int
    request: str
    events: tuple[PresenceEvent, ...]
    replaced: str | None
    quiet: bool = False


class EndedSession(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A session that ended at time `at` (microseconds) because of `request`; `inbox` is its client's last inbox.

    Snapshots store the fields in this order. A change follows the rules for `Holder`.
    """

    session: str
    user: str
    inbox: str
    expires: int
    reason: EndReason
    request: str
    events: tuple[PresenceEvent, ...]
    at: int


@dataclass(slots=True)
class State:
    """The result of the journal's entries so far. Times are in microseconds.

    Attributes:
        offset: The offset of the last message read; -1 before the first.
        index: The position of the last entry applied, in its message.
        time: The latest time of all entries applied.
        holders: The holder of each name, by the name's key.
        sessions: The key of each session's name.
        inboxes: The keys of the names that each inbox serves.
        alike: The keys of the names that have each look; several only among names that an earlier version granted.
        partition_sizes: The number of sessions in each partition.
        connected: The number of sessions that are connected.
        ended: Ended sessions whose tokens may still be valid, oldest first.
        departed: The time of each recent departure, by inbox, oldest first.
        refused: The time of each recent refusal, oldest first. Its key is "SESSION NAME_KEY" for a claim, where
            SESSION is the id that the session would have, and "release REQUEST" for a release.
    """

    offset: int = -1
    index: int = 0
    time: int = 0
    holders: dict[str, Holder] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    inboxes: dict[str, set[str]] = field(default_factory=dict)
    alike: dict[str, tuple[str, ...]] = field(default_factory=dict)
    partition_sizes: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    connected: int = 0
    ended: OrderedDict[str, EndedSession] = field(default_factory=OrderedDict)
    departed: OrderedDict[str, int] = field(default_factory=OrderedDict)
    refused: OrderedDict[str, int] = field(default_factory=OrderedDict)


def holder_of(state: State, session: str) -> Holder | None:
    """Return the holder whose session this is, or None if the session holds no name."""
    return state.holders.get(state.sessions.get(session, ""))


def put_holder(state: State, holder: Holder) -> None:
    """Give a name to a holder, instead of its present holder if there is one."""
    remove_holder(state, holder.key)
    add_holder(state, holder)


def add_holder(state: State, holder: Holder) -> None:
    """Give a free name to a holder."""
    state.holders[holder.key] = holder
    state.sessions[holder.session] = holder.key
    state.inboxes.setdefault(holder.inbox, set()).add(holder.key)
    state.partition_sizes[holder.partition] += 1
    state.connected += holder.connected
    for form in looks(holder.name):
        state.alike[form] = tuple(sorted((*state.alike.get(form, ()), holder.key)))


def remove_holder(state: State, key: str) -> None:
    """Free a name; do nothing if it is free already."""
    holder = state.holders.pop(key, None)
    if holder is None:
        return
    del state.sessions[holder.session]
    state.partition_sizes[holder.partition] -= 1
    state.connected -= holder.connected
    state.inboxes[holder.inbox].remove(key)
    if not state.inboxes[holder.inbox]:
        del state.inboxes[holder.inbox]
    for form in looks(holder.name):
        state.alike[form] = tuple(other for other in state.alike[form] if other != key)
        if not state.alike[form]:
            del state.alike[form]


def look_alike(
    state: State, name: str, key: str, looks_of: Callable[[str], frozenset[str]] = skeletons
) -> Holder | None:
    """Return the holder of another name that looks like this one, or None.

    Args:
        state: The state.
        name: The name as typed.
        key: The key of the name. A person who takes back a name may type it as before, whatever it looks like.
        looks_of: Returns the looks that decide. The journal decides by skeletons.
    """
    before = state.holders.get(key)
    for form in looks_of(name) - (looks_of(before.name) if before else frozenset()):
        for other in state.alike.get(form, ()):
            if other != key:
                return state.holders[other]
    return None


def add_departure(state: State, inbox: str) -> None:
    """Remember that an inbox departed at the state's time, even if it departed before."""
    state.departed[inbox] = state.time
    state.departed.move_to_end(inbox)


def forget_old(state: State) -> None:
    """Forget departures, refusals and ended sessions that are too old to matter at the state's time."""
    for memory in (state.departed, state.refused):
        while memory and next(iter(memory.values())) <= state.time - RECENT_SECONDS * SECOND:
            memory.popitem(last=False)
    # The registry mints no token for an ended session, so its last token expires within this time.
    while state.ended and next(iter(state.ended.values())).at <= state.time - TOKEN_SECONDS * SECOND:
        state.ended.popitem(last=False)

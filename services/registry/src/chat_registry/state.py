"""What the registry knows: who holds which name, and what happened lately.

A large registry has 100,000 names. So what there is many of is a msgspec.Struct: an array in snapshots, made and read
several times as fast as a dataclass, and none of the garbage collector's business, as it cannot be part of a cycle.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from chat_wire.limits import PARTITIONS, TOKEN_SECONDS
from chat_wire.messages import EndReason, NoticeKind

SECOND = 1_000_000
# How long departed inboxes and refused requests are remembered for what is journaled late.
RECENT_SECONDS = 60


class News(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Something that everybody in the rooms is told, once for each `id`."""

    id: str
    kind: NoticeKind
    session: str
    user: str
    at: int


class Holder(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A name and the session that holds it.

    `request` is the last one carried out for the session; `news` since then and `took` (the session that lost the
    name by it) are told again when it comes again. `expires` is the latest of all its tokens.
    """

    key: str
    name: str
    author: str
    session: str
    partition: int
    inbox: str
    connected: bool
    expires: int
    request: str
    news: tuple[News, ...]
    took: str | None


class Ended(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A session that is over; `inbox` is where its client was last."""

    session: str
    user: str
    inbox: str
    expires: int
    reason: EndReason
    request: str
    news: tuple[News, ...]
    at: int


@dataclass(slots=True)
class State:
    """A replica's view of the journal up to and including entry `index` at `offset`, at the time `now` (microseconds).

    `sessions` and `inboxes` find holders; `load` counts the sessions of each partition. `departed` maps
    inboxes, and `refused` requests, to when that was; oldest first, as `ended` is.
    """

    offset: int = -1
    index: int = 0
    now: int = 0
    holders: dict[str, Holder] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    inboxes: dict[str, set[str]] = field(default_factory=dict)
    load: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    ended: OrderedDict[str, Ended] = field(default_factory=OrderedDict)
    departed: OrderedDict[str, int] = field(default_factory=OrderedDict)
    refused: OrderedDict[str, int] = field(default_factory=OrderedDict)


def hold(state: State, holder: Holder) -> None:
    """Put a holder in, in place of the one that had its name."""
    drop(state, holder.key)
    add(state, holder)


def add(state: State, holder: Holder) -> None:
    """Put a holder in whose name is free."""
    state.holders[holder.key] = holder
    state.sessions[holder.session] = holder.key
    state.inboxes.setdefault(holder.inbox, set()).add(holder.key)
    state.load[holder.partition] += 1


def drop(state: State, key: str) -> None:
    """Take the holder of a name out, if there is one."""
    holder = state.holders.pop(key, None)
    if holder is None:
        return
    del state.sessions[holder.session]
    state.load[holder.partition] -= 1
    state.inboxes[holder.inbox].remove(key)
    if not state.inboxes[holder.inbox]:
        del state.inboxes[holder.inbox]


def remember(memory: OrderedDict[str, int], what: str, at: int) -> None:
    """Note in a memory of the state that this happened, as the newest."""
    memory[what] = at
    memory.move_to_end(what)


def forget_old(state: State) -> None:
    """Forget what cannot matter at the state's time any more."""
    for memory in (state.departed, state.refused):
        while memory and next(iter(memory.values())) <= state.now - RECENT_SECONDS * SECOND:
            memory.popitem(last=False)
    # No token of a session can outlive its end by more than this, whenever it was minted.
    while state.ended and next(iter(state.ended.values())).at <= state.now - TOKEN_SECONDS * SECOND:
        state.ended.popitem(last=False)

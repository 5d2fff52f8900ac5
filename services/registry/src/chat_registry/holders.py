"""Give names to holders, and keep the indexes of the state."""

from collections.abc import Callable

from chat_registry.naming import looks, skeletons
from chat_registry.state import Holder, State


def holder_of(state: State, session: str) -> Holder | None:
    """Return the holder whose session this is, or None if the session holds no name."""
    return state.holders.get(state.sessions.get(session, ""))


def put_holder(state: State, holder: Holder) -> None:
    """Give a name to a holder, instead of its present holder if there is one."""
    before = state.holders.get(holder.key)
    if before and (before.session, before.name) == (holder.session, holder.name):
        _remove_connection(state, before)
        state.holders[holder.key] = holder
        _add_connection(state, holder)
        return
    remove_holder(state, holder.key)
    add_holder(state, holder)


def add_holder(state: State, holder: Holder) -> None:
    """Give a free name to a holder."""
    state.holders[holder.key] = holder
    state.sessions[holder.session] = holder.key
    state.authors[holder.author] = state.authors.get(holder.author, 0) + 1
    state.partition_sizes[holder.partition] += 1
    _add_connection(state, holder)
    for form in looks(holder.name):
        state.alike[form] = tuple(sorted((*state.alike.get(form, ()), holder.key)))


def remove_holder(state: State, key: str) -> None:
    """Free a name; do nothing if it is free already."""
    holder = state.holders.pop(key, None)
    if holder is None:
        return
    del state.sessions[holder.session]
    state.authors[holder.author] -= 1
    if not state.authors[holder.author]:
        del state.authors[holder.author]
    state.partition_sizes[holder.partition] -= 1
    _remove_connection(state, holder)
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


def _add_connection(state: State, holder: Holder) -> None:
    state.connected += holder.connected
    if not holder.life:
        state.inboxes.setdefault(holder.inbox, set()).add(holder.key)
    elif holder.connection:
        state.connections[holder.connection] = holder.key


def _remove_connection(state: State, holder: Holder) -> None:
    state.connected -= holder.connected
    if holder.life:
        state.connections.pop(holder.connection, None)
        return
    state.inboxes[holder.inbox].remove(holder.key)
    if not state.inboxes[holder.inbox]:
        del state.inboxes[holder.inbox]

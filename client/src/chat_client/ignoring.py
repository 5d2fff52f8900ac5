"""People whose messages a client hides. Pure."""

from functools import lru_cache

from chat_wire.errors import InvalidName


def key_of(name: str) -> str:
    """Return the form that makes a name unique; a name that is invalid is its own."""
    from chat_wire.names import name_key  # takes time to load, and the question for the name does not need it

    try:
        return name_key(name)
    except InvalidName:
        return name


@lru_cache(maxsize=8)
def keys_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of names."""
    return frozenset(map(key_of, names))

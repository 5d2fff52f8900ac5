"""Owners of posts: an author under a name, as one number for the index. Pure."""

from functools import lru_cache
from hashlib import blake2b

import orjson

from chat_wire.errors import InvalidName
from chat_wire.names import name_key, sender_id


def user_key(user: str) -> str:
    """Return the form that makes a name unique; a name that is invalid today is its own key."""
    try:
        return name_key(user)
    except InvalidName:
        return user


def authors_of(author: str, name: str) -> tuple[str, ...]:
    """Return what the field `author` of a person's posts under a name may hold.

    Routers of 0.3.0 and older write the author into it, and newer ones the id of the author under the name.

    Args:
        author: The SHA-256 of the person's secret.
        name: The name as typed.
    """
    try:
        return author, sender_id(author, name)
    except InvalidName:  # no router of this version has taken a post under this name
        return (author,)


@lru_cache(maxsize=10_000)
def owner_number(author: str, user: str) -> int:
    """Return a signed 64-bit number for an author under a name.

    A database index of these numbers takes a sixth of the space that one of the texts takes. Two authors could share a
    number, so a query compares the author too. It does not compare names: two names of one author have the same number
    with a probability of 2**-64.
    """
    identity = orjson.dumps((author, user_key(user)))
    return int.from_bytes(blake2b(identity, digest_size=8).digest(), "big", signed=True)


@lru_cache(maxsize=10_000)
def sender_word(key: str) -> str:
    """Return the word that the index stores with each post of a sender, from the key of the sender's name.

    It begins with a private-use character, which no word of a text has.
    """
    return "\ue000" + blake2b(key.encode(errors="surrogatepass"), digest_size=8).hexdigest()

"""User names: which texts are names, and which two names are the same."""

import hashlib
from functools import lru_cache

from precis_i18n import get_profile

from chat_wire.errors import InvalidName
from chat_wire.limits import MAX_NAME


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """Return the key that makes a name unique: two names with the same key are the same name.

    The key is the form of the name under the PRECIS profile UsernameCaseMapped (RFC 8265, 3.3).

    Args:
        name: The name as typed.

    Raises:
        InvalidName: The name breaks a rule; the error says what to do.
    """
    if not name:
        raise InvalidName(f"the name is empty: type 1 to {MAX_NAME} letters or digits")
    if len(name) > MAX_NAME:
        raise InvalidName(f"the name has {len(name)} characters, at most {MAX_NAME} are allowed: shorten it")
    try:
        key = str(get_profile("UsernameCaseMapped").enforce(name))
    except UnicodeEncodeError as error:
        raise InvalidName(f"{name!r} cannot be a name ({_why(error)}): use letters, digits and punctuation") from None
    if len(key) > MAX_NAME:
        raise InvalidName(f"the name is longer than {MAX_NAME} characters in its normal form: shorten it")
    return key


def sender_id(author: str, name: str) -> str:
    """Return the id of an author under one name, for the entries of rooms.

    Two posts of a person under one name have the same id. Nobody can tell from the ids of two names that they belong to
    one person, as only the registry, the routers and the archives know authors.

    Args:
        author: The SHA-256 of the author's secret, 64 hex digits.
        name: The name as typed.

    Returns:
        32 hex digits.
    """
    return hashlib.sha256(f"{author}:{name_key(name)}".encode()).hexdigest()[:32]


def _why(error: UnicodeEncodeError) -> str:
    if " " in str(error.object):
        return "it has a space in it"
    return error.reason.removeprefix("DISALLOWED/").replace("_", " ")

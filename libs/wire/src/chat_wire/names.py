"""User names: what may be one, and which two are the same."""

from functools import lru_cache

from precis_i18n import get_profile

from chat_wire.errors import InvalidName
from chat_wire.limits import MAX_NAME


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """What makes a name unique: its form under PRECIS UsernameCaseMapped (RFC 8265, 3.3).

    Two names with one key are one name. Raises InvalidName, whose words say what to do.
    """
    if not name:
        raise InvalidName("the name is empty: type 1 to 32 letters or digits")
    if len(name) > MAX_NAME:
        raise InvalidName(f"the name has {len(name)} characters, at most {MAX_NAME} are allowed: shorten it")
    try:
        key = str(get_profile("UsernameCaseMapped").enforce(name))
    except UnicodeEncodeError as error:
        raise InvalidName(f"{name!r} cannot be a name ({_why(error)}): use letters, digits and punctuation") from None
    if len(key) > MAX_NAME:
        raise InvalidName(f"the name is longer than {MAX_NAME} characters once normalised: shorten it")
    return key


def _why(error: UnicodeEncodeError) -> str:
    if " " in str(error.object):
        return "it has a space in it"
    return error.reason.removeprefix("DISALLOWED/").replace("_", " ")

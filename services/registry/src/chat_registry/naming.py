"""Which names somebody new may take: their form, reserved words, and how alike two names look.

Names that an earlier version granted may break these rules. Their holders keep them.
"""

import unicodedata
from functools import lru_cache

import icu

from chat_wire.errors import InvalidName, ReservedName, WireError

# A name cannot pose as a mention of all members, as the chat itself, or as what the client says about nobody.
RESERVED = (
    *("all", "everybody", "everyone", "here", "channel", "room"),
    *("todos", "todas", "aquí", "canal", "sala"),
    *("admin", "administrator", "operator", "system", "tertulia"),
    *("administrador", "administradora", "operador", "operadora", "sistema"),
    *("nobody", "nadie", "you", "tú"),
)


class NameAlike(WireError):
    """The name looks like one in use."""

    reason = "name_alike"

    def __init__(self, name: str, used: str) -> None:
        """Say which name is in use.

        Args:
            name: The name as typed.
            used: The name in use.
        """
        super().__init__(f"{name} looks like {used}, which is in use: choose another name")


_checker = icu.SpoofChecker()


@lru_cache(maxsize=4096)
def skeletons(name: str) -> frozenset[str]:
    """Return the skeletons of a name (UTS #39, 4): two names that share one look alike.

    A name has a skeleton as typed, where I looks like l, and one in lower case, as its case makes no difference.

    Args:
        name: The name as typed.
    """
    shown = unicodedata.normalize("NFKC", name)
    return frozenset(_checker.getSkeleton(0, form).lower() for form in {shown, shown.lower()})


def check_form(name: str) -> None:
    """Check a name that a person does not hold yet.

    Args:
        name: The name as typed, which `chat_wire.names.name_key` accepts.

    Raises:
        InvalidName: The name begins or ends with punctuation, as notices, mentions and sentences do.
        ReservedName: The name is a reserved word, or looks like one.
    """
    if not (_is_word(name[0], "LN") and _is_word(name[-1], "LNM")):
        raise InvalidName(f"{name!r} cannot be a name: begin and end it with a letter or a digit")
    reserved = next((word for form in skeletons(name) if (word := _reserved.get(form))), None)
    if reserved:
        raise ReservedName(
            f"{name} cannot be a name, because {reserved} has a meaning in the chat: choose another name"
        )


def _is_word(character: str, categories: str) -> bool:
    """Return whether a character is of one of these general categories; a mark (M) may end a word."""
    return unicodedata.category(character)[0] in categories


_reserved = {form: word for word in RESERVED for form in skeletons(word)}

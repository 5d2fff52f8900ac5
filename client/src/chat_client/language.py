"""The words a person reads, in that person's language: gettext, with catalogues below locale/."""

import gettext
from collections.abc import Mapping
from pathlib import Path

DOMAIN = "chat"
LOCALES = Path(__file__).with_name("locale")
# In the order in which gettext asks them.
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")

_chosen = gettext.NullTranslations()


def use_language(environ: Mapping[str, str]) -> None:
    """Speak the language that the environment asks for from now on, English if there is no catalogue of it."""
    global _chosen
    named = next((environ[variable] for variable in VARIABLES if environ.get(variable)), "")
    _chosen = gettext.translation(DOMAIN, LOCALES, languages=named.split(":"), fallback=True)


def _(text: str) -> str:
    """`text` in the language in use."""
    return _chosen.gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The form that goes with `number`, in the language in use."""
    return _chosen.ngettext(one, many, number)


def marked(text: str) -> str:
    """`text` as it is, marked for the catalogues: it is translated when it is shown."""
    return text

"""The words a person reads, in that person's language: gettext, with catalogues below locale/."""

import gettext
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path

DOMAIN = "chat"
LOCALES = Path(__file__).with_name("locale")
UNTRANSLATED = ("C", "POSIX")

_chosen = gettext.NullTranslations()


def use_language(environ: Mapping[str, str]) -> None:
    """Speak the language that the environment asks for from now on, English if there is no catalogue of it."""
    global _chosen
    _chosen = gettext.translation(DOMAIN, LOCALES, languages=_languages(environ), fallback=True)


def _(text: str) -> str:
    """`text` in the language in use. It has none for the empty text."""
    return _chosen.gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The form that goes with `number`, in the language in use."""
    return _chosen.ngettext(one, many, number)


def marked(text: str) -> str:
    """`text` as it is, marked for the catalogues: it is translated when it is shown."""
    return text


def _languages(environ: Mapping[str, str]) -> list[str]:
    """The languages asked for, the most wanted first, by GNU gettext's manual (2.3, Setting the Locale).

    LANGUAGE is a list, and counts only if there is a locale. English needs no catalogue: nothing after it is asked for.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "C")
    if locale.split(".")[0] in UNTRANSLATED:
        return []
    wanted = (environ.get("LANGUAGE") or locale).split(":")
    return list(takewhile(lambda language: language.partition("_")[0] != "en", wanted))

"""The texts for people, in their language: gettext, with catalogues in locale/."""

import gettext
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path

DOMAIN = "chat"
LOCALES = Path(__file__).with_name("locale")
UNTRANSLATED = ("C", "POSIX")

_chosen = gettext.NullTranslations()


def use_language(environ: Mapping[str, str]) -> None:
    """Use the language that the environment asks for, or English without a catalogue for it."""
    global _chosen
    languages = _languages(environ)
    _chosen = gettext.translation(DOMAIN, LOCALES, languages=languages, fallback=True)
    if languages:  # argparse asks for its texts by gettext.gettext
        gettext.bindtextdomain(DOMAIN, str(LOCALES))
        gettext.textdomain(DOMAIN)


def _(text: str) -> str:
    """Return a text in the language in use. The empty text has no translation."""
    return _chosen.gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a text for a number, in the language in use."""
    return _chosen.ngettext(one, many, number)


def marked(text: str) -> str:
    """Return a text unchanged, but mark it for the catalogues. `_` translates it when it is shown."""
    return text


def _languages(environ: Mapping[str, str]) -> list[str]:
    """Return the languages to try, in order (GNU gettext manual, 2.3, "Setting the Locale").

    LANGUAGE is a list, and counts only if a locale is set. English needs no catalogue, so the list ends before it.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "C")
    if locale.split(".")[0] in UNTRANSLATED:
        return []
    wanted = (environ.get("LANGUAGE") or locale).split(":")
    return list(takewhile(lambda language: language.partition("_")[0] != "en", wanted))

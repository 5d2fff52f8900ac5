"""Words that nobody may take as a name, in the languages that many people chat in, and names that stand for them.

A person could pose with such a word as a mention of all members, as the chat itself, or as what the client says about
nobody. A name stands for a word if it looks like it, also with digits for letters, with digits around it, or with
punctuation in it: `adm1n`, `admin2`, `s.ystem`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

EVERYBODY = (
    *("all", "everybody", "everyone", "here", "channel", "room", "nobody", "you"),
    *("todos", "todas", "aquí", "canal", "sala", "nadie", "tú"),
    *("tous", "toutes", "alle", "jeder", "tutti", "iedereen", "allemaal", "wszyscy", "všichni", "kaikki", "mindenki"),
    *("toți", "herkes", "semua", "все", "всем", "всі", "усі", "όλοι", "الجميع", "الكل", "כולם", "همه", "सभी", "সবাই"),
    *("ทุกคน", "所有人", "大家", "全体", "全體", "全員", "みんな", "皆", "모두", "전체"),
)
# A part of a name may not be one of these either, as in `chat-admin` or `system.message`.
ROLES = (
    *("admin", "admins", "administrator", "sysadmin", "operator", "moderator", "system", "server", "root", "tertulia"),
    *("administrador", "administradora", "operador", "operadora", "moderador", "moderadora", "sistema", "servidor"),
    *("administrateur", "administratrice", "opérateur", "opératrice", "modérateur", "modératrice", "système"),
    *("serveur", "betreiber", "amministratore", "amministratrice", "operatore", "moderatore", "beheerder", "systeem"),
    *("yönetici", "sistem", "админ", "администратор", "система", "модератор", "оператор", "адмін", "адміністратор"),
    *("διαχειριστής", "σύστημα", "المدير", "المشرف", "النظام", "מנהל", "מערכת", "مدیر", "سیستم", "प्रशासक", "सिस्टम"),
    *("প্রশাসক", "সিস্টেম", "ผู้ดูแล", "ผู้ดูแลระบบ", "ระบบ", "管理员", "管理員", "系统", "系統", "管理者", "管理人"),
    *("システム", "관리자", "운영자", "시스템"),
)
_LETTERS_FOR_DIGITS = str.maketrans("013457", "oieast")
_DIGITS_AROUND = re.compile(r"^\d+|\d+$")
_PUNCTUATION = re.compile(r"[\W_]+")


class Reserved:
    """The reserved words by their looks."""

    def __init__(self, skeleton: Callable[[str], str]) -> None:
        """Compute the looks of the words.

        Args:
            skeleton: Returns the skeleton of a text in lower case (UTS #39, 4).
        """
        self._skeleton = skeleton
        self._roles = {self._look(word): word for word in ROLES}
        self._words = {self._look(word): word for word in EVERYBODY} | self._roles

    def word(self, name: str) -> str | None:
        """Return the reserved word that a name stands for, or None.

        Args:
            name: The name in its normal form (NFKC).
        """
        for form in dict.fromkeys((name, name.lower())):
            parts = [part for part in _PUNCTUATION.split(form) if part]
            looks = [(self._words, "".join(parts)), *((self._roles, part) for part in parts)]
            found = (words.get(look) for words, text in looks for look in self._looks(text))
            if reserved := next((word for word in found if word), None):
                return reserved
        return None

    def _looks(self, text: str) -> Iterator[str]:
        """Yield the looks of a text: as it is, and with letters for its digits but those around it."""
        between = _DIGITS_AROUND.sub("", text)
        yield from map(self._look, {text, text.translate(_LETTERS_FOR_DIGITS), between.translate(_LETTERS_FOR_DIGITS)})

    def _look(self, text: str) -> str:
        """Return the skeleton of a text without its accents."""
        letters = unicodedata.normalize("NFD", self._skeleton(text))
        return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")

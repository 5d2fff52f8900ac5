"""Names that deceive: held names in disguise, names that pose as the chat, and names that nobody can read."""

import hashlib
import unicodedata
from functools import cache

import icu
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_registry import intake
from chat_registry.identity import ReplicaIdentity
from chat_registry.naming import check_form
from chat_registry.state import State
from chat_wire.errors import DeceptiveName, InvalidName, ReservedName, WireError
from chat_wire.messages import Claim
from chat_wire.names import name_key
from testkit.registry import START, Journal

REPLICA = ReplicaIdentity(origin="r1-1", private_key="", public_key="", vhost="/", token_seconds=600)
SECRET = "5" * 64
HELD = ("anna", "Modern", "paypal", "ian_l", "josé", "Мария", "Ελένη", "माया", "山田", "김철수", "مها", "user-10")
UNSEEN = "".join(map(chr, (0x00AD, 0x034F, 0x115F, 0x17B4, 0x180E, 0x3164, 0xFE0F, 0xFEFF, 0xE0061, 0x2800)))
ZERO_WIDTH = "\u200b\u200c\u200d\u2060"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SEPARATORS = ".-_'"
ADVICE = ("begin and end it", "use letters of one script", "choose another name")
STROKES = "\u0332\u0333\u0334\u0335\u0336\u0337\u0338\u0489\u20dd\u20e3"


def claim(name: str, state: State | None = None) -> None:
    """Claim a name at a registry, or raise what refuses it."""
    request = Claim(request="r", name=name, secret=SECRET)
    intake.claim_entry(REPLICA, request, "address", START, state or State(), life=600)


def granted(*names: str) -> State:
    """Return a state in which another person holds names."""
    journal = Journal()
    for number, name in enumerate(names):
        journal.claim(name, "another author", f"r{number}")
    return journal.state


def is_refused_or_taken(name: str, held: str) -> bool:
    """Return whether nobody gets a name while another person holds `held`."""
    try:
        claim(name, granted(held))
    except WireError:
        return True
    return name_key(name) == name_key(held)


@cache
def confusables() -> dict[str, str]:
    """Return for each skeleton the characters that have it."""
    checker, found = icu.SpoofChecker(), dict[str, str]()
    for code in range(0x20000):
        if unicodedata.category(chr(code)) not in ("Cn", "Cs"):
            skeleton = checker.getSkeleton(0, chr(code))
            found[skeleton] = found.get(skeleton, "") + chr(code)
    return found


def similar_to(letter: str) -> str:
    """Return the characters that look like a letter, with itself."""
    return confusables().get(icu.SpoofChecker().getSkeleton(0, letter), "") + letter


@st.composite
def inserted(draw: st.DrawFn, held: str, characters: str) -> str:
    """Return a name with some of these characters at one or more places."""
    places = [draw(st.text(characters, max_size=2)) for _place in range(len(held) + 1)]
    return "".join(place + letter for place, letter in zip(places, [*held, ""], strict=True))


@st.composite
def replaced(draw: st.DrawFn, held: str) -> str:
    """Return a name with letters that look alike in place of some of its own."""
    return "".join(draw(st.sampled_from(similar_to(letter))) for letter in held)


def rewritten(held: str) -> st.SearchStrategy[str]:
    """Return a name in another case, width or composition."""
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in held)
    forms = {held, held.upper(), held.lower(), held.swapcase(), held.title(), held.casefold(), wide}
    return st.sampled_from(sorted({unicodedata.normalize(kind, each) for each in forms for kind in ("NFC", "NFD")}))


def disguised(held: str) -> st.SearchStrategy[str]:
    """Return a name in a disguise."""
    insertions = [inserted(held, kind) for kind in (ZERO_WIDTH, BIDI, UNSEEN, SEPARATORS, STROKES)]
    return st.one_of(rewritten(held), replaced(held), *insertions)


@given(st.data(), st.sampled_from(HELD))
def test_nobody_gets_a_held_name_in_disguise(data: st.DataObject, held: str) -> None:
    name = data.draw(disguised(held))

    assert is_refused_or_taken(name, held), ascii(name)


@pytest.mark.parametrize(
    ("held", "name"),
    [
        ("anna", "ann.a"),
        ("anna", "a_n-n'a"),
        ("ann-lee", "annlee"),
        ("user1", "user_l"),
        ("anna", "anna\u02bc"),
        ("क्ष", "क्\u200dष"),
        ("क्ष", "क्\u200cष"),
        ("AHHA", "\u0410\u041d\u041d\u0410"),
        ("anna", "\uff41\uff4e\uff4e\uff0e\uff41"),
    ],
)
def test_a_name_that_differs_by_punctuation_or_an_unseen_joiner_looks_like_the_other(held: str, name: str) -> None:
    with pytest.raises(WireError, match="looks like"):
        claim(name, granted(held))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("\u0430nna", "mixes scripts"),  # a Cyrillic letter
        ("\u03b1nna", "mixes scripts"),  # a Greek one
        ("\u0531NNA", "mixes scripts"),  # an Armenian one
        ("\ua4eeNN\ua4ee", "mixes scripts"),  # letters of Lisu
        ("\u13aaNNA", "mixes scripts"),  # a letter of Cherokee
        ("Иванivan", "mixes scripts"),
        ("a" + "\u0301" * 20, "twice on one letter"),
        ("a\u0302\u0303\u0304\u0306\u0307\u0308", "more than 4 accents"),
        ("i\u0307da", "cannot be seen"),
        ("ann\u0332", "it has"),
        ("ann\u0338a", "it has"),
        ("\u1d00nna", "it has"),
        ("\u01c0an", "it has"),
        ("ann:hi", "it has ':' in it"),
        ("ann,bob", "it has ',' in it"),
        ("a*b", "it has"),
        ("ann|bob", "it has"),
        ("12:00", "it has ':' in it"),
        ("2026-11-29", "looks like a time"),
        ("12.00", "looks like a time"),
        ("ーー", "looks like punctuation"),
        ("一", "looks like punctuation"),
        ("丶ノ", "looks like punctuation"),
        ("ᚠᚢ", "it has"),
    ],
)
def test_a_name_that_could_deceive_is_refused(name: str, why: str) -> None:
    with pytest.raises(DeceptiveName, match=why) as refused:
        claim(name)
    assert "use letters of one script and digits, with . - _ or ' between them" in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        *("*", "**", "--", "[12:00]", "[12:00]x", "> ann", "ann>", "* bob left", "\u2028", "a\nb", "a\x1b[2Jb"),
        *("\u200b", "\u3164", "\u115f", "\u2800", "a\u00adb", "a\ufe0f", "a\U000e0061", "a\u2066b", "a\u202eb"),
        *("annא", "אnn", "ann\u0627", "1\u0661", "\u0661\u06f1", "a\u200dnna", "ann\u200c", "\u0e31"),
    ],
)
def test_a_name_that_is_no_word_of_one_direction_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        claim(name)


@pytest.mark.parametrize(
    "name",
    [
        *("system", "SYSTEM", "5ystem", "syst3m", "system1", "1system", "s.y.s.t.e.m", "the-system", "system.message"),
        *("admin", "adm1n", "4dmin", "admin2", "admin_2", "chat-admin", "ＡＤＭＩＮ", "aḍmin", "moderator", "root"),
        *("everyone", "every0ne", "all2", "todos", "t0d0s", "aqui", "alle", "tous", "все", "所有人", "みんな", "모두"),
        *("sistema", "администратор", "система", "admın", "administrateur", "Système", "管理员", "システム", "관리자"),
    ],
)
def test_a_name_that_stands_for_a_reserved_word_is_refused(name: str) -> None:
    with pytest.raises(ReservedName, match="has a meaning in the chat: choose another name"):
        claim(name)


@pytest.mark.parametrize(
    "name",
    [
        *("anna", "José", "Zoë", "Łukasz", "Đorđe", "Þór", "Nguyễn", "Jean-Luc", "O'Brien", "J.R.R.Tolkien", "user_1"),
        *("Çağla", "Ìyábọ̀", "ʻIolani", "Ελένη", "Иван", "Андрій", "Љиљана", "Ђорђе", "Արամ", "ნინო", "7", "R2-D2"),
        *("דוד", "محمد", "مُحَمَّد", "علی\u200cرضا", "פנינה", "ሰላም", "नमिता", "रश्मि", "প্রিয়া"),
        *("ਗੁਰਪ੍ਰੀਤ", "ગીતા", "கவிதா"),
        *("లక్ష్మి", "ಕಾವ್ಯ", "ലക്ഷ്മി", "ශ්\u200dරී", "สมชาย", "ສົມໃຈ", "ကျော်", "សុខា", "བསྟན་འཛིན"[:3], "山田", "たろう"),
        *(
            "タロー",
            "張偉",
            "김철수",
            "山田taro",
            "李abc",
            "김kim",
            "ᏣᎳᎩ",
            "ⴰⵎⴰⵣⵉⵖ",
            "Ali",
            "Salah",
            "Allegra",
            "Youssef",
        ),
    ],
)
def test_an_ordinary_name_is_granted(name: str) -> None:
    claim(name)


def test_the_holder_of_a_name_keeps_it_whatever_the_rules_say() -> None:
    journal, author = Journal(), hashlib.sha256(SECRET.encode()).hexdigest()
    for number, name in enumerate(("\u0430nna", "12:00", "adm1n", "a*b", "ann:hi")):
        journal.claim(name, author, f"r{number}", distinct=False)

        claim(name, journal.state)


def test_the_holder_of_a_name_cannot_type_it_as_a_reserved_word() -> None:
    journal, author = Journal(), hashlib.sha256(SECRET.encode()).hexdigest()
    journal.claim("aii", author, "r0")

    with pytest.raises(ReservedName):
        claim("aII", journal.state)


@given(st.text(min_size=1, max_size=8))
def test_a_valid_name_is_granted_or_the_error_says_what_to_do(name: str) -> None:
    try:
        name_key(name)
    except InvalidName:
        return
    told = ""
    try:
        check_form(name)
    except InvalidName as error:
        told = str(error)
    assert not told or any(advice in told for advice in ADVICE)

"""The language of the client, and the completeness of its catalogue."""

import ast
import os
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import chat_client
from chat_client import display
from chat_client.commands import help_lines
from chat_client.events import Joined, MyMessagesListed, PresenceChanged, SearchListed, UsersListed
from chat_client.language import LOCALES, _, use_language
from chat_client.settings import client_settings
from chat_client.texts import explained, refusal
from chat_wire.errors import InvalidName, InvalidText
from chat_wire.names import name_key
from chat_wire.text import check_text

PACKAGE = Path(chat_client.__file__).parent
KEYWORDS = {"_": None, "ngettext": (1, 2), "marked": None}  # as in the Makefile
SPANISH = LOCALES / "es" / "LC_MESSAGES"
BY_HAND = "run make translations, and translate what is empty in the .po"
Forms = str | list[str] | tuple[str, ...]


@pytest.fixture
def speak() -> Iterator[Callable[..., None]]:
    """Yield a function that sets the language by environment variables; restore English afterwards."""
    yield lambda **variables: use_language(variables)
    use_language({})


@pytest.fixture
def spanish(speak: Callable[..., None]) -> None:
    """Use Spanish."""
    speak(LANG="es_ES.UTF-8")


def catalogue() -> Catalog:
    """Return the Spanish catalogue, as it was written."""
    with (SPANISH / "chat.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def texts(one_or_many: Forms) -> tuple[str, ...]:
    """Return the forms of a text; one if it has no plural."""
    return (one_or_many,) if isinstance(one_or_many, str) else tuple(one_or_many)


def fields(text: str) -> set[str]:
    """Return the names of the fields of a text."""
    return {name for _literal, name, _format, _conversion in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(
    "variables",
    [
        {"LANG": "es"},
        {"LANG": "es_ES.UTF-8"},
        {"LANG": "es_AR.UTF-8"},
        {"LANG": "es_ES@euro"},
        {"LANG": "en_US.UTF-8", "LC_MESSAGES": "es_MX.UTF-8"},
        {"LANG": "en_US.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LC_ALL": "es_MX.UTF-8"},
        {"LANG": "es_ES.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""},
        {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", "LANGUAGE": "es"},
        {"LANG": "en_US.UTF-8", "LANGUAGE": "eo:es:en"},
    ],
)
def test_spanish_is_used_if_the_environment_asks_for_it(speak: Callable[..., None], variables: dict[str, str]) -> None:
    speak(**variables)

    assert _("nobody") == "nadie"


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LANG": "C"},
        {"LANG": "en_US.UTF-8"},
        {"LANG": "eo"},
        {"LANG": "nonsense"},
        {"LANG": "es_ES.UTF-8", "LC_MESSAGES": "C"},
        {"LANG": "es_ES.UTF-8", "LC_MESSAGES": "es_ES.UTF-8", "LC_ALL": "en_GB.UTF-8"},
        {"LANG": "es_ES.UTF-8", "LANGUAGE": "en:es"},
        {"LANG": "C.UTF-8", "LANGUAGE": "es"},
        {"LC_ALL": "POSIX", "LANGUAGE": "es"},
        {"LANGUAGE": "es"},
    ],
)
def test_other_languages_get_english(speak: Callable[..., None], variables: dict[str, str]) -> None:
    speak(LANG="es")
    speak(**variables)

    assert _("nobody") == "nobody"


def test_the_catalogue_has_each_text_of_the_code_and_no_other() -> None:
    found = extract_from_dir(PACKAGE, [("**.py", "python")], {}, KEYWORDS)
    used = {texts(message) for _file, _line, message, _comments, _context in found}
    written = {texts(message.id) for message in catalogue() if message.id}

    assert used - written == set(), BY_HAND
    assert written - used == set(), BY_HAND


def test_no_f_string_is_or_contains_a_translated_text() -> None:
    """Babel does not find them, or only with newer versions of Python."""
    hidden = [ast.unparse(each) for path in PACKAGE.rglob("*.py") for each in _hidden(ast.parse(path.read_text()))]

    assert hidden == []


def _hidden(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and any(_translates(each, ast.Constant) for each in ast.walk(node)):
            yield node
        if _translates(node, ast.JoinedStr):
            yield node


def _translates(node: ast.AST, kind: type[ast.expr]) -> bool:
    """Return whether a node asks for the translation of an expression of this kind."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in KEYWORDS:
        return False
    return any(isinstance(argument, kind) for argument in node.args)


def test_every_text_is_translated() -> None:
    missing = [
        message.id for message in catalogue() if message.id and (message.fuzzy or not all(forms(message.string)))
    ]

    assert missing == [], BY_HAND


def forms(translation: Forms) -> tuple[str, ...]:
    """Return the forms of a translation, or one empty form if it is missing."""
    return texts(translation) or ("",)


def test_a_translation_has_the_fields_of_its_text() -> None:
    """Otherwise the client could not show it, or it would lack information."""
    wrong = [
        form
        for message in catalogue()
        if message.id
        for form in texts(message.string)
        if fields(form) != fields(texts(message.id)[-1])
    ]

    assert wrong == []


def test_a_translation_begins_and_ends_with_blanks_where_its_text_does() -> None:
    def blanks(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    for message in catalogue():
        for form in texts(message.string) if message.id else ():
            assert blanks(form) == blanks(texts(message.id)[0]), form


def test_the_compiled_catalogue_equals_the_written_one() -> None:
    with (SPANISH / "chat.mo").open("rb") as file:
        compiled = {texts(message.id): texts(message.string) for message in read_mo(file) if message.id}
    written = {texts(message.id): texts(message.string) for message in catalogue() if message.id}

    assert compiled == written, BY_HAND


@pytest.mark.usefixtures("spanish")
def test_lines_are_printed_in_spanish() -> None:
    assert display.lines(Joined(name="ana", room="lobby")) == ["* eres ana en lobby; /help muestra los comandos"]
    assert display.lines(PresenceChanged(at=0, user="beto", kind="lost")) == ["* beto perdió la conexión"]
    assert display.lines(UsersListed(connected=(), disconnected=("ana",))) == [
        "* conectados: nadie",
        "* desconectados: ana",
    ]
    assert display.lines(SearchListed(words="hola", messages=(), more=False)) == ['* ningún mensaje tiene "hola"']
    assert "  mostrar esta lista" in "\n".join(help_lines())


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize(
    ("total", "line"),
    [
        (0, "* has enviado 0 mensajes con este nombre"),
        (1, "* has enviado 1 mensaje con este nombre"),
        (2000, "* has enviado 2,000 mensajes con este nombre"),
    ],
)
def test_plurals_are_spanish(total: int, line: str) -> None:
    assert display.lines(MyMessagesListed(messages=(), total=total)) == [line]


@pytest.mark.usefixtures("spanish")
def test_names_that_look_like_fields_are_shown_as_they_are() -> None:
    assert display.lines(PresenceChanged(at=0, user="{name}", kind="left")) == ["* {name} salió"]


@pytest.mark.usefixtures("spanish")
def test_refusals_are_told_in_spanish_by_their_reason() -> None:
    assert refusal("name_taken", "ana is taken: choose another name") == "ese nombre ya lo tiene alguien: elige otro"
    with pytest.raises(InvalidName) as name:
        name_key("a b")
    assert explained(name.value).startswith("eso no puede ser un nombre")
    with pytest.raises(InvalidText) as text:
        check_text(" ")
    assert explained(text.value).startswith("un mensaje tiene de 1 a 4,096 caracteres")


@pytest.mark.usefixtures("spanish")
def test_a_refusal_for_an_unknown_reason_is_told_as_the_service_says_it() -> None:
    assert refusal("full_moon", "the moon is full: wait") == "the moon is full: wait"


def test_in_english_refusals_have_the_service_s_own_words() -> None:
    assert refusal("name_taken", "ana is taken: choose another name") == "ana is taken: choose another name"


@pytest.mark.usefixtures("spanish")
def test_the_help_of_the_command_line_is_spanish(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        client_settings({}, ["--help"])

    printed = capsys.readouterr().out
    assert "opciones:" in printed
    assert "show" not in printed


def test_the_client_s_command_speaks_the_language_of_its_environment() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AMQP_URL")}

    run = subprocess.run(
        [sys.executable, "-m", "chat_client"],
        env={**environ, "LC_ALL": "es_ES.UTF-8", "LANGUAGE": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=30,
    )

    assert run.returncode == 2
    assert run.stderr.startswith("chat: AMQP_URL no está definida")

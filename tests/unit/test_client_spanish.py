"""The Spanish client, through its screens, its help and its refusals: no English is left."""

import asyncio
import os
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from chat_client import events, keys
from chat_client.commands import help_lines
from chat_client.fullscreen.composer import Composer
from chat_client.language import LOCALES, use_language
from chat_client.system_errors import COMMON
from testkit.fake_session import ChatDriver, message, open_client, run_in_room
from testkit.people import COMMAND, environment

NO_BROKER = "amqp://client:x@127.0.0.1:9/"
# English of Textual and argparse that no text of the client has.
FOREIGN = {"matches", "themes", "quit", "application", "loading", "found", "expected", "unrecognized", "error", "left"}
# Words that are the same in both languages, or stand for something that a person types or reads as it is.
SAME = {
    *("chat", "tertulia", "alice", "bob", "eve", "lobby", "host", "error", "theme", "no", "rabbitmq", "archivo"),
    *("ctrl", "tab", "esc", "alt", "utc", "amqp", "url", "term", "dumb", "stdin", "stdout", "stderr", "on", "off"),
    *(
        "mention",
        "mymsgs",
        "mymgs",
        "bell",
        "members",
        "joins",
        "ignore",
        "highlight",
        "notify",
        "local",
        "time",
        "name",
    ),
}


def words(text: str) -> set[str]:
    """Return the words of a text, without its fields, options and commands."""
    text = re.sub(r"\{[^}]*\}|%\(\w+\)s|[-/]+[a-z][a-z-]*|https?:\S+", " ", text.casefold())
    return set(re.findall(r"[^\W\d_]{2,}", text))


def english() -> set[str]:
    """Return the words that only the English texts have."""
    with (LOCALES / "es" / "LC_MESSAGES" / "chat.po").open("rb") as file:
        catalogue = [each for each in read_po(file) if each.id]
    ours = set().union(*(words(form) for each in catalogue for form in forms(each.id)))
    spanish = set().union(*(words(form) for each in catalogue for form in forms(each.string)))
    return (ours | FOREIGN) - spanish - SAME


def forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def assert_spanish(text: str) -> None:
    assert len(words(text)) > 1, text
    assert words(text) & english() == set(), text


@pytest.fixture(autouse=True)
def spanish() -> Iterator[None]:
    use_language({"LANG": "es_ES.UTF-8"})
    yield
    use_language({})


def shown(chat: ChatDriver) -> str:
    """Return the text on the screen, and that in the frames of its widgets."""
    frames = [(widget.border_title, widget.border_subtitle) for widget in chat.app.screen.query("*")]
    return "\n".join([chat.screen(), *(str(text) for frame in frames for text in frame if text)])


async def lost(chat: ChatDriver) -> None:
    await chat.emit(events.ConnectionLost(broker="host:5672"))
    await chat.enter("hola")


async def refused(chat: ChatDriver) -> None:
    await chat.enter("hola")
    await chat.emit(events.NotSent(sequence=1, text="hola", reason="vas muy rápido"))
    await chat.enter("/x")
    await chat.enter("/usrs")
    await chat.enter("/bell no")
    await chat.enter("/users no")
    await chat.enter("/search")


async def told(chat: ChatDriver) -> None:
    await chat.enter("/bell")
    await chat.enter("/bell off")
    await chat.enter("/help search")
    await chat.enter("/users")
    await chat.emit(events.PresenceChanged(at=0, user="bob", kind="left"))


async def pasted(chat: ChatDriver) -> None:
    chat.room.query_one(Composer).paste("x\n" * 20)
    await chat.pilot.pause()


async def helped(chat: ChatDriver) -> None:
    await chat.pilot.press("f1")
    await chat.pilot.pause()


async def own(chat: ChatDriver) -> None:
    await chat.enter("/mymsgs")


async def searched(chat: ChatDriver) -> None:
    await chat.enter("/search hola")
    await chat.emit(events.SearchListed(words="hola", messages=(), more=False))


async def palette(chat: ChatDriver) -> None:
    await chat.pilot.press("ctrl+p")
    await chat.until(lambda: "F1" in chat.screen() or "/users" in chat.screen(), "the palette lists its entries")


async def palette_without_match(chat: ChatDriver) -> None:
    await chat.pilot.press("ctrl+p", *"xqxq")
    await chat.until(lambda: "nada coincide" in chat.screen(), "the palette says so")


async def preferences(chat: ChatDriver) -> None:
    for line in (
        "/set",
        "/set bell off",
        "/set bell",
        "/set nada",
        "/ignore bob",
        "/ignore",
        "/unignore eve",
        "/go nada",
    ):
        await chat.enter(line)


async def lines_typed_before(chat: ChatDriver) -> None:
    await chat.enter("hola")
    await chat.pilot.press("ctrl+r", *"ho")
    await chat.pilot.pause()


async def leaving(chat: ChatDriver) -> None:
    await chat.pilot.press("ctrl+c")
    await chat.pilot.press("ctrl+q")
    await chat.pilot.pause()


SCREENS = (
    lost,
    refused,
    told,
    pasted,
    helped,
    own,
    searched,
    palette,
    palette_without_match,
    preferences,
    lines_typed_before,
    leaving,
)


@pytest.mark.parametrize("steps", SCREENS, ids=lambda steps: steps.__name__)
def test_a_screen_has_no_english(steps: Callable[[ChatDriver], Awaitable[None]]) -> None:
    async def look(chat: ChatDriver) -> None:
        await steps(chat)
        assert_spanish(shown(chat))

    run_in_room(look, message("hola a todos"), size=(120, 60))


def test_the_question_for_the_name_has_no_english() -> None:
    async def look() -> None:
        async with open_client() as chat:
            assert_spanish(shown(chat))

    asyncio.run(look())


def test_the_help_of_the_line_client_has_no_english() -> None:
    assert_spanish("\n".join(help_lines()))


def test_keys_are_named_as_on_a_spanish_keyboard() -> None:
    assert keys.written("shift+enter delete pageup ctrl+home") == "Mayús+Intro Supr RePág Ctrl+Inicio"


def client(state: str, command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a shell command with the Spanish client's command and arguments as "$@"."""
    return subprocess.run(
        ["sh", "-c", command, "sh", *COMMAND, *arguments],
        env={**environment(NO_BROKER, Path(state)), "LC_ALL": "es_ES.UTF-8", "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--nonsense"], ["--name"], ["--plain=1"], ["word"], ["--plain", "--local-time"]], ids=str
)
def test_the_command_line_has_no_english(tmp_path: Path, arguments: list[str]) -> None:
    ended = client(str(tmp_path), 'exec "$@"', *arguments)

    assert_spanish((ended.stdout + ended.stderr).replace("nonsense", "").replace("word", ""))


def test_errors_of_the_system_are_told_in_spanish(tmp_path: Path) -> None:
    full = client(str(tmp_path), 'exec "$@" >/dev/full', "--name", "bot")
    no_directory = client("/dev/null", 'exec "$@"', "--name", "bot")

    assert "no queda espacio en el dispositivo" in full.stderr
    assert "no es un directorio" in no_directory.stderr


def test_the_system_errors_are_those_of_this_system() -> None:
    assert set(COMMON) <= {os.strerror(number) for number in range(200)}

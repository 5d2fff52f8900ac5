"""What a person can type: text, or one of the commands. /help is made from the registry here."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its names, the usual one first, and what /help says of it."""

    names: tuple[str, ...]
    help: str


USERS = Command(("users",), "who is connected, and who holds a name but lost the connection")
MY_MESSAGES = Command(("mymsgs", "mymgs"), "every message you have sent under this name")
HELP = Command(("help",), "this list")
EXIT = Command(("exit", "quit"), "leave, and free your name (Ctrl-D does the same)")
COMMANDS = (USERS, MY_MESSAGES, HELP, EXIT)

_BY_NAME = {name: command for command in COMMANDS for name in command.names}


@dataclass(frozen=True, slots=True)
class Text:
    """What was typed is to be said."""

    text: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was typed is neither text nor a command; `hint` says what it may have been meant to be."""

    hint: str


def parse(line: str) -> Text | Command | Mistake | None:
    """What a typed line means; None for a blank one. `//text` is the text `/text`."""
    if not line.strip():
        return None
    if not line.startswith("/"):
        return Text(line)
    if line.startswith("//"):
        return Text(line[1:])
    name, *rest = line[1:].split(maxsplit=1) or [""]
    command = _BY_NAME.get(name.lower())
    if command is None:
        return Mistake(f"there is no command /{name}: did you mean /{_nearest(name)}? (to say it, type /{line})")
    if rest:
        return Mistake(f"/{name} takes nothing after it: type /{name} alone (to say it, type /{line})")
    return command


def help_lines() -> list[str]:
    """The list of commands, a line each."""
    spellings = [", ".join(f"/{name}" for name in command.names) for command in COMMANDS]
    width = max(map(len, spellings))
    lines = [f"{names:{width}}  {command.help}" for names, command in zip(spellings, COMMANDS, strict=True)]
    return [*lines, f"{'//text':{width}}  say /text"]


def _nearest(name: str) -> str:
    return get_close_matches(name.lower(), _BY_NAME, n=1, cutoff=0.0)[0]

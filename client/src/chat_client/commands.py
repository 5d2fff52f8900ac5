"""What a person can type: text, or one of the commands. /help is made from the registry here."""

from dataclasses import dataclass
from difflib import get_close_matches

from chat_client.language import _, marked

ACTION = "/me "  # how the text of an action begins, by XEP-0245
BELL_MODES = ("on", "off", "mention")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its names, the usual one first, and what /help says of it.

    `argument` is the word by which /help calls what has to follow it. `choices` is all that this may be; a command
    that has them may also stand alone.
    """

    names: tuple[str, ...]
    help: str
    argument: str = ""
    choices: tuple[str, ...] = ()


USERS = Command(("users",), marked("who is connected, and who holds a name but lost the connection"))
MY_MESSAGES = Command(("mymsgs", "mymgs"), marked("every message you have sent under this name"))
SEARCH = Command(("search",), marked("the messages of the room that have all these words"), marked("WORDS"))
ME = Command(("me",), marked('say what you do: "/me waves" is shown as "* name waves"'), marked("ACTION"))
BELL = Command(
    ("bell",),
    marked("when it rings in the full-screen client; alone it says what is set"),
    "|".join(BELL_MODES),
    BELL_MODES,
)
HELP = Command(("help",), marked("this list"))
EXIT = Command(("exit", "quit"), marked("leave, and free your name (Ctrl-D does the same)"))
COMMANDS = (USERS, MY_MESSAGES, SEARCH, ME, BELL, HELP, EXIT)

NO_BELL_HERE = marked("/bell is for the full-screen client: nothing rings here")

_BY_NAME = {name: command for command in COMMANDS for name in command.names}


@dataclass(frozen=True, slots=True)
class Text:
    """What was typed is to be said."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command is asked for, with what was typed after it."""

    command: Command
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was typed is neither text nor a command; `hint` says what it may have been meant to be."""

    hint: str


def parse(line: str) -> Text | Asked | Mistake | None:
    """What a typed line means; None for a blank one. `//text` is the text `/text`, `/me` is a text of its own."""
    if not line.strip():
        return None
    if not line.startswith("/"):
        return Text(line)
    if line.startswith("//"):
        return Text(_said(line[1:]))
    name, *rest = line[1:].split(maxsplit=1) or [""]
    argument = "".join(rest).rstrip()
    command = command_named(name)
    if command is None:
        hint = _("there is no command /{name}: did you mean /{nearest}? (to say it, type /{line})")
        return Mistake(hint.format(name=name, nearest=_nearest(name), line=line))
    if hint := _wrong_argument(command, name, argument, line):
        return Mistake(hint)
    if command is ME:
        return Text(ACTION + argument)
    return Asked(command, argument.lower() if command.choices else argument)


def command_named(name: str) -> Command | None:
    """The command that has this name, in whatever case."""
    return _BY_NAME.get(name.lower())


def action(text: str) -> str | None:
    """What the sender of this text does, if it is an action by XEP-0245; None if it is said."""
    return (text.removeprefix(ACTION).strip() or None) if text.startswith(ACTION) else None


def help_rows() -> list[tuple[str, str]]:
    """The commands, each as it is typed, with what it does."""
    return [*((_usage(command), _(command.help)) for command in COMMANDS), ("//text", _("say /text"))]


def help_lines() -> list[str]:
    """The list of commands, a line each."""
    width = max(len(usage) for usage, _help in help_rows())
    return [f"{usage:{width}}  {help}" for usage, help in help_rows()]


def _usage(command: Command, *names: str) -> str:
    spellings = ", ".join(f"/{name}" for name in names or command.names)
    return f"{spellings} {_(command.argument)}" if command.argument else spellings


def _wrong_argument(command: Command, name: str, argument: str, line: str) -> str:
    if argument and not command.argument:
        hint = _("/{name} takes nothing after it: type /{name} alone (to say it, type /{line})")
        return hint.format(name=name, line=line)
    if not argument and command.argument and not command.choices:
        return _("/{name} needs something after it: type {usage}").format(name=name, usage=_usage(command, name))
    if argument and command.choices and argument.lower() not in command.choices:
        return _("/{name} does not know {argument}: type {usage}").format(
            name=name, argument=argument, usage=_usage(command, name)
        )
    return ""


def _said(text: str) -> str:
    """A text that is said even if it looks like an action: a blank before it makes the difference."""
    return f" {text}" if action(text) else text


def _nearest(name: str) -> str:
    return get_close_matches(name.lower(), _BY_NAME, n=1, cutoff=0.0)[0]

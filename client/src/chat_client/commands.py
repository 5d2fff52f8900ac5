"""The table of commands: one entry gives a command its names, its help, its argument and its handler.

Each frontend hands a typed line to `enter`, and implements `Frontend`. /help, the completion of the full screen and the
reference page are made from `COMMANDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol, assert_never

from chat_client.errors import BadPreference
from chat_client.language import _, marked
from chat_client.preferences import BELL_MODES
from chat_client.texts import explained
from chat_wire.errors import InvalidText

ACTION = "/me "  # how the text of an action begins (XEP-0245)


class Frontend(Protocol):
    """The operations of a frontend that commands use."""

    def post_text(self, text: str) -> None:
        """Post a message. Raises InvalidText."""

    def reject_line(self, line: str, reason: str, /) -> None:
        """Show why a typed line is neither posted nor carried out."""

    def list_members(self) -> None:
        """Ask for the members of the room, and show them."""

    def list_my_messages(self) -> None:
        """Ask for the person's own messages, and show them."""

    def search_messages(self, words: str) -> None:
        """Ask for the messages with words that begin with each of these words, and show them."""

    def go_to(self, when: str, /) -> None:
        """Show the messages of a day or time, as typed."""

    def ignore_person(self, name: str, /) -> None:
        """Hide the messages of a person, or show who is hidden if the name is empty."""

    def unignore_person(self, name: str, /) -> None:
        """Show the messages of a hidden person again."""

    def set_bell(self, mode: str, /) -> None:
        """Set the bell to one of BELL_MODES, unless that is empty, and show how it is set."""

    def set_preference(self, argument: str, /) -> None:
        """Change a preference and show it; without a value show one, without a name all. Raises BadPreference."""

    def show_help(self) -> None:
        """Show the commands."""

    def show_lines(self, *lines: str) -> None:
        """Show lines that only this person sees."""

    def leave_chat(self) -> None:
        """Leave once all messages have come back, and free the name."""


Handler = Callable[[Frontend, str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        names: Its names, the usual one first.
        help: The msgid of its line in /help.
        handler: Carries it out; receives the frontend and the argument.
        argument: The msgid by which /help calls the argument; empty for a command without one.
        choices: All values of the argument, if they are limited.
        optional: Whether the command may also stand alone.
        details: The msgids of further lines of `/help` with its name.
    """

    names: tuple[str, ...]
    help: str
    handler: Handler
    argument: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    details: tuple[str, ...] = ()


USERS = Command(
    ("users",),
    marked("list the members, connected and disconnected"),
    lambda frontend, _argument: frontend.list_members(),
)
MY_MESSAGES = Command(
    ("mymsgs", "mymgs"),  # the second is a known misspelling that people type
    marked("list every message you have sent under this name"),
    lambda frontend, _argument: frontend.list_my_messages(),
)
SEARCH = Command(
    ("search",),
    marked("list the messages with all these words; each also finds words that begin with it"),
    lambda frontend, words: frontend.search_messages(words),
    marked("WORDS"),
    details=(
        marked('"a phrase" finds words that follow each other; from:NAME, before:DATE, after:DATE narrow the search'),
        marked('for example: /search from:ann after:2026-11-01 "third router"'),
    ),
)
GO = Command(
    ("go",),
    marked("go to a day or time: 2026-11-20, yesterday, 20:15; Esc returns"),
    lambda frontend, when: frontend.go_to(when),
    marked("DATE"),
)
ME = Command(
    ("me",),
    marked('send an action: "/me waves" shows "* name waves"'),
    lambda frontend, action: frontend.post_text(ACTION + action),
    marked("ACTION"),
)
IGNORE = Command(
    ("ignore",),
    marked("hide what somebody says, on this client; alone it shows who is hidden"),
    lambda frontend, name: frontend.ignore_person(name),
    marked("NAME"),
    optional=True,
)
UNIGNORE = Command(
    ("unignore",),
    marked("show again what somebody says"),
    lambda frontend, name: frontend.unignore_person(name),
    marked("NAME"),
)
BELL = Command(
    ("bell",),
    marked("set or show when the full-screen client rings"),
    lambda frontend, mode: frontend.set_bell(mode),
    "|".join(BELL_MODES),
    BELL_MODES,
    optional=True,
)
SET = Command(
    ("set",),
    marked("change a setting, or show one or all: /set bell off"),
    lambda frontend, argument: frontend.set_preference(argument),
    marked("NAME VALUE"),
    optional=True,
)
HELP = Command(
    ("help",),
    marked("show this list, or the help of one command"),
    lambda frontend, name: _help(frontend, name),
    marked("COMMAND"),
    optional=True,
)
EXIT = Command(
    ("exit", "quit"),
    marked("leave and free your name, after a last message if you type one (Ctrl+D leaves too)"),
    lambda frontend, text: _leave(frontend, text),
    marked("MESSAGE"),
    optional=True,
)
COMMANDS = (USERS, MY_MESSAGES, SEARCH, GO, ME, IGNORE, UNIGNORE, BELL, SET, HELP, EXIT)

_BY_NAME = {name: command for command in COMMANDS for name in command.names}
NEAR = 0.7  # the least similarity (difflib) of a mistyped name to a command that is suggested


@dataclass(frozen=True, slots=True)
class Text:
    """The typed line is a message."""

    text: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """The typed line is a command, with its argument."""

    command: Command
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """The typed line is neither; `hint` says what the person probably meant."""

    hint: str


def enter(line: str, frontend: Frontend) -> None:
    """Carry out a typed line: post it, run its command, or reject it."""
    try:
        _carry_out(parse(line), line, frontend)
    except InvalidText as error:
        frontend.reject_line(line, explained(error))
    except BadPreference as error:
        frontend.reject_line(line, str(error))


def parse(line: str) -> Text | Invocation | Mistake | None:
    """Return the meaning of a typed line; None for a blank one.

    `//text` is the text `/text`.
    """
    if not line.strip():
        return None
    if not line.startswith("/"):
        return Text(line)
    if line.startswith("//"):
        return Text(_plain(line[1:]))
    name, *rest = line[1:].split(maxsplit=1) or [""]
    argument = "".join(rest).rstrip()
    command = command_named(name)
    if command is None:
        hint = _("{unknown} (to send this as a message, type /{line})")
        return Mistake(hint.format(unknown=_unknown(name), line=line))
    if hint := _wrong_argument(command, name, argument, line):
        return Mistake(hint)
    return Invocation(command, argument.lower() if command.choices else argument)


def enter_text(line: str, frontend: Frontend) -> None:
    """Post a typed line as a message, also one that begins with a slash; reject it if it cannot be one."""
    try:
        if line.strip():
            frontend.post_text(_plain(line))
    except InvalidText as error:
        frontend.reject_line(line, explained(error))


def command_named(name: str) -> Command | None:
    """Return the command that has this name, in upper or lower case."""
    return _BY_NAME.get(name.lower())


def action(text: str) -> str | None:
    """Return what the sender of this text does, if it is an action (XEP-0245), else None."""
    return (text.removeprefix(ACTION).strip() or None) if text.startswith(ACTION) else None


def usage(command: Command, *names: str) -> str:
    """Return a command as it is typed, by these names or by all, with what stands for its argument."""
    spellings = ", ".join(f"/{name}" for name in names or command.names)
    if not command.argument:
        return spellings
    argument = _(command.argument)
    return f"{spellings} [{argument}]" if command.optional else f"{spellings} {argument}"


def help_rows() -> list[tuple[str, str]]:
    """Return each command as it is typed, with its help."""
    return [*((usage(command), _(command.help)) for command in COMMANDS), ("//text", _("send /text as a message"))]


def help_lines() -> list[str]:
    """Return the list of commands, one per line."""
    width = max(len(usage) for usage, _help in help_rows())
    return [f"{usage:{width}}  {help}" for usage, help in help_rows()]


def _carry_out(meaning: Text | Invocation | Mistake | None, line: str, frontend: Frontend) -> None:
    match meaning:
        case Text(text):
            frontend.post_text(text)
        case Invocation(command, argument):
            command.handler(frontend, argument)
        case Mistake(hint):
            frontend.reject_line(line, hint)
        case None:
            pass
        case _:
            assert_never(meaning)


def _wrong_argument(command: Command, name: str, argument: str, line: str) -> str:
    if argument and not command.argument:
        hint = _("/{name} takes no argument: type /{name} alone (to send this as a message, type /{line})")
        return hint.format(name=name, line=line)
    if not argument and command.argument and not command.optional:
        return _("/{name} needs an argument: type {usage}").format(name=name, usage=usage(command, name))
    if argument and command.choices and argument.lower() not in command.choices:
        return _("/{name} does not know {argument}: type {usage}").format(
            name=name, argument=argument, usage=usage(command, name)
        )
    return ""


def _plain(text: str) -> str:
    """Return a text as one that is not an action. If it looks like an action, put a space before it."""
    return f" {text}" if action(text) else text


def _help(frontend: Frontend, name: str) -> None:
    """Show the help of a command, whose name may have its slash; without a name, the list."""
    if not name:
        frontend.show_help()
    elif command := command_named(name.removeprefix("/")):
        frontend.show_lines(f"{usage(command)}  {_(command.help)}", *map(_, command.details))
    else:
        frontend.reject_line(f"/help {name}", _unknown(name.removeprefix("/")))


def _leave(frontend: Frontend, text: str) -> None:
    """Post a last message, if there is one, and leave. Raises InvalidText; then the person stays."""
    if text:
        frontend.post_text(text)
    frontend.leave_chat()


def _unknown(name: str) -> str:
    """Return that there is no such command, with the nearest one. It never suggests to leave."""
    suggested = [each for each, command in _BY_NAME.items() if command is not EXIT]
    near = get_close_matches(name.lower(), suggested, n=1, cutoff=NEAR)
    if near:
        return _("there is no command /{name}: did you mean /{nearest}?").format(name=name, nearest=near[0])
    return _("there is no command /{name}: /help lists the commands").format(name=name)

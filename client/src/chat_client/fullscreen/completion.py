"""Completion of the word before the cursor: a command, its argument, or a name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chat_client.commands import COMMANDS, Command, command_named


@dataclass(frozen=True, slots=True)
class Completion:
    """The choices for a word.

    Attributes:
        choices: The word as the person typed it, then everything that completes it.
        at: The index of the current choice.
    """

    choices: tuple[str, ...]
    at: int = 0

    @property
    def word(self) -> str:
        """The current choice."""
        return self.choices[self.at]

    def turned(self, step: int) -> "Completion":
        """Return the completion at the next choice (1) or the previous one (-1), in a circle."""
        return replace(self, at=(self.at + step) % len(self.choices))


def completion(before: str, names: Sequence[str]) -> Completion:
    """Return the choices for the last word before the cursor. Names keep their order."""
    word = re.split(r"\s", before)[-1]
    found = _choices(before.removesuffix(word), word, names)
    return Completion((word, *(choice for choice in found if choice != word)))


def _choices(before: str, word: str, names: Sequence[str]) -> Iterable[str]:
    if not before and word.startswith("/"):
        return _commands(word)
    command = command_named(before[1:].strip()) if before.startswith("/") else None
    if command and (command.choices or not command.argument):
        return _beginning(word, command.choices)
    ending = " " if before else ": "
    return [name + ending for name in _beginning(word, names)]


def _commands(word: str) -> list[str]:
    """Return one name of each command that has a matching name: its usual name if that matches."""
    found = [(command, _beginning(word[1:], command.names)) for command in COMMANDS]
    return [_spelled(command, names[0]) for command, names in found if names]


def _spelled(command: Command, name: str) -> str:
    return f"/{name} " if command.argument else f"/{name}"


def _beginning(word: str, these: Iterable[str]) -> list[str]:
    return [each for each in these if each.casefold().startswith(word.casefold())]

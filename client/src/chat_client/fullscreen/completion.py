"""Completion of the word before the cursor: a command, its argument, or a name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from chat_client.commands import COMMANDS, SET, Command, command_named
from chat_client.preferences import completions


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
    """Return the choices for the last word before the cursor.

    Those in the case that was typed come first. Apart from that, names keep their order.
    """
    last = re.split(r"\s", before)[-1]
    for word in _words(last):
        found = _choices(before.removesuffix(word), word, names)
        if choices := [choice for choice in found if choice != word]:
            return Completion((word, *choices))
    return Completion((last,))


def _words(last: str) -> Iterator[str]:
    """Return what may be meant: all that follows the last space, or a part of it behind a punctuation mark.

    A name can have punctuation marks itself, so the longest part comes first.
    """
    yield last
    for mark in re.finditer(r"[\W_]", last):
        word = last[mark.end() :]
        if word or mark[0] == "@":
            yield word


def _choices(before: str, word: str, names: Sequence[str]) -> Iterable[str]:
    if not before and word.startswith("/"):
        return _commands(word)
    if before and not before.strip("/"):  # the word is a part of what may become a command
        return []
    typed, *arguments = before.split() or [""]
    if typed.startswith("/") and command_named(typed[1:]) is SET:
        return _set(arguments, word)
    command = command_named(before[1:].strip()) if before.startswith("/") else None
    if command and (command.choices or not command.argument):
        return _beginning(word, command.choices)
    ending = " " if before else ": "
    return [name + ending for name in _beginning(word, names)]


def _set(typed_before: Sequence[str], word: str) -> list[str]:
    """Return the names of preferences with a space for the value, or the values of one."""
    ending = "" if typed_before else " "
    return [each + ending for each in _beginning(word, completions(typed_before))]


def _commands(word: str) -> list[str]:
    """Return one name of each command that has a matching name: its usual name if that matches."""
    found = [(command, _beginning(word[1:], command.names)) for command in COMMANDS]
    return [_spelled(command, names[0]) for command, names in found if names]


def _spelled(command: Command, name: str) -> str:
    return f"/{name} " if command.argument else f"/{name}"


def _beginning(word: str, these: Iterable[str]) -> list[str]:
    found = [each for each in these if _folded(each).startswith(_folded(word))]
    return sorted(found, key=lambda each: not each.startswith(word))


def _folded(text: str) -> str:
    return normalize("NFC", text.casefold())

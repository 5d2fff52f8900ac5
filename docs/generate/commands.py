"""The page of the client's commands and keys, and the README's part of it, from the two tables."""

from chat_client.commands import help_rows
from chat_client.keys import help_sections
from docs.generate.markdown import code, table

INTRO = """\
# Commands and keys

The client shows this list on F1 or `/help`, and Ctrl+P searches it. [Use the client](../how-to/use-the-client.md)
explains the work with it. [Add a command](../how-to/add-a-command.md) and
[add a key](../how-to/add-a-command.md#add-a-key) explain how to extend it.

## Commands

"""
KEYS = """
## Keys and mouse

The full-screen client has these keys.

"""


def page() -> str:
    """Return the page."""
    return INTRO + command_table() + KEYS + key_tables()


def command_table() -> str:
    """Return the table of commands."""
    return table(("command", "effect"), [(code(usage), effect) for usage, effect in help_rows()])


def key_tables() -> str:
    """Return a table of keys or gestures for each category."""
    return "\n".join(table((category, "effect"), lines) for category, lines in help_sections())

"""The page of the client's commands and keys, from its table of commands and its table of keys."""

from chat_client.commands import help_rows
from chat_client.keys import KEYS
from docs.generate.markdown import code, table

INTRO = """\
# Commands and keys

The client shows this list on F1 or `/help`. [Use the client](../how-to/use-the-client.md) explains the work with it.
[Add a command](../how-to/add-a-command.md) explains how to extend this list.

## Commands

"""
KEYS_TITLE = """
## Keys

The full-screen client has these keys. The mouse wheel scrolls.

"""


def page() -> str:
    """Return the page."""
    commands = table(("command", "effect"), [(code(usage), effect) for usage, effect in help_rows()])
    return INTRO + commands + KEYS_TITLE + table(("key", "effect"), KEYS)

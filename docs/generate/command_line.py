"""The page of the command lines: `chat`, `chat-admin` and the targets of make."""

import re

import chat_admin.__main__ as admin
from docs.generate.markdown import code, table
from docs.generate.source import ROOT, calls, modules, text_in

INTRO = """\
# Command line

## chat

`chat` opens the client. The setting `AMQP_URL`, or `AMQP_URL_FILE`, names the broker; [settings](settings.md) has the
others.

"""
STATUSES = """
### Exit statuses

| status | meaning |
| --- | --- |
| 0 | the client has left, and everything sent has come back |
| 1 | a message was not sent, the session was taken over or released, or input or output failed; stderr says which |
| 2 | the client could not join, or a setting or option is wrong |
| 130 | the person interrupted the client: Ctrl+C in the line client, a second Ctrl+Q in the full screen |
| 128 + N | signal N ended the client |

## chat-admin

```text
"""
MAKE = """```

## make

"""


def page() -> str:
    """Return the page."""
    options = table(("option", "effect"), _options())
    targets = table(("target", "effect"), _targets())
    return INTRO + options + STATUSES + (admin.__doc__ or "") + MAKE + targets


def _options() -> list[tuple[str, str]]:
    """Return the options of the client with their help, from its calls of add_argument."""
    found = []
    for call in calls(modules()["chat_client.settings"], "add_argument"):
        names = [name for each in call.args if (name := text_in(each))]
        help_text = next(text_in(keyword.value) for keyword in call.keywords if keyword.arg == "help")
        found.append((", ".join(map(code, names)), help_text or ""))
    return found


def _targets() -> list[tuple[str, str]]:
    text = (ROOT / "Makefile").read_text()
    return [(code(f"make {name}"), effect) for name, effect in re.findall(r"^([a-z-]+):.*?## +(.*)$", text, re.M)]

"""The page of the preferences, from their table."""

from chat_client.preferences import PREFERENCES, Preference, Preferences
from docs.generate.markdown import code, table

INTRO = """\
# settings.toml

The client keeps the preferences of a person in `settings.toml`, in TOML, in the directory `tertulia/` of the user's
configuration: `~/.config/tertulia/settings.toml` on Linux, or below `XDG_CONFIG_HOME`;
`~/Library/Application Support/tertulia/settings.toml` on macOS. The file need not exist.

`/set NAME VALUE` in the chat changes a preference at once, and writes it to the file. `/set` alone lists all,
`/set NAME` shows one with its choices, and `/set NAME default` restores the default. `/bell`, F4, `/ignore` and the
themes of Ctrl+P change the same preferences.

"""
REST = """
- The command line and the environment win over the file: `--name`, `--local-time` and `NO_COLOR`. The client does not
  write what they say to the file.
- The client reads the file at its start. It writes only the preference that changes, and keeps comments.
- The client names unknown settings and wrong values in the chat, and leaves them in the file. If the file is not TOML,
  the client names the line, starts with the defaults, and does not change the file.
- In the line client, `name`, `joins` and `ignore` have an effect, and only if a person types at a terminal. A script
  sees the same lines whatever the file says.
- `joins` hides the lines of the room; the list of members always shows who is there.

An example:

```toml
theme = "auto"
local_time = true
highlight = ["deploy", "on call"]  # as in /set highlight deploy,on call
```
"""


def page() -> str:
    """Return the page."""
    header = ("name", "values in /set", "in the file", "default", "meaning")
    return INTRO + table(header, [_row(preference) for preference in PREFERENCES]) + REST


def _row(preference: Preference) -> tuple[str, ...]:
    choices = ", ".join(map(code, preference.kind.choices)) or preference.kind.values
    default = getattr(Preferences(), preference.name)
    form = {bool: "`true`, `false`", tuple: "a list of strings"}.get(type(default), "a string")
    return code(preference.name), choices, form, code(preference.default) if preference.default else "", preference.help

"""The file of the preferences, `settings.toml`: read at the start, and written when a preference changes.

The client writes only the preference that changed. Comments and settings that it does not know stay in the file.
"""

import os
import re
import secrets
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chat_client.language import _
from chat_client.preferences import (
    Preferences,
    Value,
    all_shown,
    from_file,
    preference_named,
    shown,
    shown_briefly,
    with_typed,
)
from chat_client.system_errors import why

FILE = "settings.toml"
_LINE = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")  # in the errors of tomllib


class PreferenceStore:
    """The preferences in force, and the file in which they are kept.

    Attributes:
        current: The preferences in force.
        remarks: What is wrong with the file, for the person.
    """

    def __init__(self, path: Path, **given: Any) -> None:
        """Read the file. If it cannot be read, start with the defaults.

        Args:
            path: The path of the file, which need not exist.
            given: Preferences from the command line or the environment, which win over the file.
        """
        self._path = path
        self._watchers: list[Callable[[], object]] = []
        found, self.remarks = _read(path)
        self.current = replace(found, **given)

    def watch(self, changed: Callable[[], object]) -> None:
        """Call a function after each change."""
        self._watchers.append(changed)

    def change(self, name: str, text: str) -> str:
        """Change a preference to a typed value, and write it to the file.

        Returns:
            Why it is not in the file; empty if it is.

        Raises:
            BadPreference: The name or the value is wrong.
        """
        self.current = with_typed(self.current, name, text)
        return self._changed(preference_named(name).name)

    def put(self, name: str, value: Value) -> str:
        """Change a preference to a value, and write it to the file. Return why it is not there; empty if it is."""
        changed: Any = {name: value}
        self.current = replace(self.current, **changed)
        return self._changed(name)

    def _changed(self, name: str) -> str:
        for changed in self._watchers:
            changed()
        try:
            _write(self._path, name, getattr(self.current, name))
        except OSError as error:
            reason = why(error)
        except ValueError as error:
            reason = str(error)
        else:
            return ""
        return _("this holds until the client ends: {path} is not changed ({why})").format(path=self._path, why=reason)


def set_by_command(store: PreferenceStore, argument: str) -> list[str]:
    """Carry out /set.

    Args:
        store: The preferences.
        argument: The name and the value of the preference to change; a name alone to show it; empty to show all.

    Returns:
        The lines for the person.

    Raises:
        BadPreference: The name or the value is wrong.
    """
    name, *value = argument.split(maxsplit=1) or [""]
    if not name:
        return [*all_shown(store.current), _("/set NAME VALUE changes one; /set NAME shows its values")]
    if not value:
        return [shown(store.current, name)]
    unsaved = store.change(name, value[0])
    return [shown_briefly(store.current, name), *([unsaved] if unsaved else [])]


def _read(path: Path) -> tuple[Preferences, list[str]]:
    try:
        written = path.read_bytes().decode()
        found, remarks = from_file(tomllib.loads(written))
    except FileNotFoundError:
        return Preferences(), []
    except OSError as error:
        text = _("{path} cannot be read ({why}): the client starts with its defaults")
        return Preferences(), [text.format(path=path, why=why(error))]
    except UnicodeDecodeError as error:
        return Preferences(), [_broken(path, error.object.count(b"\n", 0, error.start) + 1, _("not UTF-8"))]
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line = int(place[1]) if place and place[1] else written.count("\n") + 1
        return Preferences(), [_broken(path, line, _LINE.sub("", str(error)))]
    return found, [f"{path}: {remark}" for remark in remarks]


def _broken(path: Path, line: int, reason: str) -> str:
    text = _(
        "{path}, line {line}: this is not TOML ({why}): correct it; the client starts with its defaults, and leaves "
        "the file as it is"
    )
    return text.format(path=path, line=line, why=reason)


def _write(path: Path, name: str, value: Value) -> None:
    """Write one preference.

    Raises:
        OSError: The file cannot be read or written.
        ValueError: It is not TOML.
    """
    import tomlkit  # takes time to load, and most runs change nothing

    path = path.resolve()  # a person may keep the file elsewhere, and link to it
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = tomlkit.parse(path.read_bytes().decode() if path.exists() else "")
    document[name] = list(value) if isinstance(value, tuple) else value
    _replace(path, document.as_string())


def _replace(path: Path, text: str) -> None:
    """Replace the file as a whole, with its permissions."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)

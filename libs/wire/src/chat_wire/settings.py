"""Settings: environment variables, or files that environment variables name.

    SettingError
    ├── MissingSetting    a setting that has no default is not set, or its file cannot be read
    └── InvalidSetting    the value breaks a rule

The text of each error names the setting and says what to do. It never quotes a value that may be a secret.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from chat_wire.limits import MAX_INT64

_MAX_QUOTED = 80  # characters of a wrong value in an error text


class SettingError(Exception):
    """Base of the errors of settings."""


class MissingSetting(SettingError):
    """A setting that has no default is not set, or its file cannot be read."""


class InvalidSetting(SettingError):
    """The value of a setting breaks a rule."""


def setting(environ: Mapping[str, str], name: str, default: str | None = None) -> str:
    """Return the value of a setting.

    The variable NAME goes before the file that NAME_FILE names; container platforms hand secrets over as files.

    Args:
        environ: The environment variables.
        name: The setting's name.
        default: The value when neither variable is set.

    Returns:
        The value. White space at both ends of a file is removed.

    Raises:
        MissingSetting: Nothing is set and there is no default, or the file cannot be read.
    """
    if name in environ:
        return environ[name]
    if f"{name}_FILE" in environ:
        return _read(Path(environ[f"{name}_FILE"]), name)
    if default is None:
        raise MissingSetting(f"{name} is not set: export {name}, or {name}_FILE with the path of a file that holds it")
    return default


def number(environ: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    """Return the value of a setting that is a whole number.

    Args:
        environ: The environment variables.
        name: The setting's name.
        default: The value when the setting is not set.
        least: The smallest number allowed; the largest is `MAX_INT64`.

    Raises:
        MissingSetting: The file that NAME_FILE names cannot be read.
        InvalidSetting: The value is not a whole number, or is out of range.
    """
    value = setting(environ, name, str(default))
    # int() refuses texts of thousands of digits, so the length comes first.
    if value.isdecimal() and (len(value) > len(str(MAX_INT64)) or int(value) > MAX_INT64):
        raise InvalidSetting(f"{name} is {value[:_MAX_QUOTED]!r}: set it to a whole number, at most {MAX_INT64}")
    if not value.isdecimal() or int(value) < least:
        raise InvalidSetting(f"{name} is {value[:_MAX_QUOTED]!r}: set it to a whole number, {least} or more")
    return int(value)


def choice(environ: Mapping[str, str], name: str, options: Sequence[str], default: str) -> str:
    """Return the value of a setting that is one of several words.

    Args:
        environ: The environment variables.
        name: The setting's name.
        options: The words allowed, in upper case. The setting may use any case.
        default: The word when the setting is not set.

    Returns:
        One of `options`.

    Raises:
        MissingSetting: The file that NAME_FILE names cannot be read.
        InvalidSetting: The value is not one of `options`.
    """
    value = setting(environ, name, default)
    if value.upper() not in options:
        words = f"{', '.join(options[:-1])} or {options[-1]}"
        raise InvalidSetting(f"{name} is {value[:_MAX_QUOTED]!r}: set it to {words}")
    return value.upper()


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise MissingSetting(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MissingSetting(f"{name}_FILE names {path}, which is not a text in UTF-8: name another file") from None

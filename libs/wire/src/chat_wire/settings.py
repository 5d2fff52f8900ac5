"""Settings: environment variables, or files that environment variables name.

    SettingError
    ├── MissingSetting    a setting that has no default is not set, or its file cannot be read
    └── InvalidSetting    the value breaks a rule

The text of each error names the setting and says what to do. It never quotes a value that may be a secret. An empty
variable counts as not set: a line such as `LOG_LEVEL=` in a file of settings means the default.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from chat_wire.limits import MAX_INT64

LOG_LEVELS = ("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL")
_MAX_QUOTED = 80  # characters of a wrong value in an error text


class SettingError(Exception):
    """Base of the errors of settings.

    Attributes:
        name: The setting's name.
    """

    def __init__(self, name: str, problem: str) -> None:
        """Make the error; its text is the name and the problem.

        Args:
            name: The setting's name.
            problem: What is wrong and what to do.
        """
        super().__init__(f"{name} {problem}")
        self.name = name


class MissingSetting(SettingError):
    """A setting that has no default is not set, or the file that it names cannot be read."""


class InvalidSetting(SettingError):
    """The value of a setting breaks a rule."""


def setting(environ: Mapping[str, str], name: str, default: str | None = None) -> str:
    """Return the value of a setting.

    The variable NAME goes before the file that NAME_FILE names; container platforms hand secrets over as files. An
    empty variable, and a file without text, count as not set.

    Args:
        environ: The environment variables.
        name: The setting's name.
        default: The value when neither variable is set.

    Returns:
        The value, never empty unless the default is. White space at both ends of a file is removed.

    Raises:
        MissingSetting: Nothing is set and there is no default, or the file cannot be read.
    """
    file = environ.get(f"{name}_FILE")
    value = environ.get(name) or (_read(file, name) if file else None) or default
    if value is not None:
        return value
    if file:
        raise MissingSetting(name, f"is not set: the file {file}, which {name}_FILE names, is empty")
    raise MissingSetting(name, f"is not set: export {name}, or {name}_FILE with the path of a file that holds it")


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
        raise InvalidSetting(name, f"is {value[:_MAX_QUOTED]!r}: set it to a whole number, at most {MAX_INT64}")
    if not value.isdecimal() or int(value) < least:
        raise InvalidSetting(name, f"is {value[:_MAX_QUOTED]!r}: set it to a whole number, {least} or more")
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
        raise InvalidSetting(name, f"is {value[:_MAX_QUOTED]!r}: set it to {words}")
    return value.upper()


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise MissingSetting(f"{name}_FILE", f"names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MissingSetting(f"{name}_FILE", f"names {path}, which is not a text in UTF-8: name another file") from None

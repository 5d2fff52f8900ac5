"""Settings come from the environment, or from the file that NAME_FILE names."""

from collections.abc import Mapping
from pathlib import Path


class SettingError(Exception):
    """Base of what can be wrong with a setting; the text names it and says what to do."""


class MissingSetting(SettingError):
    """A setting that has no default is not there."""


class InvalidSetting(SettingError):
    """A setting's value is not of the kind asked for."""


def setting(environ: Mapping[str, str], name: str, default: str | None = None) -> str:
    """The value of NAME, else the content of the file that NAME_FILE names, else `default`.

    Files are how secrets reach a container. Raises MissingSetting when there is nothing.
    """
    if name in environ:
        return environ[name]
    if f"{name}_FILE" in environ:
        return _read(Path(environ[f"{name}_FILE"]), name)
    if default is None:
        raise MissingSetting(f"{name} is not set: export {name}, or {name}_FILE with the path of a file that holds it")
    return default


def number(environ: Mapping[str, str], name: str, default: int) -> int:
    """The whole number, 0 or more, that NAME sets; raises InvalidSetting for anything else."""
    value = setting(environ, name, str(default))
    if not value.isdecimal():
        raise InvalidSetting(f"{name} is {value!r}: set it to a whole number, 0 or more")
    return int(value)


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise MissingSetting(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from None

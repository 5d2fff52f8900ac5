"""The archive's own settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chat_archive.fulltext import FULL_TEXTS
from chat_tokens.settings import verifying_key
from chat_wire.settings import InvalidSetting, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """The archive's own settings.

    Attributes:
        instance: The replica's name.
        public_key: The key that verifies tokens, in PEM.
        data_dir: The directory of log.txt, and of the index unless `index_url` names another database.
        index_url: The database of the index, as a URL of SQLAlchemy.
    """

    instance: str
    public_key: str
    data_dir: Path
    index_url: str


def archive_settings(environ: Mapping[str, str], instance: str) -> ArchiveSettings:
    """Read and check the archive's own settings.

    Args:
        environ: The environment variables.
        instance: The replica's name.

    Raises:
        SettingError: A setting is missing or wrong; the text says which and what to do.
    """
    data_dir = _directory(environ)
    return ArchiveSettings(
        instance=instance,
        public_key=verifying_key(environ),
        data_dir=data_dir,
        index_url=_index_url(environ, data_dir),
    )


def _directory(environ: Mapping[str, str]) -> Path:
    name = setting(environ, "DATA_DIR")
    path = Path(name).absolute()
    try:
        is_directory = path.is_dir()
    except OSError as error:
        raise InvalidSetting("DATA_DIR", f"cannot be used ({error.strerror}): name another directory") from None
    if not is_directory:
        raise InvalidSetting("DATA_DIR", f"is {name!r}, which is not a directory: create it, or name another one")
    return path


def _index_url(environ: Mapping[str, str], data_dir: Path) -> str:
    """Return the URL of a database whose full-text search the archive knows and whose driver is installed."""
    url = setting(environ, "INDEX_URL", f"sqlite:///{data_dir / 'index.sqlite'}")
    try:
        parsed = sa.make_url(url)
        usable = parsed.get_backend_name() in FULL_TEXTS and _takes_options(parsed)
    except (sa.exc.ArgumentError, ImportError, ValueError):
        usable = False
    if not usable:
        raise InvalidSetting(
            "INDEX_URL",
            "is not the URL of a database that the archive can use: set it to sqlite:////PATH or "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE",
        )
    if parsed.get_backend_name() == "sqlite":
        _check_file(Path(parsed.database or ""))
    return url


def _takes_options(url: sa.URL) -> bool:
    """Return whether the driver knows all options of the URL. It does not connect."""
    dialect = url.get_dialect()
    driver: Any = dialect.import_dbapi()
    _, options = dialect().create_connect_args(url)
    if url.get_backend_name() == "sqlite":  # SQLAlchemy ignores options that it does not know, with a warning
        return True
    try:
        driver.conninfo.make_conninfo(**options)
    except driver.Error:
        return False
    return True


def _check_file(path: Path) -> None:
    try:
        usable = path.parent.is_dir() and not path.is_dir()
    except OSError as error:
        raise InvalidSetting("INDEX_URL", f"cannot be used ({error.strerror}): name another file") from None
    if not usable:
        raise InvalidSetting("INDEX_URL", f"names the file {path}: name a file in a directory that exists")

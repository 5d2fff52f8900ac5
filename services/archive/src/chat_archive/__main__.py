"""Run an archive replica until SIGTERM: `python -m chat_archive`."""

from collections.abc import Mapping
from functools import partial

import sqlalchemy as sa

from chat_archive.local_index import LocalIndex
from chat_archive.private_files import create_private_files
from chat_archive.service import ArchiveService
from chat_archive.settings import archive_settings
from chat_archive.shared_index import SharedIndex
from chat_worker.main import main
from chat_worker.runtime import ServiceFactory


def build(environ: Mapping[str, str], instance: str) -> ServiceFactory:
    """Return the function that makes a service for new connections.

    Args:
        environ: The environment, with the archive's settings.
        instance: The replica's name.

    Raises:
        SettingError: A setting is missing or invalid.
    """
    settings = archive_settings(environ, instance)
    create_private_files()
    return partial(ArchiveService, settings, open_index(settings.index_url))


def open_index(url: str) -> LocalIndex | SharedIndex:
    """Return the index in a database, which connects on first use.

    Args:
        url: The URL of SQLAlchemy, for SQLite or PostgreSQL.
    """
    return LocalIndex(url) if sa.make_url(url).get_backend_name() == "sqlite" else SharedIndex(url)


if __name__ == "__main__":
    main("archive", build)

"""Run an archive replica until SIGTERM: `python -m chat_archive`."""

from collections.abc import Mapping
from functools import partial

from chat_archive.index import Index
from chat_archive.service import ArchiveService
from chat_archive.settings import archive_settings
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
    return partial(ArchiveService, settings, Index(settings.index_url))


if __name__ == "__main__":
    main("archive", build)

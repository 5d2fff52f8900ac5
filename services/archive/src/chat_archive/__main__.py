"""`python -m chat_archive`: run an archive replica until SIGTERM."""

from chat_archive.service import ArchiveService
from chat_archive.settings import archive_settings
from chat_worker.main import main

if __name__ == "__main__":
    main("archive", lambda environ, instance: ArchiveService(archive_settings(environ, instance)))

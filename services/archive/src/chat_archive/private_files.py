"""The archive's files hold everything that was said, and only the archive's user can read them.

The modes are 0700 for the directory and 0600 for the files. Archives of 0.3.0 and older left them to the umask.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
import structlog

log = structlog.get_logger()

UMASK = 0o077


def create_private_files() -> None:
    """Let this process create files that only its user can read: SQLite gives no other way to choose their modes."""
    os.umask(UMASK)


def protect(data_dir: Path, index_url: str) -> None:
    """Take the rights of other users from what exists already.

    Args:
        data_dir: The directory of log.txt.
        index_url: The URL of the index; only SQLite has files here.
    """
    for path in (data_dir, *_files(data_dir, index_url)):
        try:
            _take_rights(path)
        except FileNotFoundError:  # SQLite removes a file when the last connection closes
            continue
        except OSError as error:
            log.warning("file.exposed", path=str(path), error=error.strerror)


def _files(data_dir: Path, index_url: str) -> Iterator[Path]:
    yield from sorted(data_dir.glob("log.txt*"))
    url = sa.make_url(index_url)
    if url.get_backend_name() == "sqlite" and url.database:
        index = Path(url.database)
        yield from sorted(index.parent.glob(f"{index.name}*"))


def _take_rights(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & UMASK:
        path.chmod(mode & ~UMASK)
        log.info("file.protected", path=str(path), mode=f"{mode:04o}")

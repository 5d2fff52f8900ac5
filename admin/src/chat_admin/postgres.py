"""`chat-admin postgres`: the password of the PostgreSQL that compose.postgres.yaml starts.

postgres/password      for PostgreSQL, which takes it when it creates the database
archive/index_url      for the archive
"""

import secrets
from pathlib import Path

from chat_admin.files import write

PASSWORD_BYTES = 24


def write_postgres(directory: Path, host: str) -> None:
    """Write both files, with the password that is there already or a new one.

    Args:
        directory: The directory of the installation.
        host: The host name of PostgreSQL.

    Raises:
        OSError: A file cannot be written or read.
    """
    path = directory / "postgres" / "password"
    password = path.read_text() if path.exists() else secrets.token_urlsafe(PASSWORD_BYTES)
    write(path, password)
    write(directory / "archive" / "index_url", f"postgresql+psycopg://tertulia:{password}@{host}/tertulia\n")

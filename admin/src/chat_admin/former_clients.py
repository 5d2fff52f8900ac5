"""The broker user of clients of 0.3.0, `client`: with one password for all, it may read every room, and post.

An installation that 0.3.0 made keeps it until the operator retires it, so that these clients can go on. A new
installation never has it (docs/decisions/0042-let-the-broker-decide-what-a-session-may-do.md).
"""

from pathlib import Path
from urllib.parse import urlsplit

from chat_admin.files import write
from chat_admin.permissions import FORMER_CLIENT

OPEN = "open"


def former_url(directory: Path) -> Path:
    """Return the file with the URL of the user, which exists as long as it may log in.

    Args:
        directory: The directory of the installation.
    """
    return directory / "former-client" / "amqp_url"


def keep_former_clients(directory: Path) -> None:
    """Move the URL of the user out of the place of the URL that is handed out from now on, if it is there.

    An interrupted run leaves the URL in both places, or only in the new one: the next run completes it.

    Args:
        directory: The directory of the installation.

    Raises:
        OSError: A file cannot be read or written.
    """
    url = directory / "client" / "amqp_url"
    if url.exists() and urlsplit(url.read_text().split(";")[0].strip()).username == FORMER_CLIENT:
        write(former_url(directory), url.read_text())
        url.unlink()


def retire_former_clients(directory: Path) -> None:
    """Remove the URL of the user. At the next start, broker/prepare.sh deletes the user from the broker.

    Args:
        directory: The directory of the installation.

    Raises:
        OSError: A file cannot be read or written.
    """
    keep_former_clients(directory)
    former_url(directory).unlink(missing_ok=True)


def note_former_clients(directory: Path) -> None:
    """Write for `chat-admin status` whether the user may log in.

    Args:
        directory: The directory of the installation.

    Raises:
        OSError: The file cannot be read or written.
    """
    write(directory / "monitor" / "former_clients", f"{OPEN}\n" if former_url(directory).exists() else "")

"""The client's state between two runs: the author secret, by which the services recognise a person."""

import re
import secrets
from pathlib import Path

from chat_client.errors import StateError
from chat_client.language import _
from chat_client.system_errors import why

SECRET_FILE = "author-secret"
_SECRET = re.compile(r"[0-9a-f]{64}")


def author_secret(directory: Path) -> str:
    """Return the author secret, and make it at the first start.

    Two clients that start at the same time get the same secret.

    Args:
        directory: The state directory, made if it does not exist.

    Returns:
        32 random bytes as 64 hexadecimal digits.

    Raises:
        StateError: The directory cannot be written, or the file there does not hold a secret.
    """
    path = directory / SECRET_FILE
    try:
        if not path.exists():
            _create(path)
        secret = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        text = _("{path} cannot be used ({why}): make {directory} writable, or set XDG_STATE_HOME")
        raise StateError(text.format(path=path, why=why(error), directory=directory)) from None
    if not _SECRET.fullmatch(secret):
        text = _("{path} does not hold an author secret: restore it, or remove it to start as a new person")
        raise StateError(text.format(path=path))
    return secret


def _create(path: Path) -> None:
    """Put a complete file in place, unless another client was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(secrets.token_hex(32))
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)

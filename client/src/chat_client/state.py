"""What the client keeps between two runs: the secret by which a person is known again."""

import re
import secrets
from pathlib import Path

from chat_client.errors import StateError
from chat_client.language import _

SECRET_FILE = "author-secret"
_SECRET = re.compile(r"[0-9a-f]{64}")


def author_secret(directory: Path) -> str:
    """The secret kept in `directory`, 32 random bytes in hex, made when there is none yet.

    Two clients that start at once end up with the same one. Raises StateError.
    """
    path = directory / SECRET_FILE
    try:
        if not path.exists():
            _create(path)
        secret = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        text = _("{path} cannot be used ({why}): make {directory} writable, or set XDG_STATE_HOME")
        raise StateError(text.format(path=path, why=error.strerror, directory=directory)) from None
    if not _SECRET.fullmatch(secret):
        text = _("{path} does not hold an author secret: restore it, or remove it to start as a new person")
        raise StateError(text.format(path=path))
    return secret


def _create(path: Path) -> None:
    """Put a whole file in place, or leave the one that another client put there first."""
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

"""The memory of one room under one name, from run to run: draft, input history, and read position.

Two clients of one person may run at once, for a moment, when the second takes the name over. So a save merges its own
changes into the file as it is then.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from chat_client import system_errors
from chat_client.language import _
from chat_client.memory_file import BadMemory, Memory, NewerMemory, Position, read_memory, write_memory
from chat_wire.errors import InvalidName
from chat_wire.names import name_key

MAX_FILES = 100  # rooms and names that are remembered; the file that was not changed for the longest time goes first
LOCK_SECONDS = 0.5


def memory_path(state: Path, broker: str, room: str, name: str) -> Path:
    """Return the path of the file about a room and a name.

    Args:
        state: The client's state directory.
        broker: HOST:PORT of the broker, as another chat may have a room and a user of the same names.
        room: The room.
        name: The person's name in it.
    """
    try:
        key = name_key(name)
    except InvalidName:
        key = name
    about = "\0".join((broker, room, key)).encode(errors="surrogatepass")
    return state / "rooms" / f"{hashlib.sha256(about).hexdigest()[:32]}.json"


class RoomMemory:
    """The memory of a room. Change it at will, and call `save`: nothing raises an error.

    Attributes:
        draft: The text in the composer.
        read: The stream position up to which the person has read the room, or None.
    """

    def __init__(self, path: Path) -> None:
        """Load the memory.

        Args:
            path: The file, of `memory_path`. It does not have to exist.
        """
        self._path = path
        self._lock = Lock()
        self._remarks: list[str] = []
        self._said: set[str] = set()
        self._is_newer = False  # than this client can read: the file stays as it is
        self._saved = self._load()
        self._added: list[str] = []
        self.draft = self._saved.draft
        self.read: Position | None = self._saved.read

    @property
    def history(self) -> Sequence[str]:
        """The submitted texts, oldest first."""
        return self._saved.with_texts(self._added).history

    def add(self, text: str) -> None:
        """Add a submitted text to the history."""
        self._added.append(text)  # without the lock, which a save on a slow disk has for long

    def save(self) -> None:
        """Write what has changed since the last save. Any thread may call this. A problem becomes a remark, once."""
        with self._lock:
            mine = Memory(self.draft, tuple(self._added), self.read)
            if (mine.draft, mine.read) == (self._saved.draft, self._saved.read) and not mine.history:
                return
            if self._is_newer:
                return
            try:
                self._write(mine)
            except OSError as error:
                text = _("your draft and input history cannot be kept ({why}): make {path} writable, and free space")
                self._remark(text.format(why=system_errors.why(error), path=self._path.parent))

    def pop_remarks(self) -> list[str]:
        """Return what the person has to know about the file since the last call."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def _write(self, mine: Memory) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self._path.parent / "lock"):
            if not self._path.exists():
                _make_room(self._path.parent)
            found = self._load()
            if self._is_newer:
                return
            write_memory(self._path, found.merged(mine, self._saved))
        # Keep this client's own view: another client's draft must not look like a change of this one's.
        self._saved = Memory(mine.draft, self._saved.with_texts(mine.history).history, mine.read)
        del self._added[: len(mine.history)]  # a person may have submitted another text meanwhile

    def _load(self) -> Memory:
        """Read the file. Put one that cannot be used aside."""
        try:
            return read_memory(self._path)
        except FileNotFoundError:
            return Memory()
        except NewerMemory:
            self._is_newer = True
            text = _("a newer client has written {path}: this one keeps neither your draft nor your input history")
            self._remark(text.format(path=self._path))
            return Memory()
        except (OSError, BadMemory) as error:
            self._put_aside(error)
            return Memory()

    def _put_aside(self, error: Exception) -> None:
        aside = self._path.with_suffix(".damaged")
        why = system_errors.why(error) if isinstance(error, OSError) else str(error)
        try:
            self._path.replace(aside)
        except OSError:
            text = _("your draft and input history cannot be read ({why}): {path}")
            self._remark(text.format(why=why, path=self._path))
        else:
            text = _("your draft and input history could not be read ({why}); the file is kept as {path}")
            self._remark(text.format(why=why, path=aside))

    def _remark(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._remarks.append(text)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other clients from writing meanwhile. One that hangs while it has the lock is not waited for."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)) as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while time.monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:  # a file system without locks
                break
        yield


def _make_room(directory: Path) -> None:
    """Remove the oldest files before one more than MAX_FILES is made."""
    files = sorted(directory.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - MAX_FILES + 1)]:
        file.unlink(missing_ok=True)

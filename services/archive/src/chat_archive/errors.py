"""What can go wrong in the archive.

    WireError
    └── ArchiveError
        ├── StorageFailed         recording stops, and is tried again until it works
        │   ├── LogFileFailed      log.txt cannot be written or read
        │   ├── LogFileHeld        another process writes log.txt
        │   └── IndexFailed           the index cannot be written or read
        ├── UnreadableLine        a line of log.txt is none of ours
        ├── NoInbox               a question that nobody can be answered
        ├── InvalidWords          nothing that can be searched for
        └── NoAnswer              the index cannot be asked at the moment

The text of each says what the system said.
"""

from chat_wire.errors import WireError


class ArchiveError(WireError):
    """Base of the archive's own errors."""


class StorageFailed(ArchiveError):
    """Nothing can be recorded at the moment; the text has the system's reason."""

    reason = "storage_failed"


class LogFileFailed(StorageFailed):
    """log.txt cannot be opened, written, synced or read, or is no longer the file that was opened."""


class LogFileHeld(StorageFailed):
    """Another process writes log.txt: one that is stopping, or was paused and has lost its baton."""

    reason = "log_held"


class IndexFailed(StorageFailed):
    """The index's database does not do what it is asked."""


class UnreadableLine(ArchiveError):
    """The line of log.txt was not written by an archive."""

    reason = "unreadable_line"


class InvalidWords(ArchiveError):
    """What is searched for has no word, or too many; the text says what to do."""

    reason = "invalid_words"


class IndexUnavailable(ArchiveError):
    """The question is in order, but the archive cannot answer it now."""

    reason = "no_answer"

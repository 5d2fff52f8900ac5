"""Errors of the archive.

WireError
└── ArchiveError
    ├── StorageFailed            recording stops, and the writer retries
    │   ├── LogFileFailed        log.txt cannot be written or read
    │   ├── LogFileHeld          another process writes log.txt
    │   ├── IndexFailed          the index cannot be written or read
    │   └── NewerEntry           a newer version of the chat wrote an entry of a room
    ├── Fenced                   another writer has begun, so this one has to stop
    ├── InvalidWords             a search has no word, or too many
    ├── InvalidDate              a search names a day that is not a date
    ├── InvalidSender            a search names no sender after `from:`, or several
    ├── SearchTooWide            a search has too many posts to look through
    ├── NotRecorded              a question names a place that is not in the index yet
    ├── WrongKey                 a question has the routing key of another type
    ├── TooLong                  a question, or the id of its request, is longer than any that is valid
    └── IndexUnavailable         the archive cannot answer now
"""

from chat_wire.errors import WireError


class ArchiveError(WireError):
    """Base of the archive's own errors."""


class StorageFailed(ArchiveError):
    """Nothing can be recorded at the moment; the text has the system's reason."""

    reason = "storage_failed"


class LogFileFailed(StorageFailed):
    """log.txt cannot be opened, written, synced or read, or is another file than the one opened."""


class LogFileHeld(StorageFailed):
    """Another process writes log.txt: it is stopping, or it was paused and lost the writer lease."""

    reason = "log_held"


class IndexFailed(StorageFailed):
    """The index's database refused a statement or cannot be reached; the text has its reason."""


class NewerEntry(StorageFailed):
    """A newer version of the chat wrote an entry of a room: this version would leave it out of log.txt."""

    reason = "newer_entry"


class Fenced(ArchiveError):
    """Another writer has begun on the same PostgreSQL: this replica has lost the writer lease."""


class InvalidWords(ArchiveError):
    """A search has no word, or too many; the text says what to do."""

    reason = "invalid_words"


class InvalidDate(ArchiveError):
    """A search names a day that is not a date; the text says how to type it."""

    reason = "invalid_date"


class InvalidSender(ArchiveError):
    """A search names no sender after `from:`, or several; the text says what to do."""

    reason = "invalid_sender"


class SearchTooWide(ArchiveError):
    """A search would look through too many posts for its phrases; the text says what to do."""

    reason = "search_too_wide"


class NotRecorded(ArchiveError):
    """A question names a place in a room's stream that the index does not have yet."""

    reason = "not_recorded"


class WrongKey(ArchiveError):
    """A question has the routing key of another type of question; the text says which it needs."""

    reason = "wrong_key"


class TooLong(ArchiveError):
    """A question, or the id of its request, is longer than any that is valid."""

    reason = "too_long"


class IndexUnavailable(ArchiveError):
    """The question is valid, but the archive cannot answer it now."""

    reason = "no_answer"

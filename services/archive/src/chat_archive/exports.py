"""Answers to the operator's question `Export`, from the index."""

from pathlib import Path

from chat_archive.errors import IndexUnavailable
from chat_archive.index import Index
from chat_archive.local_index import LocalIndex
from chat_archive.pages import cut_page
from chat_wire.messages import Export, Exported

# Half of what MAX_PAGE_BYTES holds if each post is a line of chat.
MAX_POSTS = 2_000
# One answer looks through this many numbers, so that a rare room or a late time does not delay heartbeats.
MAX_NUMBERS = 20_000


def exported(index: Index, question: Export) -> Exported:
    """Return the oldest posts that an operator asks for.

    Args:
        index: The recorded posts.
        question: The question.

    Raises:
        IndexFailed: The database failed.
    """
    last = index.newest()
    newest = last.number if last else 0
    after = max(question.after, 0)
    numbers = range(after + 1, min(after + MAX_NUMBERS, newest) + 1)
    found = index.numbered(numbers, MAX_POSTS + 1, question.room, question.since) if numbers else []
    messages, more = cut_page(found, MAX_POSTS)
    through = messages[-1].number if more else max(after, numbers.stop - 1)
    return Exported(request=question.request, messages=tuple(messages), through=through, newest=newest)


def check_whole(index: Index, log_path: Path) -> None:
    """Check that the index has all of log.txt: while it is built again, an export would lack messages.

    With PostgreSQL, questions are answered only once the database has everything.

    Args:
        index: The recorded posts.
        log_path: The path of log.txt.

    Raises:
        IndexUnavailable: Lines are missing in the index, often only until the writer has committed them.
        IndexFailed: The database failed.
    """
    if isinstance(index, LocalIndex) and log_path.exists() and index.checkpoint().size < log_path.stat().st_size:
        raise IndexUnavailable("the index does not have all of log.txt yet: try again later")

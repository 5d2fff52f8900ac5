"""Answers to the operator's question `Export`, from the index."""

from chat_archive.index import Index
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

"""Pages: how many recorded posts one answer carries. Pure."""

from collections.abc import Sequence

from chat_archive.chunks import chunks_within
from chat_wire.codec import encode
from chat_wire.messages import Recorded

MAX_PAGE_POSTS = 200
# Bytes of encoded posts. A broker carries more, but a client keeps its pages in memory.
MAX_PAGE_BYTES = 900_000


def page_limit(asked: int) -> int:
    """Return how many posts a page has at most, 1 to MAX_PAGE_POSTS, for any number that a client asks for."""
    return max(1, min(asked, MAX_PAGE_POSTS))


def cut_page(found: Sequence[Recorded], limit: int) -> tuple[list[Recorded], bool]:
    """Cut a page from the posts found.

    Args:
        found: Posts; the page takes them from the beginning. The caller looks for one more than `limit`.
        limit: How many posts the page has at most.

    Returns:
        The posts of the page, at least one if any were found, within MAX_PAGE_BYTES unless one post alone is
        larger; and whether more were found.
    """
    chunks = chunks_within(MAX_PAGE_BYTES, found[:limit], lambda post: len(encode(post)))
    page = next(chunks, [])
    return page, len(page) < len(found)

"""The search for posts: the recent ones first, then candidates from the index."""

from collections.abc import Iterator
from itertools import islice

from chat_archive.errors import SearchTooWide
from chat_archive.index import Index
from chat_archive.owners import sender_word
from chat_archive.query import Query, matches
from chat_archive.room_pages import first_match
from chat_wire.limits import MAX_INT64
from chat_wire.messages import Recorded

# A search looks through this many of the newest posts before it asks the database. If every fifth post has the words,
# they fill a client's page of 100. The database is slow for such common words: it gathers all posts that have them.
RECENT_POSTS = 500
# How many candidates a search takes from the database, one step after the other, if they may lack its phrase.
STEPS = (500, 2_000, 8_000, 16_000)


def search(index: Index, room: str, query: Query, before: int | None, limit: int) -> tuple[list[Recorded], bool]:
    """Return the newest posts that a query asks for.

    Args:
        index: The recorded posts.
        room: The room's name.
        query: What a post has to have.
        before: Return posts with a lower number than this; None for the newest.
        limit: How many posts to return at most.

    Returns:
        The posts, newest first, and whether more may follow.

    Raises:
        SearchTooWide: No post was found among all candidates that a search looks through.
        IndexFailed: The database failed.
    """
    found: list[Recorded] = []
    try:
        for post in islice(_matching(index, room, query, before, limit), limit + 1):
            found.append(post)
    except SearchTooWide:
        if not found:
            raise
        return found, True
    return found[:limit], len(found) > limit


def _matching(index: Index, room: str, query: Query, before: int | None, limit: int) -> Iterator[Recorded]:
    """Yield the matching posts, newest first."""
    numbers = _numbers(index, room, query, before)
    posts, size = _newest(index, room, numbers, RECENT_POSTS), RECENT_POSTS
    yield from (post for post in posts if matches(post, query))
    for step in (limit + 1 if query.exact else STEPS[0], *STEPS[1:]):
        if len(posts) < size:
            return
        numbers, size = range(numbers.start, posts[-1].number), step
        posts = _candidates(index, room, query, numbers, size)
        yield from (post for post in posts if matches(post, query))
    if len(posts) == size:
        raise SearchTooWide("too many messages have these words: add a word, from:NAME, before:DATE or after:DATE")


def _numbers(index: Index, room: str, query: Query, before: int | None) -> range:
    """Return the numbers of the posts that arrived within the query's time, up to `before`."""
    stop = MAX_INT64 if before is None else before
    since, until = query.since, query.until
    start = 0 if since is None else first_match(index, room, lambda post: post.server_ts >= since)
    if until is not None:
        stop = min(stop, first_match(index, room, lambda post: post.server_ts >= until))
    return range(start, stop)


def _candidates(index: Index, room: str, query: Query, numbers: range, size: int) -> list[Recorded]:
    """Return the newest posts that have the query's words and sender, newest first."""
    words = query.words if query.user is None else [*query.words, sender_word(query.user)]
    return index.search(room, words, numbers, size) if words else _newest(index, room, numbers, size)


def _newest(index: Index, room: str, numbers: range, size: int) -> list[Recorded]:
    return [post for post in index.history(room, numbers.stop, size) if post.number >= numbers.start]

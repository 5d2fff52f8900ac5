"""Pages of a room near a place in its stream or a time: how `History` questions with such a field are answered.

In a room, arrival times grow with the numbers of the posts, and in a stream offsets do. A binary search over the
numbers therefore finds a place with about 20 look-ups among a million posts, and the index needs no further columns.
"""

from collections.abc import Callable

from chat_archive.errors import NotRecorded
from chat_archive.index import Index
from chat_archive.pages import cut_page, page_limit
from chat_wire.messages import History, Recorded


def names_place(question: History) -> bool:
    """Return whether a question asks for posts near a place or a time."""
    fields = (question.after, question.since, question.before_offset, question.after_offset)
    return any(each is not None for each in fields)


def posts_near(index: Index, question: History, room: str) -> tuple[list[Recorded], bool]:
    """Return the posts that a question for a place or a time asks for.

    Args:
        index: The recorded posts.
        question: A question for which `names_place` is true.
        room: The room's name.

    Returns:
        The posts, oldest first, and whether more match.

    Raises:
        NotRecorded: The index ends before the place.
        IndexFailed: The database failed.
    """
    limit = page_limit(question.limit)
    first = _first_number(index, question, room)
    if question.before_offset is None:
        return cut_page(index.onward(room, first, limit + 1), limit)
    messages, more = cut_page(index.history(room, first, limit + 1), limit)
    return messages[::-1], more


def first_match(index: Index, room: str, matches: Callable[[Recorded], bool], low: int = 0) -> int:
    """Return the lowest number, at least `low`, from which on the posts of a room match, by a binary search.

    Without a match, this is the number after the newest post.
    """
    newest = index.history(room, None, 1)
    high = newest[0].number + 1 if newest else 0
    while low < high:
        middle = (low + high) // 2
        post = index.onward(room, middle, 1)[0]  # there is one: middle is at most the newest number
        if matches(post):
            high = middle
        else:
            low = post.number + 1
    return low


def _first_number(index: Index, question: History, room: str) -> int:
    """Return the number at which the page begins, or before which it ends."""
    if question.after is not None:
        return question.after + 1
    if (since := question.since) is not None:
        return first_match(index, room, lambda post: post.server_ts >= since)
    if question.before_offset is not None:
        place = _recorded_place(index, room, question.before_offset, question.before_index)
        return first_match(index, room, lambda post: _place(post) >= place, index.stream_start(room))
    place = _recorded_place(index, room, question.after_offset or 0, question.after_index)
    return first_match(index, room, lambda post: _place(post) > place, index.stream_start(room))


def _recorded_place(index: Index, room: str, offset: int, place_index: int) -> tuple[int, int]:
    """Return a place that the index has reached."""
    newest = index.history(room, None, 1)
    if not newest or _place(newest[0]) < (offset, place_index):
        raise NotRecorded("the archive has not recorded this place yet: ask again later")
    return offset, place_index


def _place(post: Recorded) -> tuple[int, int]:
    return post.offset, post.index

"""Chunks: a sequence split by the size of its items. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def chunks_within(limit: int, items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield items in order, in chunks as long as possible.

    Args:
        limit: The largest sum of sizes in a chunk. An item that is larger gets a chunk of its own.
        items: The items to split.
        size: Measures an item, in the unit of `limit`; called once for each item.

    Yields:
        Chunks of at least one item.
    """
    chunk: list[T] = []
    room_left = limit
    for item in items:
        item_size = size(item)
        room_left -= item_size
        if room_left < 0 and chunk:
            yield chunk
            chunk, room_left = [], limit - item_size
        chunk.append(item)
    if chunk:
        yield chunk

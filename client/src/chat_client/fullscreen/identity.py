"""The identity of an item: the same for two reports of one message, from the stream and from the archive."""

from chat_client.events import MessageReceived
from chat_client.fullscreen.items import Item

Identity = tuple[int, int, int]


def identity(item: Item) -> Identity:
    """Return the identity of an item.

    A place alone is not enough: after a loss of the room's stream, its offsets begin again. An item without a place is
    only identical with itself, as long as it exists.
    """
    if isinstance(item, MessageReceived) and item.place:
        return item.place.offset, item.place.index, item.at
    return -1, id(item), item.at

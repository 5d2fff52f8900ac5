"""The unread messages among those of a conversation."""

from chat_client.events import MessageReceived
from chat_client.fullscreen.conversation import Conversation

Read = tuple[int, int]  # the offset and index of the place up to which a person has read


def messages(conversation: Conversation) -> list[tuple[int, MessageReceived]]:
    """Return all messages with their numbers."""
    items = enumerate(conversation.items(), conversation.first)
    return [(number, item) for number, item in items if isinstance(item, MessageReceived)]


def reaches_back(conversation: Conversation, read: Read) -> bool:
    """Return whether the conversation has a message that is read, so that it has all that are not."""
    return any(place <= read for place in map(_place, messages(conversation)) if place)


def first_of_another(conversation: Conversation, read: Read = (-1, -1)) -> int | None:
    """Return the number of the first message of another person after a place, without hidden ones."""
    for number, message in messages(conversation):
        place = _place((number, message))
        if place and place > read and message.user != conversation.layout.own_name and conversation.shows(message):
            return number
    return None


def count_from(conversation: Conversation, first: MessageReceived) -> int:
    """Return how many messages the room has from one of the archive on, as far as the conversation knows."""
    after = 0
    for _number, message in reversed(messages(conversation)):
        if first.place and first.place.number and message.place and message.place.number:
            return message.place.number - first.place.number + 1 + after
        after += 1
    return after


def _place(numbered: tuple[int, MessageReceived]) -> Read | None:
    place = numbered[1].place
    return (place.offset, place.index) if place else None

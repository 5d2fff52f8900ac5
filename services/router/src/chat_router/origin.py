"""The sender and the room of a message of posts.

The broker vouches for both. It lets a session publish only as its own user, and only with the routing keys that its
token names (docs/explanation/security.md).
"""

from functools import lru_cache

from chat_amqp import topology
from chat_router.errors import WrongPartition
from chat_router.sender import Sender, to_sender
from chat_tokens.access import identify
from chat_wire.errors import UnknownRoom
from chat_wire.messages import Posts
from chat_worker.delivery import Delivery


def sender_of(message: Posts, delivery: Delivery, public_key: str) -> Sender:
    """Return the sender of a message of posts.

    Args:
        message: The message, with the sender's identity card.
        delivery: The delivery of the message, with the user for whom the broker vouches.
        public_key: The registry's Ed25519 public key in PEM.

    Raises:
        InvalidToken: The card is forged, or that of another session.
    """
    card = identify(message.card, delivery.user_id, public_key)
    return to_sender(card.session, card.name, card.author)


def room_of(delivery: Delivery) -> str:
    """Return the room to which a message of posts goes.

    Raises:
        WrongPartition: The message reached this queue by another key than its own. RabbitMQ 3.10 does not check the
            further keys in the headers CC and BCC.
        UnknownRoom: The routing key names no room.
    """
    return _room(delivery.routing_key, delivery.queue)


@lru_cache
def _room(routing_key: str, queue: str) -> str:
    if routing_key.partition(".")[0] != queue.rpartition(".")[2]:
        raise WrongPartition("a message of posts has one routing key, with your own partition")
    room = topology.room_in(routing_key)
    if room is None:
        raise UnknownRoom("the routing key names no room: post to a room")
    return room

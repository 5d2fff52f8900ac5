"""Posts of clients of 0.3.0, whose messages name their sender and room themselves.

The broker lets such a client publish to every partition, and vouches for nothing.
"""

from chat_router.errors import WrongPartition
from chat_router.sender import Sender, to_sender
from chat_tokens.tokens import verify
from chat_wire.messages import Posts
from chat_worker.delivery import Delivery


def sender_of(message: Posts, delivery: Delivery, public_key: str, now: int) -> Sender:
    """Return the sender of a message of posts.

    Args:
        message: The message, with the sender's token.
        delivery: The delivery of the message.
        public_key: The registry's Ed25519 public key in PEM.
        now: The time, in microseconds since 1970-01-01 UTC.

    Raises:
        InvalidToken: The token is forged, or has expired.
        WrongPartition: The message arrived by a partition that is not its sender's.
    """
    claims = verify(message.token, public_key, now)
    if delivery.queue.rpartition(".")[2] != str(claims.partition):
        raise WrongPartition(f"this session posts to partition {claims.partition}")
    return to_sender(claims.session, claims.name, claims.author)

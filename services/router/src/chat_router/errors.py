"""Why a router refuses posts, or its connection.

WireError
└── PostsRejected
    ├── WrongPartition
    ├── WrongSequence
    ├── WrongTime
    └── TooFast
Unconfirmed
└── SlotFree
"""

from chat_amqp.errors import Unconfirmed
from chat_wire.errors import WireError


class SlotFree(Unconfirmed):
    """A lower seat than ours is free; a new connection takes it."""


class PostsRejected(WireError):
    """The posts are well-formed, and still must not reach the room; the text says why."""


class WrongPartition(PostsRejected):
    """The posts came by a partition that is not their session's."""

    reason = "wrong_partition"


class WrongSequence(PostsRejected):
    """Too many posts in a message, none, or sequences that do not count 1, 2, 3."""

    reason = "wrong_sequence"


class WrongTime(PostsRejected):
    """A post says it was written at a time that cannot be."""

    reason = "wrong_time"


class TooFast(PostsRejected):
    """The session sends more posts a second than are allowed."""

    reason = "too_fast"

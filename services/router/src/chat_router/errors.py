"""Errors of the router.

WireError
└── PostsRejected         posts break a rule
    ├── WrongPartition
    ├── WrongSequence
    ├── WrongTime
    └── TooFast
Unconfirmed
└── LowerSlotFree         the router has to reconnect to take a lower slot
"""

from chat_amqp.errors import Unconfirmed
from chat_wire.errors import WireError


class LowerSlotFree(Unconfirmed):
    """A slot below this replica's was free. The next connection takes the lowest free slot."""


class PostsRejected(WireError):
    """The message of posts has the right shape, but breaks a rule; the text says which."""


class WrongPartition(PostsRejected):
    """The posts arrived by a partition that is not that of their session."""

    reason = "wrong_partition"


class WrongSequence(PostsRejected):
    """The message has no posts, too many posts, or sequences that are not consecutive."""

    reason = "wrong_sequence"


class WrongTime(PostsRejected):
    """The `client_ts` of a post is out of range."""

    reason = "wrong_time"


class TooFast(PostsRejected):
    """The session sends more posts in a second than POSTS_PER_SECOND allows."""

    reason = "too_fast"

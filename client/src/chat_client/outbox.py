"""The outbox: the posts of a session until they have come back through the room's stream.

It only decides which posts go next, and which never arrive. `sending` publishes them, `posting` reports the outcome.
"""

from collections import deque
from collections.abc import Iterator
from itertools import takewhile

from chat_wire.limits import MAX_POSTS
from chat_wire.messages import Post

MESSAGE_CHARACTERS = 65_536


class Outbox:
    """The posts that have not come back, in order, and the one message of posts that is in flight.

    At most one message is unconfirmed, so neither a refusal by the broker nor a lost connection can reorder two posts
    (decision 1). A message has up to 256 consecutive posts. It takes no further post once its texts have 65,536
    characters or more.
    """

    def __init__(self) -> None:
        """Start without posts."""
        self._pending: dict[int, Post] = {}
        self._contexts: dict[int, str] = {}
        self._not_yet_late: deque[tuple[int, float]] = deque()  # sequences, and when posted; `pop_late` removes them
        self._next = 1  # the sequence of the next post to send
        self._unsent = 1  # the sequence of the first post that the broker does not have from this connection
        self._in_flight: tuple[Post, ...] = ()
        self._added = 0  # the sequence of the newest post
        self._seen = 0  # the sequence of the newest post that has come back
        self._added_at_loss = 0  # the sequence of the newest post when the stream was lost

    def __len__(self) -> int:
        """Return how many posts have not come back."""
        return len(self._pending)

    def add(self, post: Post, posted_at: float, traceparent: str | None = None) -> None:
        """Add a post.

        Args:
            post: The post. Sequences count 1, 2, 3.
            posted_at: When the person posted it, in seconds on a clock that never goes back.
            traceparent: The context of the post, if it belongs to a trace.
        """
        if traceparent:
            self._contexts[post.sequence] = traceparent
        self._pending[post.sequence] = post
        self._not_yet_late.append((post.sequence, posted_at))
        self._added = post.sequence

    def start_message(self) -> tuple[Post, ...]:
        """Start the next message and return its posts, or nothing while a message is unconfirmed."""
        if self._in_flight:
            return ()
        self._in_flight = tuple(self._consecutive())
        return self._in_flight

    def contexts(self) -> dict[int, str]:
        """Return the trace contexts of the posts that have not come back, by sequence."""
        if self._contexts:
            self._contexts = {sequence: each for sequence, each in self._contexts.items() if sequence in self._pending}
        return self._contexts

    @property
    def in_flight(self) -> bool:
        """Whether a message is unconfirmed."""
        return bool(self._in_flight)

    def confirmed(self) -> None:
        """Note that the broker has the message; the next one may go."""
        if self._in_flight:
            self._unsent = self._next = max(self._unsent, self._in_flight[-1].sequence + 1)
        self._in_flight = ()

    def returned(self) -> None:
        """Note that the broker returned or refused the message; its posts go again."""
        self._in_flight = ()

    def lost(self) -> list[Post]:
        """Start again with the oldest post that has not come back, as the connection is lost.

        Readers of the room admit the posts of a session in ascending order only, so a post cannot arrive once a later
        one has come back. A router refused such a post, and the refusal was lost with the connection. (If a refusal
        arrives, `remove` removes its posts.)

        Returns:
            The posts that cannot arrive any more. The outbox removes them.
        """
        overtaken = self._remove_overtaken(self._added)
        self._in_flight = ()
        self._unsent = self._next = min(self._pending, default=self._added + 1)
        return overtaken

    def repeat(self) -> list[Post]:
        """Start again with one message of the oldest posts, as no answer about them arrives.

        Returns:
            The posts that cannot arrive any more, as in `lost`. The outbox removes them.
        """
        overtaken = self._remove_overtaken(self._added)
        self._next = min(self._pending, default=self._next)
        return overtaken

    def seen(self, sequence: int) -> None:
        """Note that a post has come back."""
        self._seen = max(self._seen, sequence)
        self._pending.pop(sequence, None)

    def record_stream_loss(self) -> None:
        """Note that the broker lost the room's stream or a part of it, perhaps with posts added until now."""
        self._added_at_loss = self._added

    def pop_lost_posts(self) -> list[Post]:
        """Remove and return the posts lost with the stream: those from before the loss that a later post overtook."""
        return self._remove_overtaken(self._added_at_loss)

    def remove(self, sequences: tuple[int, ...]) -> list[Post]:
        """Remove posts by sequence; return those that had not come back."""
        return [self._pending.pop(sequence) for sequence in sequences if sequence in self._pending]

    def pop_late(self, before: float) -> list[Post]:
        """Return the posts made before a time that have not come back. No later call returns them again."""
        found = []
        while self._not_yet_late and self._not_yet_late[0][1] < before:
            sequence, _posted_at = self._not_yet_late.popleft()
            if sequence in self._pending:
                found.append(self._pending[sequence])
        return found

    def remove_all(self) -> list[Post]:
        """Remove and return all posts that have not come back."""
        return self.remove(tuple(self._pending))

    def _remove_overtaken(self, last: int) -> list[Post]:
        """Remove and return each post up to the sequence `last` that is older than a post that has come back."""
        end = min(self._seen, last + 1)
        return self.remove(tuple(takewhile(lambda sequence: sequence < end, self._pending)))  # they are in order

    def _consecutive(self) -> Iterator[Post]:
        while self._next not in self._pending and self._next <= self._added:
            self._next += 1
        characters_left = MESSAGE_CHARACTERS
        for sequence in range(self._next, self._next + MAX_POSTS):
            if sequence not in self._pending or characters_left <= 0:
                return
            characters_left -= len(self._pending[sequence].text)
            yield self._pending[sequence]

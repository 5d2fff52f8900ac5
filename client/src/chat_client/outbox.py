"""The outbox: the posts of a session until they have come back through the room's stream."""

from collections import deque
from collections.abc import Iterator
from itertools import takewhile

from chat_wire.limits import MAX_POSTS
from chat_wire.messages import Post

MESSAGE_CHARACTERS = 65_536


class Outbox:
    """Sends each post until it has come back, in order.

    At most one message is unconfirmed. It has up to 256 consecutive posts, and ends with the post that makes it longer
    than 65,536 characters. So neither a refusal by the broker nor a lost connection can reorder two posts (decision 1).
    """

    def __init__(self) -> None:
        """Start without posts."""
        self._pending: dict[int, Post] = {}
        self._not_late: deque[tuple[int, float]] = deque()  # sequences, and when each post was made
        self._next = 1  # the sequence of the next post to send
        self._flying: tuple[Post, ...] = ()
        self._added = 0
        self._seen = 0
        self._cut_at = 0

    def __len__(self) -> int:
        """Return how many posts have not come back."""
        return len(self._pending)

    def add(self, post: Post, posted_at: float) -> None:
        """Add a post.

        Args:
            post: The post. Sequences count 1, 2, 3.
            posted_at: When the person posted it, in seconds on a clock that never goes back.
        """
        self._pending[post.sequence] = post
        self._not_late.append((post.sequence, posted_at))
        self._added = post.sequence

    def next_message(self) -> tuple[Post, ...]:
        """Return the posts of the next message, which is unconfirmed from now on; none while another one is."""
        if self._flying:
            return ()
        self._flying = tuple(self._consecutive())
        return self._flying

    @property
    def flying(self) -> bool:
        """Whether a message is unconfirmed."""
        return bool(self._flying)

    def confirmed(self) -> None:
        """Note that the broker has the message; the next one may go."""
        if self._flying:
            self._next = self._flying[-1].sequence + 1
        self._flying = ()

    def bounced(self) -> None:
        """Note that the broker refused or returned the message; the same posts go again."""
        self._flying = ()

    def lost(self) -> list[Post]:
        """Send everything that has not come back again, in order, as the connection is gone.

        Returns:
            The removed posts of which a later one has come back, so that readers would drop them. A router refused
            them, and its refusal was lost with the connection.
        """
        overtaken = self._remove_overtaken(self._added)
        self._flying = ()
        self._next = min(self._pending, default=self._added + 1)
        return overtaken

    def seen(self, sequence: int) -> None:
        """Note that a post has come back."""
        self._seen = max(self._seen, sequence)
        self._pending.pop(sequence, None)

    def record_cut(self) -> None:
        """Note that the broker lost the room's stream or a part of it, perhaps with posts added until now."""
        self._cut_at = self._added

    def gone(self) -> list[Post]:
        """Remove and return the posts that the broker lost, as a later post that has come back shows."""
        return self._remove_overtaken(self._cut_at)

    def remove(self, sequences: tuple[int, ...]) -> list[Post]:
        """Remove posts by sequence; return those that had not come back."""
        return [self._pending.pop(sequence) for sequence in sequences if sequence in self._pending]

    def pop_late(self, before: float) -> list[Post]:
        """Return the posts made before a time that have not come back. No later call returns them again."""
        found = []
        while self._not_late and self._not_late[0][1] < before:
            sequence, _posted_at = self._not_late.popleft()
            if sequence in self._pending:
                found.append(self._pending[sequence])
        return found

    def remove_all(self) -> list[Post]:
        """Remove and return everything that has not come back."""
        return self.remove(tuple(self._pending))

    def _remove_overtaken(self, last: int) -> list[Post]:
        """Remove the posts up to the sequence `last` of which a later one has come back."""
        end = min(self._seen, last + 1)
        return self.remove(tuple(takewhile(lambda sequence: sequence < end, self._pending)))  # which are in order

    def _consecutive(self) -> Iterator[Post]:
        while self._next not in self._pending and self._next <= self._added:
            self._next += 1
        room_left = MESSAGE_CHARACTERS
        for sequence in range(self._next, self._next + MAX_POSTS):
            if sequence not in self._pending or room_left <= 0:
                return
            room_left -= len(self._pending[sequence].text)
            yield self._pending[sequence]

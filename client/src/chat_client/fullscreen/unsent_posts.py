"""The posts that have not come back from the room."""

from collections.abc import Iterator
from dataclasses import dataclass

from chat_client.events import MessageReceived, NotSent


@dataclass(slots=True)
class UnsentPost:
    """A post that has not come back.

    Attributes:
        sequence: The number that the session gave it.
        at: The time of posting, in microseconds since 1970-01-01 UTC.
        text: Its text.
        delayed: Whether it takes unusually long.
        reason: Why it was refused, so that it never comes back.
    """

    sequence: int
    at: int
    text: str
    delayed: bool = False
    reason: str | None = None

    def as_message(self, user: str) -> MessageReceived:
        """Return the message that the post becomes when the room accepts it."""
        return MessageReceived(at=self.at, user=user, text=self.text)


class UnsentPosts:
    """The posts that have not come back, in the order of posting. A refused post stays until it is removed."""

    def __init__(self) -> None:
        """Start without posts."""
        self._posts: dict[int, UnsentPost] = {}

    def __iter__(self) -> Iterator[UnsentPost]:
        """Iterate over the posts, oldest first."""
        return iter(self._posts.values())

    @property
    def pending(self) -> int:
        """How many posts may still come back."""
        return sum(post.reason is None for post in self)

    @property
    def refused(self) -> list[NotSent]:
        """The refused posts, oldest first."""
        return [
            NotSent(sequence=post.sequence, text=post.text, reason=post.reason)
            for post in self
            if post.reason is not None
        ]

    def add(self, post: UnsentPost) -> None:
        """Add a post."""
        self._posts[post.sequence] = post

    def remove(self, sequence: int) -> None:
        """Remove a post that has come back, if it is here."""
        self._posts.pop(sequence, None)

    def delay(self, sequence: int) -> None:
        """Mark a post as delayed, if it is here."""
        if sequence in self._posts:
            self._posts[sequence].delayed = True

    def refuse(self, sequence: int, reason: str) -> None:
        """Mark a post as refused, if it is here."""
        if sequence in self._posts:
            self._posts[sequence].reason = reason

    def pop_refused(self) -> str | None:
        """Remove the oldest refused post and return its text, or None if no post is refused."""
        post = next((post for post in self if post.reason is not None), None)
        if post is None:
            return None
        del self._posts[post.sequence]
        return post.text

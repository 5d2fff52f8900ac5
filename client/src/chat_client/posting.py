"""The posts of a member on their way, and the events about those that do not arrive.

`Posting` keeps the outbox up to date about what the frontend, the room and the router say, and reports the outcome.
`sending.Sender` publishes the outbox's messages.
"""

from collections.abc import Callable, Iterable

from chat_amqp import traces
from chat_client.events import Delayed, Event, NotSent
from chat_client.language import _
from chat_client.outbox import Outbox
from chat_client.texts import refusal
from chat_wire.messages import Post, PostsRefused

LATE_SECONDS = 3.0
SILENCE_SECONDS = 30.0
LONGEST_SILENCE_SECONDS = 600.0


class Posting:
    """Reports each post that is late, and each that will not arrive."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        """Start without posts."""
        self._emit = emit
        self.outbox = Outbox()
        self._has_news = True
        self._silence = SILENCE_SECONDS
        self._repeat_at = 0.0

    def post(self, post: Post, posted_at: float, _now: float) -> None:
        """Send a post as soon as possible, once, with the context of the current span if there is one."""
        self.outbox.add(post, posted_at, traces.current())

    def seen(self, sequence: int) -> None:
        """Note that a post is in the room. Posts before it that a broken stream has lost never come back."""
        self._has_news = True
        self.outbox.seen(sequence)
        self._give_up(self.outbox.pop_lost_posts(), _("the message was lost with the room's history"))

    def refused(self, refused: PostsRefused) -> None:
        """Give up the posts that the router refused."""
        self._has_news = True
        self._give_up(self.outbox.remove(refused.sequences), refusal(refused.reason, refused.text))

    def lost(self) -> None:
        """Send all posts again on the next connection; give up those whose refusal was lost with this one."""
        self._has_news = True
        self._give_up(self.outbox.lost(), _("the chat refused the message"))

    def repeat_after_silence(self, now: float) -> None:
        """Send the oldest posts again if nothing was heard of any post for 30 s, then for 60 s, up to 10 minutes.

        The router does not wait until its refusal arrives, so the refusal may be lost. It refuses the posts again, and
        ignores those that it has published.
        """
        if self._has_news or not self.outbox:
            self._silence, self._repeat_at = SILENCE_SECONDS, now + SILENCE_SECONDS
        elif now >= self._repeat_at and not self.outbox.in_flight:
            self._silence = min(2 * self._silence, LONGEST_SILENCE_SECONDS)
            self._repeat_at = now + self._silence
            self._give_up(self.outbox.repeat(), _("the chat refused the message"))
        self._has_news = False

    def give_up_all(self, reason: str) -> None:
        """Give up all posts. Another call does not report them again."""
        self._give_up(self.outbox.remove_all(), reason)

    def report_late(self, now: float) -> None:
        """Report the posts that have not come back within 3 s, each once."""
        for post in self.outbox.pop_late(now - LATE_SECONDS):
            self._emit(Delayed(sequence=post.sequence, text=post.text))

    def _give_up(self, posts: Iterable[Post], reason: str) -> None:
        for post in posts:
            self._emit(NotSent(sequence=post.sequence, text=post.text, reason=reason))

"""What a member of the chat does with what arrives: joining, posting, asking, leaving.

Everything here runs in the session's network thread. `now` is in seconds on a clock that never
goes back.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeGuard

from chat_amqp import topology
from chat_client.browsing import ANSWER_SECONDS, Browsing
from chat_client.domain import Outbox
from chat_client.events import (
    ConnectedAgain,
    ConnectionLost,
    Delayed,
    Ended,
    Event,
    Joined,
    NameRefused,
    NotSent,
    Remark,
    UsersListed,
    Waiting,
    WaitingOver,
)
from chat_client.language import _
from chat_client.link import Link
from chat_client.mine import MineQuestion
from chat_client.requests import Request, Requests
from chat_client.room_follower import RoomFollower
from chat_client.sending import Sender
from chat_client.texts import ENDINGS, refusal
from chat_wire.codec import decode
from chat_wire.errors import WireError
from chat_wire.messages import (
    Claim,
    Exit,
    Exited,
    Granted,
    History,
    ListUsers,
    Mine,
    Page,
    Post,
    PostsRefused,
    Probe,
    Refused,
    Resume,
    Search,
    SessionEnded,
    Users,
)

ROOM = topology.ROOMS[0]
HISTORY = 50
HISTORY_SECONDS = 3.0
LATE_MICROSECONDS = 3_000_000
RENEW_SECONDS = 60.0
PACE_SECONDS = 0.05
REPLIES: tuple[type[Any], ...] = (Granted, Refused, Exited, Users, Page, PostsRefused, SessionEnded, Probe)


class Member:
    """One member: the name it holds, what it has to send, what it has asked. Talks through one link at a time."""

    def __init__(self, secret: str, emit: Callable[[Event], None]) -> None:
        self._secret = secret
        self._emit = emit
        self._requests = Requests()
        self._outbox = Outbox()
        self._sender = Sender(self._requests, self._outbox, self.wait_for)
        self._transcript = RoomFollower(ROOM, self._outbox, emit)
        self._mine = MineQuestion(self._requests, emit)
        self._browsing = Browsing(ROOM, self._requests, emit)
        self._grant: Granted | None = None
        self._joined = False
        self._leaving = False
        self._waiting_for = ""
        self._cut = False
        self._renew_at = 0.0
        self.over = False
        self._answers: dict[type[Any], Callable[[Link, Any, float], None]] = {
            Granted: self._on_granted,
            Refused: self._on_refused,
            Exited: self._on_exited,
            Users: self._on_users,
            Page: self._on_page,
            PostsRefused: self._on_posts_refused,
            SessionEnded: self._on_session_ended,
        }

    # What the face asks for.

    def join(self, name: str, _now: float) -> None:
        """Claim a name; the answer is Joined or NameRefused."""
        self._requests.ask(Claim(request=_new_request(), name=name, secret=self._secret), due=0.0)

    def post(self, post: Post, _now: float) -> None:
        """Send a post as soon as can be, once."""
        self._outbox.add(post)

    def users(self, _now: float) -> None:
        """Ask who is there."""
        self._requests.ask(ListUsers(request=_new_request(), token="", after=0), due=0.0)

    def my_messages(self, now: float) -> None:
        """Ask for what this person has said under this name."""
        self._mine.want(now)

    def older(self, now: float) -> None:
        """Ask for what was said before all that was told."""
        self._browsing.older(self._transcript.first, now)

    def search(self, words: str, now: float) -> None:
        """Ask for what holds all words."""
        self._browsing.search(words, now)

    def search_more(self, now: float) -> None:
        """Ask for what is older than what the search has found."""
        self._browsing.search_more(now)

    def leave(self, _now: float) -> None:
        """End the session once all that was posted has come back and all that was asked is answered."""
        self._leaving = True

    # What happens to the connection.

    def opened(self, now: float) -> None:
        """There is a new connection, with a new inbox: go on with the session, if there is one."""
        self._requests.prolong(now + ANSWER_SECONDS)
        if self._grant and not self._requests.waiting(Exit):
            self._requests.ask(self._resume(), due=0.0)
        if not self._grant and not self._requests.waiting(Claim):
            self.wait_for("")

    def lost(self, loss: ConnectionLost | Waiting) -> None:
        """The connection is gone; everything under way is kept for the next one. `loss` is told, once."""
        for post in self._sender.lost():
            self._emit(NotSent(sequence=post.sequence, text=post.text, reason=_("the chat refused it")))
        self._requests.drop(*((Resume,) if self._joined else (Resume, History)))
        self._transcript.lost()
        if isinstance(loss, Waiting):
            self.wait_for(loss.text)
        elif self._joined and not self._cut:
            self._emit(loss)
        self._cut = self._joined

    def wait_for(self, text: str) -> None:
        """Tell, once, what is being waited for; nothing any more if `text` is empty."""
        if text != self._waiting_for:
            self._emit(Waiting(text=text) if text else WaitingOver())
        self._waiting_for = text

    def closed(self) -> None:
        """The client goes: name what has not come back, each post once however often this is called."""
        self._give_up_posts(_("the client left before it was delivered"))

    def tell_late(self) -> None:
        """Tell which posts are waiting longer than a person expects."""
        if self._joined:
            for post in self._outbox.late(time.time_ns() // 1000 - LATE_MICROSECONDS):
                self._emit(Delayed(sequence=post.sequence, text=post.text))

    def next_time(self, now: float) -> float:
        """When `work` is to be called again if nothing arrives; not at once, for what is due may be held back."""
        due = self._requests.next_time()
        return now + 1 if due is None else min(max(due, now + PACE_SECONDS), now + 1)

    def work(self, link: Link, now: float) -> None:
        """Handle what has arrived, and send what is due."""
        for body in link.take_replies():
            self._receive(link, body, now)
        if self.over:
            return
        if self._grant and self._transcript.attached:
            self._transcript.read(link, self._grant.session, self._grant.name, now)
        self._give_up(link, now)
        self._sender.settle(link, now)
        self._keep_session(now)
        self._sender.send(link, self._grant, now, posts=self._transcript.attached)
        self.tell_late()

    # What arrives.

    def _receive(self, link: Link, body: bytes, now: float) -> None:
        try:
            message = decode(body, *REPLIES)
        except WireError as error:
            self._emit(
                Remark(text=_("the client cannot read an answer of the chat's services: {error}").format(error=error))
            )
            return
        if type(message) in self._answers:
            self._answers[type(message)](link, message, now)

    def _on_granted(self, link: Link, message: Granted, now: float) -> None:
        if self._requests.answered(message.request) is None:
            return
        self._grant = message
        lifetime = (message.expires - message.at) / 1_000_000  # by the registry's clock, whatever this one says
        self._renew_at = now + max(lifetime / 2, RENEW_SECONDS)
        if self._joined and not self._transcript.attached:
            self._transcript.attach(link, now)
        self.wait_for("")  # only now: there may be no room to attach to
        self._reconnected()
        if not self._joined:
            self._transcript.joined(message.at)
            question = History(request=_new_request(), token="", room=ROOM, before=None, limit=HISTORY)
            self._requests.ask(question, due=0.0, give_up=now + HISTORY_SECONDS)

    def _on_refused(self, link: Link, message: Refused, _now: float) -> None:
        request = self._requests.answered(message.request)
        text = refusal(message.reason, message.text)
        if isinstance(request, Claim):
            self._emit(NameRefused(text=text))
        elif isinstance(request, Resume | Exit):
            self._end(text, freed=False)
        elif self._is_browsing(request):
            self._browsing.refused(request, text)
        elif isinstance(request, History):
            self._join_without_history(link, text)
        elif request or message.request is None:
            self._emit(Remark(text=text))

    def _on_exited(self, _link: Link, message: Exited, _now: float) -> None:
        if self._requests.answered(message.request):
            self._end(_("you have left, and your name is free"), freed=True)

    def _on_users(self, _link: Link, message: Users, _now: float) -> None:
        if self._requests.answered(message.request):
            self._emit(UsersListed(connected=message.connected, disconnected=message.disconnected))

    def _on_page(self, link: Link, message: Page, now: float) -> None:
        question = self._requests.answered(message.request)
        if isinstance(question, Mine):
            self._mine.page(message, self._transcript.newest_own, now)
        elif self._is_browsing(question):
            self._browsing.page(question, message, now)
        elif isinstance(question, History):
            self._transcript.recall(message)
            self._browsing.recalled(message)
            self._tell_joined()  # before anything can fail: the history must not be told again
            self._transcript.attach(link, now)

    def _on_posts_refused(self, _link: Link, message: PostsRefused, _now: float) -> None:
        reason = refusal(message.reason, message.text)
        for post in self._outbox.remove(message.sequences):
            self._emit(NotSent(sequence=post.sequence, text=post.text, reason=reason))

    def _on_session_ended(self, _link: Link, message: SessionEnded, _now: float) -> None:
        if self._grant and message.session == self._grant.session and not self._requests.waiting(Exit):
            self._end(_(ENDINGS[message.reason]), freed=False)

    def _give_up(self, link: Link, now: float) -> None:
        for question in self._requests.given_up(now):
            if isinstance(question, Mine):
                self._mine.given_up()
            elif self._is_browsing(question):
                self._browsing.given_up(question)
            elif isinstance(question, History):
                self._join_without_history(link, _("the archive does not answer: earlier messages are not shown"))

    def _join_without_history(self, link: Link, text: str) -> None:
        self._emit(Remark(text=text))
        self._tell_joined()
        self._transcript.attach_late(link)

    def _is_browsing(self, question: Request | None) -> TypeGuard[History | Search]:
        """Whether a question is of what was said earlier, and not the one that joining waits for."""
        return isinstance(question, Search) or (isinstance(question, History) and self._joined)

    def _tell_joined(self) -> None:
        if self._grant:
            self._joined = True
            self._cut = False
            self._emit(Joined(name=self._grant.name, room=ROOM))

    def _reconnected(self) -> None:
        if self._cut:
            self._cut = False
            self._emit(ConnectedAgain())

    def _keep_session(self, now: float) -> None:
        """Renew the token at half its life, or when we are said to be lost; leave when there is nothing to wait for."""
        self._mine.start(now, pending=bool(self._outbox))
        due = self._grant and (now >= self._renew_at or self._transcript.lost_at > self._grant.at)
        if due and not self._requests.waiting(Resume, Exit):
            self._requests.ask(self._resume(), due=0.0)
        busy = self._outbox or self._mine.busy or self._browsing.busy or self._requests.waiting(ListUsers, Exit)
        if self._leaving and self._joined and not busy:
            self._requests.ask(Exit(request=_new_request(), token=""), due=0.0)

    def _resume(self) -> Resume:
        return Resume(request=_new_request(), token="", secret=self._secret)

    def _end(self, text: str, *, freed: bool) -> None:
        self._give_up_posts(text)
        self.over = True
        self._emit(Ended(text=text, freed=freed))

    def _give_up_posts(self, reason: str) -> None:
        for post in self._outbox.remove_all():
            self._emit(NotSent(sequence=post.sequence, text=post.text, reason=reason))


def _new_request() -> str:
    return secrets.token_hex(16)

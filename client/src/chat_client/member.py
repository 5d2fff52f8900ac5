"""A member of the chat: brings together its posts, its requests and the room that it follows.

Everything here runs in the session's network thread. `now` is in seconds on a clock that never goes back.
"""

from collections.abc import Callable
from typing import assert_never

from chat_amqp import topology
from chat_client.access import Access, RenewRequest, ResumeRequest
from chat_client.connection_status import ConnectionStatus
from chat_client.events import ConnectionLost, Ended, Event, Joined, Remark, Waiting
from chat_client.history import ANSWER_SECONDS, HistoryRequests, SearchRequest
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.membership import ClaimRequest, FirstPageRequest, LeaveRequest
from chat_client.my_messages import MyMessagesRequest
from chat_client.posting import Posting
from chat_client.requests import Answer, PendingRequests
from chat_client.room_follower import RoomFollower
from chat_client.sending import Sender
from chat_client.texts import ENDINGS, refusal
from chat_client.users import UsersRequest
from chat_wire.codec import decode
from chat_wire.errors import WireError
from chat_wire.messages import Exited, Granted, Page, PostsRefused, Refused, SessionEnded, Users

ROOM = topology.ROOMS[0]
PACE_SECONDS = 0.05
SESSION_REASONS = ("invalid_token", "session_ended")

Reply = Granted | Refused | Exited | Users | Page | PostsRefused | SessionEnded
REPLIES: tuple[type[Reply], ...] = (Granted, Refused, Exited, Users, Page, PostsRefused, SessionEnded)


class Member:
    """One member, over any number of connections, one at a time.

    Attributes:
        access: Knows how the member connects next.
        status: Reports changes of the connection.
        posting: The posts on their way.
        claim_request: Claims a name.
        users_request: Asks for the users.
        my_messages_request: Asks for the person's own messages.
        history_requests: Ask for pages of the room's history.
        search_request: Asks for messages that have some words.
        leave_request: Ends the session.
        joined: Whether the member is in the room, with or without a connection.
        over: Whether the session has ended.
    """

    def __init__(self, secret: str, emit: Callable[[Event], None]) -> None:
        """Make a member without a name.

        Args:
            secret: The author secret.
            emit: Receives each event.
        """
        self._emit = emit
        self._pending = pending = PendingRequests()
        self.status = ConnectionStatus(emit)
        self.posting = Posting(emit)
        self._room = room = RoomFollower(ROOM, self.posting, emit)
        self._sender = Sender(ROOM, pending, self.posting.outbox, self.status.wait_for)
        self.users_request = UsersRequest(pending, emit)
        self.my_messages_request = MyMessagesRequest(room, pending, emit)
        self.history_requests = HistoryRequests(ROOM, pending, emit)
        self.search_request = SearchRequest(ROOM, pending, emit)
        self.access = Access()
        self.claim_request = ClaimRequest(secret, pending, emit, self.access.granted)
        self._resume_request = ResumeRequest(secret, self.access, pending, emit, self._on_refused_session)
        self._renew_request = RenewRequest(self.access, pending, emit, self._on_refused_session)
        self._first_page_request = FirstPageRequest(room, pending, emit, self._on_joined)
        self.leave_request = LeaveRequest(pending, emit, self._end)
        self.joined = False
        self.over = False

    # The connection.

    def opened(self, link: MemberLink, now: float) -> None:
        """Begin with a new connection: at the entrance ask for a token, and as a session go on."""
        self._pending.prolong(now + ANSWER_SECONDS)
        if link.session is None:
            self._opened_entrance()
        elif self.access.grant:
            self._opened_session(self.access.grant, now)

    def lost(self, loss: ConnectionLost | Waiting) -> None:
        """Keep all posts and requests for the next connection, and report the loss once."""
        self._sender.lost()
        self.posting.lost()
        self._pending.cancel(self._renew_request)
        self._pending.cancel(self._first_page_request)  # the next session connection asks for both again
        self._room.lost()
        self.status.lost(loss, joined=self.joined)

    def is_through(self, link: MemberLink, now: float) -> bool:
        """Return whether the connection is that of the entrance, and the member can connect as a session now."""
        return link.session is None and self.access.login(now) is not None

    def closed(self) -> None:
        """Report the posts that have not come back as not sent. Another call does not report them again."""
        self.posting.give_up_all(_("the client left before the message was delivered"))

    def report_late(self, now: float) -> None:
        """Report the posts that take longer than a person expects."""
        if self.joined:
            self.posting.report_late(now)

    def next_time(self, now: float) -> float:
        """Return when to call `work` if nothing arrives: in 0.05 s to 1 s.

        A due request may have to wait for a grant or for a blocked broker. Without the 0.05 s, the loop would spin.
        """
        due = self._pending.next_time()
        return now + 1 if due is None else min(max(due, now + PACE_SECONDS), now + 1)

    def work(self, link: MemberLink, now: float) -> None:
        """Handle what has arrived, and send what is due."""
        if link.session and self.joined and not self._room.attached:
            self._room.attach(link, now)
            self.status.back()  # after `attach`, which fails if the room does not exist
        for body in link.pop_replies():
            self._receive(body, link, now)
        if self.over or self.is_through(link, now):
            return
        grant = self.access.grant
        if grant and link.session is None:
            self._resume_request.ask()  # the token was on its way for longer than it lasts
        if grant and self._room.attached:
            self._room.read(link, grant.session, grant.name, now)
        for request in self._pending.pop_overdue(now):
            request.given_up(link)
        self._sender.settle(link, now)
        self.posting.repeat_after_silence(now)
        self._keep_session(link, now)
        self._sender.send(link, grant, now, posts=self._room.attached)
        self.report_late(now)

    def _opened_entrance(self) -> None:
        if self.access.grant:
            self._resume_request.ask()
        elif not self.claim_request.waiting:
            self.status.wait_for("")

    def _opened_session(self, grant: Granted, now: float) -> None:
        if not self.joined:
            self.status.back()
            self._room.joined(grant.at)
            self._first_page_request.ask(now)  # first, as the person waits for it
        if not self.leave_request.waiting:
            self._renew_request.ask()

    # Answers.

    def _receive(self, body: bytes, link: MemberLink, now: float) -> None:
        try:
            reply: Reply = decode(body, *REPLIES)
        except WireError as error:
            text = _("the client cannot read an answer of the chat's services: {error}")
            self._emit(Remark(text=text.format(error=error)))
            return
        self._handle(reply, link, now)

    def _handle(self, reply: Reply, link: MemberLink, now: float) -> None:
        match reply:
            case Granted() | Exited() | Users() | Page():
                self._on_answer(reply, link, now)
            case Refused():
                self._on_refused(reply, link)
            case PostsRefused():
                self._on_posts_refused(reply)
            case SessionEnded():
                self._on_session_ended(reply)
            case _:
                assert_never(reply)

    def _on_answer(self, answer: Answer, link: MemberLink, now: float) -> None:
        request = self._pending.pop_answered(answer.request)
        if request and isinstance(answer, request.expects):
            request.answered(answer, link, now)

    def _on_refused(self, refused: Refused, link: MemberLink) -> None:
        request = self._pending.pop_answered(refused.request)
        text = refusal(refused.reason, refused.text)
        if request:
            request.refused(text, link)
        elif refused.request is None:
            self._emit(Remark(text=text))

    def _on_posts_refused(self, refused: PostsRefused) -> None:
        self.posting.refused(refused)
        if refused.reason in SESSION_REASONS:  # the news that the session has ended may be lost
            self._renew_request.ask()

    def _on_session_ended(self, ended: SessionEnded) -> None:
        if self.access.grant and ended.session == self.access.grant.session and not self.leave_request.waiting:
            self._end(_(ENDINGS[ended.reason]), False)

    # The session.

    def _on_joined(self) -> None:
        if self.access.grant:
            self.joined = True
            self._emit(Joined(name=self.access.grant.name, room=ROOM))

    def _on_refused_session(self, text: str) -> None:
        self._end(text, False)

    def _keep_session(self, link: MemberLink, now: float) -> None:
        """Renew the token at half its life, or when the room reports this member as lost.

        Also ask for the person's own messages, and leave, if the person wants that and nothing else comes first.
        """
        pending = bool(self.posting.outbox)
        self.my_messages_request.ask_if_wanted(now, pending=pending)
        due = link.session and self.access.renewal_is_due(now, self._room.lost_at)
        if due and not self.leave_request.waiting:
            self._renew_request.ask()
        others = (self.history_requests, self.search_request, self.users_request)
        busy = pending or self.my_messages_request.busy or any(request.waiting for request in others)
        if self.joined and not busy:
            self.leave_request.ask_if_wanted()

    def _end(self, text: str, freed: bool) -> None:
        self.posting.give_up_all(text)
        self.over = True
        self._emit(Ended(text=text, freed=freed))

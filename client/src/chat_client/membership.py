"""The requests about the session itself: claim a name, fetch the first page, leave."""

import contextvars
from collections.abc import Callable

from chat_amqp import topology
from chat_client.events import Event, NameRefused, Remark
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.requests import EntranceRequest, PendingRequests, Request
from chat_client.room_follower import RoomFollower
from chat_wire.messages import Claim, Exit, Exited, Granted, History, Page

HISTORY = 50
HISTORY_SECONDS = 3.0

OnGranted = Callable[[Granted, float], None]


class ClaimRequest(EntranceRequest):
    """Asks the registry for a name."""

    def __init__(
        self, secret: str, pending: PendingRequests, emit: Callable[[Event], None], on_granted: OnGranted
    ) -> None:
        """Prepare the request.

        Args:
            secret: The author secret, which shows that two sessions belong to one person.
            pending: Keeps the request until it is answered.
            emit: Receives NameRefused.
            on_granted: Receives the session.
        """
        super().__init__(pending, emit)
        self._secret = secret
        self._on_granted = on_granted
        self._name = ""
        self._quiet = False

    def ask(self, name: str, quiet: bool, _now: float) -> None:
        """Claim a name, for a quiet session or another. Cancel the claim before, if it waits for its answer."""
        self._pending.cancel(self)
        self._name = name
        self._quiet = quiet
        self._pending.add(self)

    def message(self, id: str, _grant: Granted | None) -> Claim:
        """Return the claim."""
        return Claim(request=id, name=self._name, secret=self._secret, quiet=self._quiet)

    def answered(self, answer: Granted, _link: MemberLink, now: float) -> None:
        """Begin the session."""
        self._on_granted(answer, now)

    def refused(self, text: str, _link: MemberLink) -> None:
        """Report that the person has to choose another name."""
        self._emit(NameRefused(text=text))


class FirstPageRequest(Request[Page]):
    """Asks the archive for the newest messages, which end the joining. Without an answer, joining ends without them."""

    exchange = topology.QUESTIONS.name
    expects = Page

    def __init__(
        self,
        room: RoomFollower,
        pending: PendingRequests,
        emit: Callable[[Event], None],
        on_joined: Callable[[], None],
    ) -> None:
        """Prepare the request.

        Args:
            room: Reports the messages, and follows the room after them.
            pending: Keeps the request until it is answered.
            emit: Receives a Remark if the messages are missing.
            on_joined: Called once the messages are reported, before the room is followed.
        """
        super().__init__(pending, emit)
        self.key = topology.question_key(room.name)
        self._room = room
        self._on_joined = on_joined

    def ask(self, now: float) -> None:
        """Ask for the newest messages, and wait for 3 s at most."""
        self._pending.add(self, give_up=now + HISTORY_SECONDS)

    def message(self, id: str, grant: Granted) -> History:
        """Return the message that asks for the newest page."""
        return History(request=id, card=grant.card, before=None, limit=HISTORY)

    def answered(self, answer: Page, link: MemberLink, now: float) -> None:
        """Report the messages, and follow the room after them."""
        self._room.recall(answer)
        self._on_joined()  # before anything can fail: the history must not be reported again
        self._room.attach(link, now)

    def refused(self, text: str, link: MemberLink) -> None:
        """Follow the room without the earlier messages."""
        self._emit(Remark(text=text))
        self._on_joined()
        self._room.attach_without_history(link)

    def given_up(self, link: MemberLink) -> None:
        """Follow the room without the earlier messages."""
        self.refused(_("the archive does not answer: earlier messages are not shown"), link)


class LeaveRequest(Request[Exited]):
    """Asks the registry to end the session and free the name."""

    expects = Exited

    def __init__(
        self, pending: PendingRequests, emit: Callable[[Event], None], on_over: Callable[[str, bool], None]
    ) -> None:
        """Prepare the request.

        Args:
            pending: Keeps the request until it is answered.
            emit: Not used: `on_over` handles every outcome.
            on_over: Called when the session is over, with a text for the person and whether the name is free.
        """
        super().__init__(pending, emit)
        self._on_over = on_over
        self._wanted: contextvars.Context | None = None

    def want(self, _now: float) -> None:
        """Leave when `ask_if_wanted` is called next, in the trace of this moment."""
        self._wanted = contextvars.copy_context()

    def ask_if_wanted(self) -> None:
        """Ask to leave, if the person wants it. Call this when no post and no other request is pending."""
        if self._wanted is not None and not self.waiting:  # an empty context is false
            self._wanted.run(self._pending.add, self)

    def message(self, id: str, _grant: Granted) -> Exit:
        """Return the request to exit."""
        return Exit(request=id)

    def answered(self, _answer: Exited, _link: MemberLink, _now: float) -> None:
        """End the session."""
        self._on_over(_("you have left, and your name is free"), True)

    def refused(self, text: str, _link: MemberLink) -> None:
        """End the session, which the registry does not know any more."""
        self._on_over(text, False)

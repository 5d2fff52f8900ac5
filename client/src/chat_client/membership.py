"""The questions about the session itself: claiming a name, its first page, renewing the token, leaving."""

from collections.abc import Callable

from chat_amqp import topology
from chat_client.browsing import OlderQuestion
from chat_client.events import Event, NameRefused, Remark
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.requests import OpeningQuestion, Question, Requests
from chat_client.room_follower import RoomFollower
from chat_wire.messages import Claim, Exit, Exited, Granted, History, Page, Resume

HISTORY = 50
HISTORY_SECONDS = 3.0

OnGranted = Callable[[Granted, MemberLink, float], None]


class ClaimQuestion(OpeningQuestion):
    """Asks the registry for a name."""

    def __init__(self, secret: str, requests: Requests, emit: Callable[[Event], None], on_granted: OnGranted) -> None:
        """Make the question.

        Args:
            secret: The author secret, which shows that two sessions belong to one person.
            requests: Sends the question.
            emit: Receives NameRefused.
            on_granted: Receives the session.
        """
        super().__init__(requests, emit)
        self._secret = secret
        self._on_granted = on_granted
        self._name = ""

    def ask(self, name: str, _now: float) -> None:
        """Claim a name."""
        self._requests.drop(self)
        self._name = name
        self._requests.ask(self)

    def message(self, request: str, _grant: Granted | None) -> Claim:
        """Return the claim."""
        return Claim(request=request, name=self._name, secret=self._secret)

    def answered(self, answer: Granted, link: MemberLink, now: float) -> None:
        """Begin the session."""
        self._on_granted(answer, link, now)

    def refused(self, text: str, _link: MemberLink) -> None:
        """Tell that the person has to choose another name."""
        self._emit(NameRefused(text=text))


class RenewQuestion(OpeningQuestion):
    """Asks the registry to continue the session: with a new inbox, or with a token that expires later."""

    def __init__(
        self,
        secret: str,
        requests: Requests,
        emit: Callable[[Event], None],
        on_granted: OnGranted,
        on_refused: Callable[[str], None],
    ) -> None:
        """Make the question.

        Args:
            secret: The author secret, which also renews a token that has expired.
            requests: Sends the question.
            emit: Receives no event.
            on_granted: Receives the renewed session.
            on_refused: Receives the reason if the session is over.
        """
        super().__init__(requests, emit)
        self._secret = secret
        self._on_granted = on_granted
        self._on_refused = on_refused
        self._token = ""

    def ask(self, token: str) -> None:
        """Renew the session that has this token."""
        self._token = token
        self._requests.ask(self)

    def message(self, request: str, _grant: Granted | None) -> Resume:
        """Return the request to resume."""
        return Resume(request=request, token=self._token, secret=self._secret)

    def answered(self, answer: Granted, link: MemberLink, now: float) -> None:
        """Continue the session."""
        self._on_granted(answer, link, now)

    def refused(self, text: str, _link: MemberLink) -> None:
        """End the session."""
        self._on_refused(text)


class FirstPageQuestion(Question[Page]):
    """Asks the archive for the newest messages, which end the joining. Without an answer, joining ends without them."""

    queue = topology.QUERIES
    expects = Page

    def __init__(
        self,
        room: RoomFollower,
        older: OlderQuestion,
        requests: Requests,
        emit: Callable[[Event], None],
        on_joined: Callable[[], None],
    ) -> None:
        """Make the question.

        Args:
            room: Tells the messages, and follows the room after them.
            older: Goes on before the oldest of the messages.
            requests: Sends the question.
            emit: Receives a Remark if the messages are missing.
            on_joined: Called once the messages are told, before the room is followed.
        """
        super().__init__(requests, emit)
        self._room = room
        self._older = older
        self._on_joined = on_joined

    def ask(self, now: float) -> None:
        """Ask for the newest messages, and wait for 3 s at most."""
        self._requests.ask(self, give_up=now + HISTORY_SECONDS)

    def message(self, request: str, grant: Granted) -> History:
        """Return the question for the newest page."""
        return History(request=request, token=grant.token, room=self._room.name, before=None, limit=HISTORY)

    def answered(self, answer: Page, link: MemberLink, now: float) -> None:
        """Tell the messages, and follow the room after them."""
        self._room.recall(answer)
        self._older.recalled(answer)
        self._on_joined()  # before anything can fail: the history must not be told again
        self._room.attach(link, now)

    def refused(self, text: str, link: MemberLink) -> None:
        """Follow the room without the earlier messages."""
        self._emit(Remark(text=text))
        self._on_joined()
        self._room.attach_late(link)

    def given_up(self, link: MemberLink) -> None:
        """Follow the room without the earlier messages."""
        self.refused(_("the archive does not answer: earlier messages are not shown"), link)


class LeaveQuestion(Question[Exited]):
    """Asks the registry to end the session and free the name."""

    expects = Exited

    def __init__(self, requests: Requests, emit: Callable[[Event], None], on_over: Callable[[str, bool], None]) -> None:
        """Make the question.

        Args:
            requests: Sends the question.
            emit: Receives no event.
            on_over: Called when the session is over, with a text for the person and whether the name is free.
        """
        super().__init__(requests, emit)
        self._on_over = on_over
        self._wanted = False

    def want(self, _now: float) -> None:
        """Leave as soon as nothing is pending."""
        self._wanted = True

    def ask_if_wanted(self) -> None:
        """Ask, if the person wants to leave. Call this when nothing is pending."""
        if self._wanted and not self.waiting:
            self._requests.ask(self)

    def message(self, request: str, grant: Granted) -> Exit:
        """Return the request to exit."""
        return Exit(request=request, token=grant.token)

    def answered(self, _answer: Exited, _link: MemberLink, _now: float) -> None:
        """End the session."""
        self._on_over(_("you have left, and your name is free"), True)

    def refused(self, text: str, _link: MemberLink) -> None:
        """End the session, which the registry does not know any more."""
        self._on_over(text, False)

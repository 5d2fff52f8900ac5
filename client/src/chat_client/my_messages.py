"""The request for a person's own messages."""

from collections.abc import Callable

from chat_amqp import topology
from chat_client.events import Event, MyMessagesListed, Remark
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.reader import as_received
from chat_client.requests import PendingRequests, Request
from chat_client.room_follower import RoomFollower
from chat_wire.messages import Granted, Mine, Page

PAGE = 200
ANSWER_SECONDS = 5.0
CATCH_UP_SECONDS = 3.0
CATCH_UP_PAUSE = 0.1


class MyMessagesRequest(Request[Page]):
    """Asks the archive for page after page until all messages are reported, the person's newest post included."""

    exchange = topology.QUESTIONS.name
    key = topology.MINE_KEY
    expects = Page

    def __init__(self, room: RoomFollower, pending: PendingRequests, emit: Callable[[Event], None]) -> None:
        """Prepare the request.

        Args:
            room: Knows the person's newest post in the room.
            pending: Keeps the request until it is answered.
            emit: Receives MyMessagesListed.
        """
        super().__init__(pending, emit)
        self._room = room
        self._reported = 0
        self._after = 0
        self._until = 0.0
        self._wanted = False

    @property
    def busy(self) -> bool:
        """Whether messages remain to be reported."""
        return self._wanted or self.waiting

    def want(self, now: float) -> None:
        """Make the request when `ask_if_wanted` is called next, unless it is being answered."""
        if not self.busy:
            self._wanted = True
            self._until = now + CATCH_UP_SECONDS

    def ask_if_wanted(self, now: float, *, pending: bool) -> None:
        """Ask for the first page, if the person wants it, once no post is pending. Wait 3 s for that at most."""
        if self._wanted and (not pending or now >= self._until):
            self._wanted = False
            self._reported = self._after = 0
            self._until = now + CATCH_UP_SECONDS
            self._ask(now)

    def message(self, id: str, grant: Granted) -> Mine:
        """Return the message that asks for the next page."""
        return Mine(request=id, card=grant.card, after=self._after, limit=PAGE)

    def answered(self, answer: Page, _link: MemberLink, now: float) -> None:
        """Report the messages of a page, and ask for the next page.

        The archive may not have recorded the person's newest post yet. It is asked again until it has, for 3 s at most.
        """
        self._reported += len(answer.messages)
        if answer.messages:
            self._after = answer.messages[-1].number
        behind = self._room.newest_own > (answer.position.offset if answer.position else -1)
        messages = tuple(map(as_received, answer.messages))
        if answer.more or (behind and now < self._until):
            self._emit(MyMessagesListed(messages=messages))
            self._ask(now if answer.more else now + CATCH_UP_PAUSE)
        else:
            self._emit(MyMessagesListed(messages=messages, total=self._reported))

    def given_up(self, _link: MemberLink) -> None:
        """Report that the archive does not answer."""
        self._emit(Remark(text=_("the archive does not answer: try /mymsgs again later")))

    def _ask(self, due: float) -> None:
        self._pending.add(self, due, give_up=due + ANSWER_SECONDS)

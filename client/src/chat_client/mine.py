"""The list of a person's own messages, asked of the archive page by page."""

import secrets
from collections.abc import Callable

from chat_client.domain import said
from chat_client.events import Event, MineListed, Remark
from chat_client.language import _
from chat_client.requests import Requests
from chat_wire.messages import Mine, Page

PAGE = 200
ANSWER_SECONDS = 5.0
CATCH_UP_SECONDS = 3.0
CATCH_UP_PAUSE = 0.1


class MineQuestion:
    """Asks until the archive has told everything, the person's newest post included."""

    def __init__(self, requests: Requests, emit: Callable[[Event], None]) -> None:
        self._requests = requests
        self._emit = emit
        self._told = 0
        self._after = 0
        self._until = 0.0
        self._wanted = False

    @property
    def busy(self) -> bool:
        """Whether there is more to tell."""
        return self._wanted or self._requests.waiting(Mine)

    def want(self, now: float) -> None:
        """Have the question asked, unless it is being answered."""
        if not self.busy:
            self._wanted = True
            self._until = now + CATCH_UP_SECONDS

    def start(self, now: float, *, pending: bool) -> None:
        """Ask from the beginning, once what was sent before has come back; wait 3 s for that at most."""
        if self._wanted and (not pending or now >= self._until):
            self._wanted = False
            self._told = self._after = 0
            self._until = now + CATCH_UP_SECONDS
            self._ask(now)

    def page(self, page: Page, newest_own: int, now: float) -> None:
        """Tell a page and ask for the next.

        What was just said may not be recorded yet: the archive is asked again until it has recorded
        the room up to offset `newest_own`, for 3 s at most.
        """
        self._told += len(page.messages)
        if page.messages:
            self._after = page.messages[-1].number
        behind = newest_own > (page.position.offset if page.position else -1)
        if page.more or (behind and now < self._until):
            self._emit(MineListed(messages=tuple(said(message) for message in page.messages)))
            self._ask(now if page.more else now + CATCH_UP_PAUSE)
        else:
            self._emit(MineListed(messages=tuple(said(message) for message in page.messages), total=self._told))

    def given_up(self) -> None:
        """The archive did not answer."""
        self._emit(Remark(text=_("the archive does not answer: try /mymsgs again later")))

    def _ask(self, due: float) -> None:
        question = Mine(request=secrets.token_hex(16), token="", after=self._after, limit=PAGE)
        self._requests.ask(question, due, give_up=due + ANSWER_SECONDS)

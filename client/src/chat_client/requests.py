"""Questions that wait for their answers."""

from dataclasses import dataclass

from chat_wire.messages import Claim, Exit, History, ListUsers, Mine, Resume, Search

AGAIN_SECONDS = 5.0
BOUNCED_SECONDS = 1.0

OPENING = (Claim, Resume)

Request = Claim | Resume | Exit | ListUsers | History | Mine | Search


@dataclass(slots=True)
class _Asked:
    message: Request
    due: float
    give_up: float | None
    times: int = 0


class Requests:
    """Says when a request is to be sent: again after 5 s without an answer, with the same id.

    Times are seconds on a clock that never goes back.
    """

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}

    def ask(self, message: Request, due: float, give_up: float | None = None) -> None:
        """Have a request sent from `due` on, until it is answered or `give_up` has come."""
        self._asked[message.request] = _Asked(message, due, give_up)

    def due(self, now: float) -> list[tuple[Request, bool]]:
        """The requests to send now, each with whether it was sent before and not answered.

        As long as the session itself is asked for, nothing else is.
        """
        kinds = OPENING if self.waiting(*OPENING) else (object,)
        found = [asked for asked in self._asked.values() if asked.due <= now and isinstance(asked.message, kinds)]
        for asked in found:
            asked.due = now + AGAIN_SECONDS
            asked.times += 1
        return [(asked.message, asked.times > 1) for asked in found]

    def answered(self, request: str | None) -> Request | None:
        """The request that an answer is for; None if nobody waits for it."""
        asked = self._asked.pop(request, None) if request else None
        return asked.message if asked else None

    def given_up(self, now: float) -> list[Request]:
        """The requests whose time is over; nobody waits for them any more."""
        found = [asked.message for asked in self._asked.values() if asked.give_up is not None and asked.give_up <= now]
        for message in found:
            del self._asked[message.request]
        return found

    def prolong(self, until: float) -> None:
        """Give nothing up before `until`: as long as there was no connection, nobody could answer."""
        for asked in self._asked.values():
            if asked.give_up is not None:
                asked.give_up = max(asked.give_up, until)

    def bounced(self, kinds: tuple[type[Request], ...], now: float) -> None:
        """Requests of these kinds reached no queue: try them a little later."""
        for asked in self._asked.values():
            if isinstance(asked.message, kinds):
                asked.due = min(asked.due, now + BOUNCED_SECONDS)

    def lost(self) -> None:
        """The connection is gone, and the inbox with it: all has to be sent again on the next one."""
        for asked in self._asked.values():
            asked.due, asked.times = 0.0, 0

    def drop(self, *kinds: type[Request]) -> None:
        """Wait no longer for requests of these kinds."""
        self._asked = {key: asked for key, asked in self._asked.items() if not isinstance(asked.message, kinds)}

    def waiting(self, *kinds: type[Request]) -> bool:
        """Whether a request of one of these kinds has no answer yet."""
        return any(isinstance(asked.message, kinds) for asked in self._asked.values())

    def next_time(self) -> float | None:
        """When the next request is due or given up."""
        times = [time for asked in self._asked.values() for time in (asked.due, asked.give_up) if time is not None]
        return min(times, default=None)

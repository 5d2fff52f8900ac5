"""The access of a member to the broker: through the entrance until it has a token, and then as its session.

The client asks the entrance for a name, and gets a token with it. The token is the password of the session, which may
do everything else. A token lasts ten minutes, and the session gets the next one on its own connection. A client that
was without a connection for longer asks the entrance again, with its secret.

Times are seconds on a clock that never goes back. Only the broker knows whether it takes a token: a computer that slept
did not count the time.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chat_client.events import Event
from chat_client.member_link import MemberLink
from chat_client.requests import EntranceRequest, PendingRequests, Request
from chat_wire.messages import Granted, Renew, Resume
from chat_wire.units import SECOND

SHORTEST_PAUSE = 1.0  # between two renewals
FRESH = 1 / 8  # of the life of a token: a newer one is hardly better, and costs RabbitMQ 3.10 7 ms


@dataclass(frozen=True, slots=True)
class Login:
    """The user and the password of a session at the broker."""

    session: str
    token: str


class Access:
    """Keeps the grant of a session, and knows by which login to connect next.

    Attributes:
        grant: The last grant; None before the first one.
    """

    def __init__(self) -> None:
        """Start without a session."""
        self.grant: Granted | None = None
        self._fresh_until = 0.0
        self._renew_at = 0.0
        self._until = 0.0

    def granted(self, grant: Granted, now: float) -> None:
        """Note a grant of the session or its renewal."""
        lifetime = (grant.expires - grant.at) / SECOND  # by the registry's clock; the one here may differ
        self.grant = grant
        self._fresh_until = now + FRESH * lifetime
        self._until = now + lifetime
        self._renew_at = now + max(lifetime / 2, SHORTEST_PAUSE)

    def login(self, now: float) -> Login | None:
        """Return the login of the session, or None if the client has to go through the entrance."""
        if self.grant and now < self._until:
            return Login(self.grant.session, self.grant.token)
        return None

    def is_fresh(self, now: float) -> bool:
        """Return whether the connection does not need another token yet."""
        return now < self._fresh_until

    def refused(self) -> None:
        """Note that the broker refuses the token: it has expired, or the chat has another key now."""
        self._until = 0.0

    def renewal_is_due(self, now: float, lost_at: int) -> bool:
        """Return whether to ask for the next token, or to tell the registry that the session is connected.

        Args:
            now: The present time.
            lost_at: The time when the room reported the session as lost, by the registry's clock.
        """
        return self.grant is not None and (now >= self._renew_at or lost_at > self.grant.at)


class ResumeRequest(EntranceRequest):
    """Asks the entrance for a token of the session."""

    def __init__(
        self,
        secret: str,
        access: Access,
        pending: PendingRequests,
        emit: Callable[[Event], None],
        on_refused: Callable[[str], None],
    ) -> None:
        """Prepare the request.

        Args:
            secret: The author secret, which shows that the session is that of this person.
            access: Receives the token.
            pending: Keeps the request until it is answered.
            emit: Not used: `access` and `on_refused` handle every outcome.
            on_refused: Receives the reason if the session is over.
        """
        super().__init__(pending, emit)
        self._secret = secret
        self._access = access
        self._on_refused = on_refused

    def ask(self) -> None:
        """Ask for a token, unless the request waits for its answer already."""
        if not self.waiting:
            self._pending.add(self)

    def message(self, id: str, grant: Granted | None) -> Resume:
        """Return the request to resume the session."""
        return Resume(request=id, session=grant.session if grant else "", secret=self._secret)

    def answered(self, answer: Granted, _link: MemberLink, now: float) -> None:
        """Continue the session."""
        self._access.granted(answer, now)

    def refused(self, text: str, _link: MemberLink) -> None:
        """End the session."""
        self._on_refused(text)


class RenewRequest(Request[Granted]):
    """Tells the registry that the session is connected, and asks for its next token."""

    first = True  # the registry answers later requests with the knowledge that the session is connected
    expects = Granted

    def __init__(
        self,
        access: Access,
        pending: PendingRequests,
        emit: Callable[[Event], None],
        on_refused: Callable[[str], None],
    ) -> None:
        """Prepare the request.

        Args:
            access: Receives the token.
            pending: Keeps the request until it is answered.
            emit: Not used: `access` and `on_refused` handle every outcome.
            on_refused: Receives the reason if the session is over.
        """
        super().__init__(pending, emit)
        self._access = access
        self._on_refused = on_refused

    def ask(self) -> None:
        """Renew the session, unless the request waits for its answer already."""
        if not self.waiting:
            self._pending.add(self)

    def message(self, id: str, _grant: Granted) -> Renew:
        """Return the request to renew the session."""
        return Renew(request=id)

    def answered(self, answer: Granted, link: MemberLink, now: float) -> None:
        """Put the next token on the connection, unless its token is fresh: it has just been opened with that."""
        fresh = self._access.is_fresh(now)
        self._access.granted(answer, now)
        if not fresh:
            link.renew(answer.token)

    def refused(self, text: str, _link: MemberLink) -> None:
        """End the session."""
        self._on_refused(text)

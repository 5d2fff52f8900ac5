"""A member of the chat with a link that the test plays."""

from collections.abc import Mapping
from typing import Any

from chat_client import events
from chat_client.member import Member
from chat_client.member_link import NO_HEADERS
from chat_wire.codec import decode, encode
from chat_wire.messages import (
    Batch,
    Claim,
    Exit,
    Granted,
    History,
    ListUsers,
    Mine,
    Notice,
    Page,
    Position,
    Post,
    Posts,
    Recorded,
    Renew,
    Resume,
    Run,
    Search,
)

SENT: tuple[type[Any], ...] = (Claim, Resume, Renew, Exit, ListUsers, History, Mine, Search, Posts)
LOST = events.ConnectionLost(broker="host:5672")
AGES = 4_000_000_000_000_000
GRANTED_AT = 5


class FakeLink:
    """A link whose other end is the test.

    Attributes:
        session: The session that is the user of the connection; None at the entrance.
        renewed: The tokens that the member put on the connection.
        sent: The messages published.
        routes: The exchange and the routing key of each.
        replies: The answers that have arrived.
        entries: The entries of the room that have arrived.
        attached: The offsets at which the room was attached.
        breaks: The error that attaching to the room raises.
        returned: The exchanges at which a message reached no queue.
        waiting: How many publications are unconfirmed.
    """

    def __init__(self, session: str | None = None, breaks: Exception | None = None) -> None:
        """Make a link.

        Args:
            session: The session that is the user of the connection; None at the entrance.
            breaks: The error that attaching to the room raises.
        """
        self.session = session
        self.renewed: list[str] = []
        self.sent: list[Any] = []
        self.routes: list[tuple[str, str]] = []
        self.headers: list[Mapping[str, Any]] = []
        self.replies: list[bytes] = []
        self.entries: list[tuple[int, bytes]] = []
        self.attached: list[int | str] = []
        self.breaks = breaks
        self.returned: set[str] = set()
        self.waiting = 0
        self.blocked = False
        self.room_gone = False

    @property
    def unconfirmed(self) -> int:
        """How many publications are unconfirmed."""
        return self.waiting

    def publish(self, exchange: str, routing_key: str, body: bytes, headers: Mapping[str, Any] = NO_HEADERS) -> None:
        """Record a message."""
        self.headers.append(headers)
        self.routes.append((exchange, routing_key))
        self.sent.append(decode(body, *SENT))

    def renew(self, token: str) -> None:
        """Record a token."""
        self.renewed.append(token)

    def pop_returned(self) -> set[str]:
        """Return the exchanges that the test has set."""
        returned, self.returned = self.returned, set()
        return returned

    def attach(self, room: str, offset: int | str) -> None:
        """Record the offset, or break."""
        assert room == "lobby"
        if self.breaks:
            raise self.breaks
        self.room_gone = False
        self.attached.append(offset)

    def pop_replies(self) -> list[bytes]:
        """Return the replies that the test has put in."""
        replies, self.replies = self.replies, []
        return replies

    def pop_entries(self) -> list[tuple[int, bytes]]:
        """Return the entries that the test has put in."""
        entries, self.entries = self.entries, []
        return entries


class LinkedMember:
    """A member named alice, its link, and the events that it told.

    Attributes:
        told: The events since the last `work`.
        member: The member.
        now: The time of the member's clock, in seconds.
        link: The link of the present connection.
    """

    def __init__(self) -> None:
        """Make a connected member without a name."""
        self.told: list[events.Event] = []
        self.member = Member("secret", self.told.append)
        self.now = 100.0
        self.connect()

    def connect(self, breaks: Exception | None = None) -> None:
        """Open a new connection: as the session if the member has a token, and else at the entrance."""
        login = self.member.access.login(self.now)
        self.link = FakeLink(login.session if login else None, breaks)
        self.member.opened(self.link, self.now)

    def lose(self, loss: events.ConnectionLost | events.Waiting = LOST, breaks: Exception | None = None) -> None:
        """Lose the connection and open another."""
        self.member.lost(loss)
        self.connect(breaks)

    def work(self, *replies: Any, after: float = 0.0) -> list[events.Event]:
        """Let answers arrive, connect as the session if the entrance has let the member in, and return the events."""
        self.now += after
        self.told.clear()
        self.link.replies += [encode(reply) for reply in replies]
        self.member.work(self.link, self.now)
        if self.member.is_through(self.link, self.now):
            self.connect()
            self.member.work(self.link, self.now)
        return list(self.told)

    def hear(self, offset: int, entry: Batch | Notice) -> list[events.Event]:
        """Let an entry of the room arrive, and return the events."""
        self.link.entries.append((offset, encode(entry)))
        return self.work()

    def last(self, cls: type[Any]) -> Any:
        """Return the message of a class that was sent last."""
        return next(message for message in reversed(self.link.sent) if type(message) is cls)

    def grant(self, cls: type[Any] = Claim, token: str = "token", expires: int = AGES) -> list[events.Event]:
        """Let the registry answer the last request for a token, and return the events."""
        self.work()
        return self.work(granted(self.last(cls).request, token, expires))

    def sent(self, cls: type[Any]) -> int:
        """Return how many messages of a class were sent on this connection."""
        return sum(type(message) is cls for message in self.link.sent)

    def join(self, *history: Recorded, expires: int = AGES) -> list[events.Event]:
        """Join the room, with a first page of these messages, and return the events."""
        self.member.claim_request.ask("alice", False, self.now)
        self.grant(expires=expires)
        self.grant(Renew, expires=expires)
        return self.work(page(self.last(History).request, *history))

    def post(self, sequence: int, text: str = "hola", client_ts: int = 0) -> None:
        """Post a message."""
        self.member.posting.post(Post(sequence=sequence, client_ts=client_ts, text=text), self.now, self.now)
        self.work()


def sequences(message: Posts) -> list[int]:
    """Return the sequences of the posts in a message."""
    return [post.sequence for post in message.posts]


def granted(request: str, token: str = "token", expires: int = AGES) -> Granted:
    """Return the answer to a request for a token."""
    return Granted(
        request=request,
        session="mine",
        name="alice",
        author="author",
        partition=3,
        token=token,
        card="card",
        expires=expires,
        at=GRANTED_AT,
        offset=17,
    )


def recorded(number: int, offset: int = 40) -> Recorded:
    """Return a post of bob as the archive has it."""
    return Recorded(
        number=number,
        room="lobby",
        offset=offset,
        index=0,
        session="bobs",
        sequence=number,
        user="bob",
        author="bob's",
        client_ts=0,
        server_ts=number,
        text=f"text {number}",
    )


def page(request: str, *messages: Recorded, more: bool = False, offset: int | None = None) -> Page:
    """Return a page of recorded posts."""
    position = Position(offset=messages[-1].offset, id=f"bobs-{messages[-1].sequence}") if messages else None
    if offset is not None:
        position = Position(offset=offset, id="x-1")
    return Page(request=request, messages=messages, more=more, position=position)


def batch(*sequences: int, session: str = "mine", user: str = "alice") -> Batch:
    """Return an entry of the room with posts of one session."""
    posts = tuple(Post(sequence=sequence, client_ts=0, text="hola") for sequence in sequences)
    runs = (Run(session=session, user=user, author="author", posts=posts),)
    return Batch(room="lobby", router="r", server_ts=1_000_000, runs=runs)

"""Short ways to write journal entries in tests of the registry."""

from msgspec.structs import replace

from chat_registry.claims import session_id
from chat_registry.domain import apply
from chat_registry.journal import (
    ClaimName,
    ConnectionClosed,
    Departed,
    ExitSession,
    JournalEntry,
    NodeStarted,
    ReleaseName,
    RenewSession,
    ResumeSession,
    SessionConnected,
    Sweep,
    Unreachable,
)
from chat_registry.outcome import Outcome
from chat_registry.state import State
from chat_wire.names import name_key

START = 1_800_000_000_000_000
SECOND = 1_000_000
LIFE = 600


class Journal:
    """A journal that applies each entry to a state at once, at the time `now` (microseconds) that the test sets.

    `claim`, `resume` and `depart` are for clients of 0.3.0. The sessions that `open` opens log in to the broker.
    """

    def __init__(self) -> None:
        """Start with an empty state."""
        self.state = State()
        self.now = START
        self.entries: list[JournalEntry] = []

    def add(self, entry: JournalEntry) -> Outcome:
        """Append an entry and apply it."""
        self.entries.append(entry)
        return apply(self.state, len(self.entries) - 1, entry)

    def claim(
        self, name: str, author: str, request: str, inbox: str = "", *, distinct: bool = True, quiet: bool = False
    ) -> Outcome:
        """Append a claim, from a new inbox unless one is given; one that is not `distinct` is of an older version."""
        return self.add(self.claim_entry(name, author, request, inbox, distinct=distinct, quiet=quiet))

    def claim_entry(
        self, name: str, author: str, request: str, inbox: str = "", *, distinct: bool = True, quiet: bool = False
    ) -> ClaimName:
        """Return the entry that `claim` appends."""
        return ClaimName(
            origin="r1",
            time=self.now,
            request=request,
            inbox=inbox or f"inbox of {request}",
            name=name,
            key=name_key(name),
            author=author,
            distinct=distinct,
            quiet=quiet,
        )

    def resume(self, author: str, claimed_by: str, request: str, inbox: str = "") -> Outcome:
        """Append a resume of the session that the claim `claimed_by` opened."""
        session = session_id(author, claimed_by)
        inbox = inbox or f"inbox of {request}"
        return self.add(
            ResumeSession(origin="r1", time=self.now, request=request, inbox=inbox, session=session, author=author)
        )

    def exit(self, author: str, claimed_by: str, request: str) -> Outcome:
        """Append an exit of the session that the claim `claimed_by` opened."""
        session = session_id(author, claimed_by)
        return self.add(ExitSession(origin="r1", time=self.now, request=request, inbox="", session=session))

    def release(self, name: str, request: str) -> Outcome:
        """Append an operator's release of a name."""
        return self.add(
            ReleaseName(origin="r1", time=self.now, request=request, inbox="", key=name_key(name), name=name)
        )

    def depart(self, inbox: str) -> Outcome:
        """Append the departure of an inbox."""
        return self.add(Departed(origin="r1", time=self.now, inbox=inbox))

    def open(self, name: str, author: str, request: str, *, quiet: bool = False, life: int = LIFE) -> Outcome:
        """Append a claim through the entrance."""
        entry = self.claim_entry(name, author, request, "address at the entrance", quiet=quiet)
        return self.add(replace(entry, version=2, life=life))

    def come_back(
        self, author: str, claimed_by: str, request: str, *, life: int = LIFE, secret_of: str = ""
    ) -> Outcome:
        """Append a resume through the entrance, of the session that the claim `claimed_by` opened.

        `secret_of` is the author whose secret came with it, if it is another one.
        """
        return self.add(
            ResumeSession(
                version=2,
                origin="r1",
                time=self.now,
                request=request,
                inbox="address at the entrance",
                session=session_id(author, claimed_by),
                author=secret_of or author,
                life=life,
            )
        )

    def renew(self, author: str, claimed_by: str, request: str, address: str, *, life: int = LIFE) -> Outcome:
        """Append a renewal, from an address of the session that the claim `claimed_by` opened."""
        return self.add(
            RenewSession(
                version=2,
                origin="r1",
                time=self.now,
                request=request,
                inbox=address,
                session=session_id(author, claimed_by),
                life=life,
            )
        )

    def connect(self, author: str, claimed_by: str, connection: str) -> Outcome:
        """Append a connection of the session that the claim `claimed_by` opened."""
        session = session_id(author, claimed_by)
        return self.add(SessionConnected(version=2, origin="r1", time=self.now, session=session, connection=connection))

    def close(self, connection: str) -> Outcome:
        """Append the end of a connection."""
        return self.add(ConnectionClosed(version=2, origin="r1", time=self.now, connection=connection))

    def find_nobody(self, author: str, claimed_by: str, address: str) -> Outcome:
        """Append that nobody listens at an address of the session that the claim `claimed_by` opened."""
        session = session_id(author, claimed_by)
        return self.add(Unreachable(version=2, origin="r1", time=self.now, session=session, inbox=address))

    def start_node(self, node: str, creation: int) -> Outcome:
        """Append the start of a node of the broker."""
        return self.add(NodeStarted(version=2, origin="r1", time=self.now, node=node, creation=creation))

    def sweep(self, *, events: bool = True) -> Outcome:
        """Append a sweep."""
        return self.add(Sweep(version=2, origin="r1", time=self.now, events=events))


def pid(number: int, creation: int = 7, node: str = "rabbit@host") -> str:
    """Return the process of a connection at the broker."""
    return f"<{node}.{creation}.{number}.0>"


def presence(state: State) -> dict[str, tuple[str, bool]]:
    """Return the session that holds each name, and whether it is connected."""
    return {key: (holder.session, holder.connected) for key, holder in state.holders.items()}


def kinds(outcome: Outcome) -> list[str]:
    """Return the kinds of presence events in an outcome."""
    return [event.kind for event in outcome.events]

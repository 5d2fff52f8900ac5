"""Short ways to write journal entries in tests of the registry."""

from chat_registry.claims import session_id
from chat_registry.domain import apply
from chat_registry.journal import ClaimName, Departed, ExitSession, JournalEntry, ReleaseName, ResumeSession
from chat_registry.outcome import Outcome
from chat_registry.state import State
from chat_wire.names import name_key

START = 1_800_000_000_000_000
SECOND = 1_000_000


class Journal:
    """A journal that applies each entry to a state at once, at the time `now` (microseconds) that the test sets."""

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


def presence(state: State) -> dict[str, tuple[str, bool]]:
    """Return the session that holds each name, and whether it is connected."""
    return {key: (holder.session, holder.connected) for key, holder in state.holders.items()}


def kinds(outcome: Outcome) -> list[str]:
    """Return the kinds of presence events in an outcome."""
    return [event.kind for event in outcome.events]

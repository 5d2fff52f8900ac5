"""Journal entries for tests of the registry's domain, short to write."""

from chat_registry.domain import Outcome, apply, session_id
from chat_registry.journal import ClaimName, Command, Departed, ExitSession, ReleaseName, ResumeSession
from chat_registry.state import State

START = 1_800_000_000_000_000
SECOND = 1_000_000


class Journal:
    """Applies entries to a state, at offsets that count up and at a time that the test moves."""

    def __init__(self) -> None:
        self.state = State()
        self.now = START
        self.entries: list[Command] = []

    def add(self, entry: Command) -> Outcome:
        """Append an entry and apply it."""
        self.entries.append(entry)
        return apply(self.state, len(self.entries) - 1, entry)

    def claim(self, name: str, author: str, request: str, inbox: str = "") -> Outcome:
        """A claim, from an inbox of its own unless one is given."""
        return self.add(
            ClaimName(
                origin="r1",
                time=self.now,
                request=request,
                inbox=inbox or f"inbox of {request}",
                name=name,
                key=name.casefold(),
                author=author,
            )
        )

    def resume(self, author: str, claimed_by: str, request: str, inbox: str = "") -> Outcome:
        """The session that the claim `claimed_by` opened is resumed."""
        session = session_id(author, claimed_by)
        inbox = inbox or f"inbox of {request}"
        return self.add(
            ResumeSession(origin="r1", time=self.now, request=request, inbox=inbox, session=session, author=author)
        )

    def exit(self, author: str, claimed_by: str, request: str) -> Outcome:
        """The session that the claim `claimed_by` opened is ended by its client."""
        session = session_id(author, claimed_by)
        return self.add(ExitSession(origin="r1", time=self.now, request=request, inbox="", session=session))

    def release(self, name: str, request: str) -> Outcome:
        """An operator releases a name."""
        return self.add(
            ReleaseName(origin="r1", time=self.now, request=request, inbox="", key=name.casefold(), name=name)
        )

    def depart(self, inbox: str) -> Outcome:
        """The broker says that an inbox is gone."""
        return self.add(Departed(origin="r1", time=self.now, inbox=inbox))


def presence(state: State) -> dict[str, tuple[str, bool]]:
    """Who holds which name, and whether that session is connected."""
    return {key: (holder.session, holder.connected) for key, holder in state.holders.items()}


def kinds(outcome: Outcome) -> list[str]:
    """What the rooms are told by an outcome."""
    return [news.kind for news in outcome.news]

"""The registry's state machine against a plain dictionary, for entries in any order, once or twice."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chat_registry import snapshots
from chat_registry.claims import session_id
from chat_registry.domain import apply
from chat_registry.naming import skeletons
from chat_registry.state import Holder, State
from chat_wire import codec
from chat_wire.limits import PARTITIONS
from testkit.registry import Journal, presence

NAMES = st.sampled_from(["Bob", "bob", "BOB", "ann", "\u0430nn", "cid", "cId"])
AUTHORS = st.sampled_from(["author-1", "author-2", "author-3"])
INBOXES = st.sampled_from([f"inbox-{number}" for number in range(5)])


@dataclass
class Held:
    """The model's record of a name."""

    name: str
    author: str
    session: str
    inbox: str
    connected: bool
    quiet: bool


class RegistryMachine(RuleBasedStateMachine):
    """Applies random entries for less time than the state remembers departed inboxes and refusals."""

    @initialize()
    def begin(self) -> None:
        self.journal = Journal()
        self.model: dict[str, Held] = {}
        self.left: set[str] = set()
        self.claims: list[tuple[str, str]] = []
        self.heard: dict[str, Any] = {}

    @rule(name=NAMES, author=AUTHORS, inbox=INBOXES, quiet=st.booleans())
    def claim(self, name: str, author: str, inbox: str, quiet: bool) -> None:
        request = self._request()
        outcome = self.journal.claim(name, author, request, inbox, quiet=quiet)
        held = self.model.get(name.casefold())
        new = skeletons(name) - (skeletons(held.name) if held else frozenset())
        alike = any(new & skeletons(other.name) for other in self.model.values() if other is not held)
        may = not alike and (held is None or held.author == author)
        assert isinstance(outcome.reply, Holder) == may
        assert (outcome.ended.session if outcome.ended else None) == (held.session if held and may else None)
        if may:
            session = session_id(author, request)
            self.model[name.casefold()] = Held(name, author, session, inbox, inbox not in self.left, quiet)
            self.claims.append((author, request))
        self._hear(outcome.events)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), inbox=INBOXES)
    def resume(self, data: st.DataObject, inbox: str) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.claims))
        outcome = self.journal.resume(author, claimed_by, self._request(), inbox)
        held = self._held(session_id(author, claimed_by))
        assert isinstance(outcome.reply, Holder) == (held is not None)
        if held and inbox != held.inbox and inbox not in self.left:
            self.left.add(held.inbox)
            held.inbox, held.connected = inbox, True
        self._hear(outcome.events)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def exit(self, data: st.DataObject) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.claims))
        outcome = self.journal.exit(author, claimed_by, self._request())
        held = self._held(session_id(author, claimed_by))
        assert (outcome.ended is not None) == (held is not None)
        self.model = {key: each for key, each in self.model.items() if each is not held}
        self._hear(outcome.events)

    @rule(name=NAMES)
    def release(self, name: str) -> None:
        outcome = self.journal.release(name, self._request())
        held = self.model.pop(name.casefold(), None)
        assert (outcome.ended.session if outcome.ended else None) == (held.session if held else None)
        self._hear(outcome.events)

    @rule(inbox=INBOXES)
    def depart(self, inbox: str) -> None:
        self._hear(self.journal.depart(inbox).events)
        self.left.add(inbox)
        for held in self.model.values():
            held.connected = held.connected and held.inbox != inbox

    @rule(milliseconds=st.integers(-300, 500))
    def time_passes(self, milliseconds: int) -> None:
        self.journal.now += milliseconds * 1000

    @precondition(lambda self: self.journal.entries)
    @rule(data=st.data())
    def an_entry_comes_again(self, data: st.DataObject) -> None:
        """Append an entry again, as another replica does if the first one died: nothing observable changes."""
        self._hear(self.journal.add(data.draw(st.sampled_from(self.journal.entries))).events)

    @precondition(lambda self: self.journal.entries)
    @rule(data=st.data())
    def an_entry_is_read_again(self, data: st.DataObject) -> None:
        """Apply an entry again at its offset, as when a stream delivers it twice: nothing changes at all."""
        offset = data.draw(st.integers(0, len(self.journal.entries) - 1))
        before = snapshots.parts_of(self.journal.state, "")
        apply(self.journal.state, offset, self.journal.entries[offset])
        assert snapshots.parts_of(self.journal.state, "") == before

    @precondition(lambda self: self.journal.entries)
    @rule()
    def a_replica_starts_from_a_snapshot(self) -> None:
        """Continue with the state restored from a snapshot."""
        parts = snapshots.parts_of(self.journal.state, "")
        read = [codec.decode(codec.encode(part), snapshots.SnapshotPart) for part in parts]
        restored = snapshots.restore(read)
        assert restored == self.journal.state
        self.journal.state = restored

    @invariant()
    def the_state_is_the_model(self) -> None:
        wanted = {key: (held.session, held.connected) for key, held in self.model.items()}
        assert presence(self.journal.state) == wanted

    @invariant()
    def the_presence_events_are_true(self) -> None:
        """Check that a member who reads each notice once knows which users are present, apart from quiet ones."""
        known = {}
        for event in self.heard.values():
            known[event.user.casefold()] = event.kind
        present = {name: kind in ("joined", "back") for name, kind in known.items() if kind != "left"}
        assert present == {key: held.connected for key, held in self.model.items() if not held.quiet}

    @invariant()
    def the_indexes_agree(self) -> None:
        assert_consistent(self.journal.state)

    def _request(self) -> str:
        return f"request-{len(self.journal.entries)}"

    def _held(self, session: str) -> Held | None:
        return next((held for held in self.model.values() if held.session == session), None)

    def _hear(self, events: Any) -> None:
        for event in events:
            self.heard.setdefault(event.id, event)


def assert_consistent(state: State) -> None:
    """Assert that the indexes of a state agree with its holders."""
    holders = state.holders.values()
    assert state.sessions == {holder.session: holder.key for holder in holders}
    former = [holder for holder in holders if not holder.life]
    assert {key for keys in state.inboxes.values() for key in keys} == {holder.key for holder in former}
    assert all(holder.key in state.inboxes[holder.inbox] for holder in former)
    assert state.connections == {holder.connection: holder.key for holder in holders if holder.connection}
    assert state.authors == Counter(holder.author for holder in holders)
    assert {key for keys in state.alike.values() for key in keys} == set(state.holders)
    assert all(holder.key in state.alike[form] for holder in holders for form in skeletons(holder.name))
    assert state.partition_sizes == [sum(holder.partition == each for holder in holders) for each in range(PARTITIONS)]
    assert state.connected == sum(holder.connected for holder in holders)
    assert not set(state.sessions) & set(state.ended)


TestRegistryMachine = RegistryMachine.TestCase
TestRegistryMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)

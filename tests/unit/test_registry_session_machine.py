"""Sessions that log in to the broker, beside those of former clients, for entries in any order, once or twice.

The expectation is written as invariants: who holds a name, what the rooms know, and that all replicas agree.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chat_registry import snapshots
from chat_registry.domain import apply
from chat_registry.outcome import Outcome
from chat_registry.presence import shown
from chat_registry.state import Holder, State
from chat_wire import codec
from testkit.registry import SECOND, Journal, pid
from tests.unit.test_registry_machine import assert_consistent

NAMES = st.sampled_from(["Bob", "bob", "ann", "cid"])
AUTHORS = st.sampled_from(["author-1", "author-2"])
ADDRESSES = st.sampled_from([f"address-{number}" for number in range(4)])
CONNECTIONS = st.builds(pid, st.integers(0, 3), creation=st.integers(7, 9))
LIVES = st.sampled_from([20, 600])
FOLLOWS = {None: {"joined"}, "left": {"joined"}, "joined": {"lost", "left"}, "back": {"lost", "left"}}
FOLLOWS["lost"] = {"back", "left"}


class SessionMachine(RuleBasedStateMachine):
    """Applies random entries."""

    @initialize()
    def begin(self) -> None:
        self.journal = Journal()
        self.replica = State()
        self.opened: list[tuple[str, str]] = []
        self.owners: dict[str, str] = {}
        self.present: set[str] = set()
        self.heard: dict[str, Any] = {}

    @rule(name=NAMES, author=AUTHORS, quiet=st.booleans(), life=LIVES)
    def open(self, name: str, author: str, quiet: bool, life: int) -> None:
        request = self._request()
        self._claimed(name, author, request, self.journal.open(name, author, request, quiet=quiet, life=life))

    @rule(name=NAMES, author=AUTHORS, inbox=ADDRESSES, quiet=st.booleans())
    def a_former_client_claims(self, name: str, author: str, inbox: str, quiet: bool) -> None:
        request = self._request()
        outcome = self.journal.claim(name, author, request, f"inbox {inbox}", quiet=quiet)
        self._claimed(name, author, request, outcome, most=2)

    @rule(inbox=ADDRESSES)
    def an_inbox_departs(self, inbox: str) -> None:
        self._hear(self.journal.depart(f"inbox {inbox}"), most=3)

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), address=ADDRESSES, life=LIVES)
    def renew(self, data: st.DataObject, address: str, life: int) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.opened))
        self._hear(self.journal.renew(author, claimed_by, self._request(), address, life=life))

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), life=LIVES)
    def come_back(self, data: st.DataObject, life: int) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.opened))
        outcome = self.journal.come_back(author, claimed_by, self._request(), life=life)
        assert outcome.events == ()

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), connection=CONNECTIONS)
    def connect(self, data: st.DataObject, connection: str) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.opened))
        self._hear(self.journal.connect(author, claimed_by, connection), most=2)

    @rule(connection=CONNECTIONS)
    def close(self, connection: str) -> None:
        self._hear(self.journal.close(connection))

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), address=ADDRESSES)
    def nobody_listens(self, data: st.DataObject, address: str) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.opened))
        self._hear(self.journal.find_nobody(author, claimed_by, address))

    @rule(creation=st.integers(7, 9))
    def start_node(self, creation: int) -> None:
        self._hear(self.journal.start_node("rabbit@host", creation), most=0)

    @rule(events=st.booleans())
    def sweep(self, events: bool) -> None:
        before = dict(self.journal.state.holders)
        self._hear(self.journal.sweep(events=events), most=3)
        for key in set(before) - set(self.journal.state.holders):
            assert key not in self.present, "a name under which a client was connected is not freed"
            assert before[key].expires <= self.journal.state.time
            del self.owners[key]

    @precondition(lambda self: self.opened)
    @rule(data=st.data())
    def exit(self, data: st.DataObject) -> None:
        author, claimed_by = data.draw(st.sampled_from(self.opened))
        outcome = self.journal.exit(author, claimed_by, self._request())
        if outcome.ended:
            self._free(outcome.ended.user)
        self._hear(outcome)

    @rule(name=NAMES)
    def release(self, name: str) -> None:
        outcome = self.journal.release(name, self._request())
        if outcome.ended:
            self._free(outcome.ended.user)
        self._hear(outcome)

    @rule(seconds=st.sampled_from([0, 1, 10, 30, 61, 300, 700]))
    def time_passes(self, seconds: int) -> None:
        self.journal.now += seconds * SECOND

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
    def the_last_entry_comes_again(self) -> None:
        """Append the last entry again, as another replica does if the first one died: the rooms hear nothing new."""
        holders, heard = self._holders(), set(self.heard)
        self._hear(self.journal.add(self.journal.entries[-1]), most=3)
        assert (self._holders(), set(self.heard)) == (holders, heard)

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
    def each_name_has_the_holder_who_took_it(self) -> None:
        assert {key: holder.author for key, holder in self.journal.state.holders.items()} == self.owners

    @invariant()
    def the_rooms_know_who_is_connected(self) -> None:
        """Check what a member knows who reads each notice once."""
        known = {event.user.casefold(): event.kind for event in self.heard.values()}
        told = {name: kind in ("joined", "back") for name, kind in known.items() if kind != "left"}
        holders = self.journal.state.holders
        assert told == {key: holder.connected for key, holder in holders.items() if shown(holder) is not None}

    @invariant()
    def all_replicas_agree(self) -> None:
        for offset in range(self.replica.offset + 1, len(self.journal.entries)):
            apply(self.replica, offset, self.journal.entries[offset])
        assert self.replica == self.journal.state

    @invariant()
    def the_indexes_agree(self) -> None:
        assert_consistent(self.journal.state)

    def _claimed(self, name: str, author: str, request: str, outcome: Outcome, most: int = 1) -> None:
        key, owner = name.casefold(), self.owners.get(name.casefold())
        granted = isinstance(outcome.reply, Holder)
        assert granted == (owner in (None, author))
        if granted:
            self.owners[key] = author
            self.opened.append((author, request))
        self._hear(outcome, most)

    def _free(self, user: str) -> None:
        del self.owners[user.casefold()]
        self.present.discard(user.casefold())

    def _hear(self, outcome: Outcome, most: int = 1) -> None:
        """Note the events that a member has not heard yet, of which an entry has at most so many."""
        new = [event for event in outcome.events if event.id not in self.heard]
        assert len(new) <= most
        for event in new:
            last = [each.kind for each in self.heard.values() if each.user.casefold() == event.user.casefold()]
            assert event.kind in FOLLOWS[last[-1] if last else None]
            self.heard[event.id] = event
        self.present |= {key for key, holder in self.journal.state.holders.items() if holder.connected}

    def _holders(self) -> dict[str, tuple[str, bool]]:
        return {key: (each.session, each.connected) for key, each in self.journal.state.holders.items()}

    def _request(self) -> str:
        return f"request-{len(self.journal.entries)}"


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)

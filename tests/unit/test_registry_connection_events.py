"""The broker's events about connections: which of them become entries of the journal."""

import pytest

from chat_registry import journal
from chat_registry.appender import Appender
from chat_registry.connection_events import APPENDED_SECONDS, HANDOVER_SECONDS, ConnectionEvents
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import ConnectionClosed, JournalEntry, NodeStarted, SessionConnected, Sweep
from chat_registry.sweeper import Sweeper
from chat_registry.view import View
from chat_worker.delivery import Delivery
from testkit.registry import LIFE, SECOND, START, Journal, pid

REPLICA = ReplicaIdentity(origin="r1-1", private_key="", public_key="", vhost="/", token_seconds=LIFE)
SESSION = "0123456789abcdef" * 2


class Events:
    """The events of a broker, handled by a replica whose clock the test moves."""

    def __init__(self, clock: list[float]) -> None:
        """Handle events in a state that a test journal makes."""
        self.clock = clock
        self.journal = Journal()
        self.view = View()
        self.view.state = self.journal.state
        self.appender = Appender(REPLICA, self.view, lambda: None)
        self.events = ConnectionEvents(self.view, self.appender)

    def become_active(self) -> None:
        """Let the replica have handled events for some time."""
        self.created(pid(99))
        self.clock[0] += HANDOVER_SECONDS

    def created(self, connection: object, user: object = "client") -> list[JournalEntry]:
        """Return the entries for a connection that was opened."""
        return self._handle("connection.created", {"pid": connection, "user": user})

    def closed(self, connection: object) -> list[JournalEntry]:
        """Return the entries for a connection that was closed."""
        return self._handle("connection.closed", {"pid": connection})

    def _handle(self, event: str, headers: dict[str, object]) -> list[JournalEntry]:
        delivery = Delivery(
            body=b"",
            queue="registry.connections",
            exchange="amq.rabbitmq.event",
            routing_key=event,
            reply_to=None,
            headers=headers,
            offset=None,
            redelivered=False,
        )
        published = self.events.handle([delivery])
        return [entry for each in published for entry in journal.decode(each.body) if isinstance(entry, JournalEntry)]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    clock = [100.0]
    monkeypatch.setattr("chat_registry.connection_events.time.monotonic", lambda: clock[0])
    return Events(clock)


def test_a_session_that_connects_is_noted_and_another_user_is_not(events: Events) -> None:
    (entry,) = events.created(pid(1), SESSION)

    assert isinstance(entry, SessionConnected)
    assert (entry.session, entry.connection, entry.version) == (SESSION, pid(1), 2)
    for user in ("client", "router", "", None, SESSION[1:], SESSION.upper(), 7):
        assert events.created(pid(2), user) == []


@pytest.mark.parametrize("connection", [None, "", "<>", "rabbit@host.1.2.3", "<rabbit@host.1.2>", 7, f"{pid(1)}\n"])
def test_an_event_without_a_process_is_ignored(events: Events, connection: object) -> None:
    assert events.created(connection, SESSION) == []
    assert events.closed(connection) == []


def test_the_end_of_a_connection_that_no_session_has_is_dropped(events: Events) -> None:
    events.become_active()
    events.journal.open("bob", "author-b", "r1")
    events.journal.connect("author-b", "r1", pid(1))

    assert events.closed(pid(2)) == []
    (entry,) = events.closed(pid(1))
    assert isinstance(entry, ConnectionClosed)
    assert entry.connection == pid(1)


def test_the_end_of_a_connection_is_noted_while_its_own_entry_is_on_its_way(events: Events) -> None:
    events.become_active()
    events.created(pid(1), SESSION)

    assert len(events.closed(pid(1))) == 1
    events.clock[0] += APPENDED_SECONDS + 1
    assert events.closed(pid(1)) == []


def test_a_replica_that_has_just_become_the_consumer_notes_each_end(events: Events) -> None:
    assert len(events.closed(pid(2))) == 1
    events.clock[0] += HANDOVER_SECONDS
    assert events.closed(pid(2)) == []


def test_a_node_that_starts_again_is_noted_by_any_connection_if_sessions_were_connected_to_it(events: Events) -> None:
    assert events.created(pid(1, creation=8)) == []
    events.journal.open("bob", "author-b", "r1")
    events.journal.connect("author-b", "r1", pid(1))

    assert events.created(pid(2, node="rabbit@other")) == []
    assert events.created(pid(2)) == []
    (entry,) = events.created(pid(2, creation=8))
    assert isinstance(entry, NodeStarted)
    assert (entry.node, entry.creation) == ("rabbit@host", 8)


def test_a_sweep_is_appended_when_something_is_due(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_registry.appender.now", lambda: START + LIFE * SECOND)
    sweeper = Sweeper(events.view, events.appender, events.events, every=5.0)
    assert list(sweeper.due()) == []
    sweeper.begin()
    events.clock[0] += 20
    assert list(sweeper.due()) == []

    events.journal.open("bob", "author-b", "r1")
    events.clock[0] += 5
    (published,) = sweeper.due()
    (entry,) = journal.decode(published.body)
    assert isinstance(entry, Sweep)
    assert (entry.events, entry.version) == (False, 2)
    assert list(sweeper.due()) == []

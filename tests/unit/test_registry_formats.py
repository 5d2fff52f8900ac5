"""The formats that the registry keeps on the broker, against bytes that older versions wrote.

`recorded/registry_*.jsonl` come from version 0.1.0 (4e4d9a3), `registry_*_0_3.jsonl` from 0.3.0 (fc8d262), and
`registry_*_before_0_1.jsonl` from 582386e, of the day before 0.1.0. The snapshots of 582386e have another form,
without a version; every version since passes them over.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_registry import journal, snapshots
from chat_registry.journal import JournalEntry
from chat_registry.state import State
from chat_registry.view import View
from chat_wire import codec
from chat_wire.codec import encode
from chat_wire.errors import DecodeError
from chat_worker.delivery import Delivery
from testkit.registry import Journal, pid

RECORDED = Path(__file__).parent / "recorded"
MESSAGES = (RECORDED / "registry_journal.jsonl").read_bytes().splitlines()
PARTS = (RECORDED / "registry_snapshot.jsonl").read_bytes().splitlines()
MESSAGES_0_3 = (RECORDED / "registry_journal_0_3.jsonl").read_bytes().splitlines()
PARTS_0_3 = (RECORDED / "registry_snapshot_0_3.jsonl").read_bytes().splitlines()
HOLDER_FIELDS = 11  # in version 0.1.0
HOLDER_FIELDS_0_3 = 12
ENTRIES = MESSAGES[:-2]  # then a message of several entries, and a marker
MESSAGES_BEFORE_0_1 = (RECORDED / "registry_journal_before_0_1.jsonl").read_bytes().splitlines()
PARTS_BEFORE_0_1 = (RECORDED / "registry_snapshot_before_0_1.jsonl").read_bytes().splitlines()


def restored() -> State:
    collector = snapshots.Collector()
    for body in PARTS:
        collector.add(body)
    return snapshots.restore(collector.newest())


def replayed() -> State:
    return replay(ENTRIES)


def replay(bodies: list[bytes]) -> State:
    view = View()
    for offset, body in enumerate(bodies):
        view.read(
            Delivery(
                body=body,
                queue="registry.journal",
                exchange="chat.journal",
                routing_key="",
                reply_to=None,
                headers={},
                offset=offset,
                redelivered=False,
            )
        )
    return view.state


@pytest.mark.parametrize("body", MESSAGES[:-1] + MESSAGES_0_3)
def test_a_recorded_journal_message_is_read_and_written_the_same(body: bytes) -> None:
    entries = [entry for entry in journal.decode(body) if isinstance(entry, JournalEntry)]

    assert journal.encode(entries) == body


def test_a_recorded_marker_is_read() -> None:
    assert journal.decode(MESSAGES[-1]) == (journal.JournalMarker(origin="r2-1"),)


def test_a_recorded_snapshot_restores_the_state_that_its_journal_leads_to() -> None:
    assert restored() == replayed()


@pytest.mark.parametrize("state", [restored, replayed])
def test_a_state_is_written_so_that_version_0_1_reads_the_recorded_snapshot(
    state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PART_ROWS", 2)

    written = [encode(part) for part in snapshots.parts_of(state(), journal.digest(ENTRIES[-1]))]

    assert [as_it_reads(part, HOLDER_FIELDS) for part in written] == [json.loads(part) for part in PARTS]


def test_version_0_3_and_this_one_read_and_decide_the_entries_of_former_clients_alike() -> None:
    recorded = [json.loads(part) for part in PARTS_0_3]
    collector = snapshots.Collector()
    for body in PARTS_0_3:
        collector.add(body)
    state = snapshots.restore(collector.newest())

    assert state == replay(MESSAGES_0_3)
    written = [encode(part) for part in snapshots.parts_of(state, journal.digest(MESSAGES_0_3[-1]))]
    assert [as_it_reads(part, HOLDER_FIELDS_0_3) for part in written] == [
        {key: value for key, value in part.items() if key != "version"} for part in recorded
    ]
    assert [json.loads(part)["version"] for part in written] == [1]


def test_an_older_version_reads_nothing_from_the_first_session_that_logs_in_on() -> None:
    known = Journal()
    known.claim("bob", "author-b", "r1")
    known.open("ann", "author-a", "r1")
    known.renew("author-a", "r1", "r2", "address")
    known.connect("author-a", "r1", pid(1))
    known.close(pid(1))
    known.start_node("rabbit@host", 8)
    known.come_back("author-a", "r1", "r3")
    known.sweep()

    versions = [json.loads(journal.encode([entry])).get("version", 1) for entry in known.entries]
    assert versions == [1] + [2] * 7
    (part,) = snapshots.parts_of(known.state, "")
    assert json.loads(encode(part))["version"] == 2
    read = [entry for message in map(encode, known.entries) for entry in journal.decode(message)]
    assert read == known.entries


def test_a_quiet_session_is_read_from_the_journal_and_from_a_snapshot() -> None:
    known = Journal()
    known.claim("bot", "author-b", "r1", quiet=True)

    read = journal.decode(journal.encode(known.entries))
    assert [entry.quiet for entry in read if isinstance(entry, journal.ClaimName)] == [True]
    parts = [codec.decode(encode(part), snapshots.SnapshotPart) for part in snapshots.parts_of(known.state, "")]
    assert snapshots.restore(parts) == known.state
    assert [holder.quiet for holder in known.state.holders.values()] == [True]


def test_a_journal_of_before_0_1_leads_to_the_same_names_and_sessions_as_there() -> None:
    known = [holder for body in PARTS_BEFORE_0_1 for holder in json.loads(body)["holders"]]
    fields = ("key", "name", "author", "session", "partition", "inbox", "connected", "expires", "request")

    state = replay(MESSAGES_BEFORE_0_1)

    found = [{field: getattr(holder, field) for field in fields} for holder in state.holders.values()]
    assert found == [{field: holder[field] for field in fields} for holder in known]
    assert list(state.ended) == [ended["session"] for body in PARTS_BEFORE_0_1 for ended in json.loads(body)["ended"]]


def test_a_snapshot_of_before_0_1_is_refused_and_an_older_readable_one_stays_the_newest() -> None:
    collector = snapshots.Collector()
    for body in PARTS:
        collector.add(body)

    for body in PARTS_BEFORE_0_1:
        with pytest.raises(DecodeError):
            collector.add(body)
    assert snapshots.restore(collector.newest()) == restored()


def as_it_reads(part: bytes, fields: int) -> Any:
    """Return a part of a snapshot as an older version reads it, whose holders have so many fields."""
    read = json.loads(part)
    del read["version"], read["nodes"]
    read["holders"] = [holder[:fields] for holder in read["holders"]]
    return read

"""The formats that the registry keeps on the broker, against bytes that version 0.1.0 wrote."""

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
from chat_worker.delivery import Delivery
from testkit.registry import Journal

RECORDED = Path(__file__).parent / "recorded"
MESSAGES = (RECORDED / "registry_journal.jsonl").read_bytes().splitlines()
PARTS = (RECORDED / "registry_snapshot.jsonl").read_bytes().splitlines()
HOLDER_FIELDS = 11  # in version 0.1.0
ENTRIES = MESSAGES[:-2]  # then a message of several entries, and a marker


def restored() -> State:
    collector = snapshots.Collector()
    for body in PARTS:
        collector.add(body)
    return snapshots.restore(collector.newest())


def replayed() -> State:
    view = View()
    for offset, body in enumerate(ENTRIES):
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


@pytest.mark.parametrize("body", MESSAGES[:-1])
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

    assert [as_version_0_1_reads_it(part) for part in written] == [json.loads(part) for part in PARTS]


def test_a_quiet_session_is_read_from_the_journal_and_from_a_snapshot() -> None:
    known = Journal()
    known.claim("bot", "author-b", "r1", quiet=True)

    read = journal.decode(journal.encode(known.entries))
    assert [entry.quiet for entry in read if isinstance(entry, journal.ClaimName)] == [True]
    parts = [codec.decode(encode(part), snapshots.SnapshotPart) for part in snapshots.parts_of(known.state, "")]
    assert snapshots.restore(parts) == known.state
    assert [holder.quiet for holder in known.state.holders.values()] == [True]


def as_version_0_1_reads_it(part: bytes) -> Any:
    """Return a part of a snapshot without the fields that version 0.1.0 does not know: msgspec ignores more of them."""
    read = json.loads(part)
    read["holders"] = [holder[:HOLDER_FIELDS] for holder in read["holders"]]
    return read

"""The formats that the registry keeps on the broker, against bytes that version 0.1.0 wrote."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chat_registry import journal, snapshots
from chat_registry.journal import JournalEntry
from chat_registry.state import State
from chat_registry.view import View
from chat_wire.codec import encode
from chat_worker.delivery import Delivery

RECORDED = Path(__file__).parent / "recorded"
MESSAGES = (RECORDED / "registry_journal.jsonl").read_bytes().splitlines()
PARTS = (RECORDED / "registry_snapshot.jsonl").read_bytes().splitlines()
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
def test_a_state_is_written_as_the_recorded_snapshot(
    state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PART_ROWS", 2)

    assert [encode(part) for part in snapshots.parts_of(state(), journal.digest(ENTRIES[-1]))] == PARTS

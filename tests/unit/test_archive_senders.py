"""The sender of a post: old routers write the author into the room, and new ones the sender's id under the name.

`recorded/archive_room.jsonl` has a batch and a notice of version 0.3.0 (fc8d262) and a batch of this version, and
`recorded/archive_log.jsonl` the lines that the archive of 0.3.0 made of the three.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_archive.local_index import LocalIndex
from chat_archive.log_file import LogFile
from chat_archive.owners import authors_of, owner_number
from chat_archive.recorder import Recorder
from chat_archive.stream_entries import StreamEntry
from chat_wire.codec import decode, encode
from chat_wire.messages import Batch, Notice
from chat_wire.names import sender_id

RECORDED = Path(__file__).parent / "recorded"
ENTRIES = (RECORDED / "archive_room.jsonl").read_bytes().splitlines()
LINES = (RECORDED / "archive_log.jsonl").read_bytes()
ANN = "8094b8908f834b5ef00a3ae0ce744b6113c2c7e576762adaded3e3db4b37aa92"
# From the index that 0.3.0 made.
OWNERS = {(ANN, "Ann"): -4876929885459576914, ("ab9fcd70c8298cbcdea9418f9a49cb08", "ann"): 6399809500573853251}


@pytest.fixture
def index(tmp_path: Path) -> LocalIndex:
    return LocalIndex(f"sqlite:///{tmp_path / 'index.sqlite'}")


@pytest.fixture
def recorder(index: LocalIndex, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(LogFile(tmp_path / "log.txt"), index)
    yield made
    made.close()


def mine(index: LocalIndex, name: str, after: int = 0, limit: int = 9) -> list[str]:
    return [post.text for post in index.sent_by(authors_of(ANN, name), name, after, limit)]


def test_this_version_records_entries_as_the_version_before_does(recorder: Recorder, tmp_path: Path) -> None:
    recorder.open()
    kinds: tuple[type[Batch | Notice], ...] = (Batch, Notice)
    recorder.record("lobby", [StreamEntry(offset, decode(line, *kinds)) for offset, line in enumerate(ENTRIES)])

    assert (tmp_path / "log.txt").read_bytes() == LINES


def test_a_batch_is_written_as_the_recorded_one() -> None:
    assert encode(decode(ENTRIES[2], Batch)) == ENTRIES[2]
    assert [run.author for run in decode(ENTRIES[2], Batch).runs] == [sender_id(ANN, "ann"), sender_id(ANN, "Bea")]


def test_own_posts_are_found_by_the_author_and_by_the_sender_id_in_an_index_from_log_txt(
    recorder: Recorder, index: LocalIndex, tmp_path: Path
) -> None:
    (tmp_path / "log.txt").write_bytes(LINES)
    recorder.open()
    while recorder.catch_up():
        pass

    assert mine(index, "ANN") == ["hola", "¿qué tal?", "after the upgrade"]
    assert mine(index, "Bea") == ["under another name"]
    assert mine(index, "Cleo") == []


@pytest.mark.parametrize(("after", "limit", "found"), [(0, 2, 2), (1, 9, 2), (2, 9, 1), (3, 9, 0)])
def test_pages_of_own_posts_have_both_kinds_in_order(
    recorder: Recorder, index: LocalIndex, tmp_path: Path, after: int, limit: int, found: int
) -> None:
    (tmp_path / "log.txt").write_bytes(LINES)
    recorder.open()
    while recorder.catch_up():
        pass

    assert mine(index, "ann", after, limit) == ["hola", "¿qué tal?", "after the upgrade"][after : after + found]


def test_an_index_of_the_version_before_has_the_same_owners() -> None:
    assert {owner: owner_number(*owner) for owner in OWNERS} == OWNERS


def test_a_name_that_is_invalid_today_has_posts_by_the_author_only() -> None:
    assert authors_of(ANN, "not a name") == (ANN,)

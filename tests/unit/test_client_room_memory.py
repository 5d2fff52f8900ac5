"""The memory that the client keeps of a room from run to run."""

import errno
import json
import os
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client import room_memory
from chat_client.memory_file import MAX_HISTORY, MAX_TEXTS, Memory, write_memory
from chat_client.room_memory import RoomMemory, memory_path

texts = st.lists(st.sampled_from(["a", "b", "two\nlines", "ñ👨‍👩‍👧"]), max_size=5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a memory that does not exist yet."""
    return memory_path(tmp_path, "localhost:5672", "lobby", "ann")


def test_draft_history_and_position_are_there_at_the_next_start(path: Path) -> None:
    first = RoomMemory(path)
    first.draft, first.read = "not yet séñt\n👨‍👩‍👧", (7, 3)
    first.add("said")
    first.add("said again")
    first.save()

    second = RoomMemory(path)
    assert second.draft == first.draft
    assert second.history == first.history == ("said", "said again")
    assert second.read == (7, 3)
    assert second.pop_remarks() == []


def test_only_the_owner_can_read_the_file(path: Path) -> None:
    memory = RoomMemory(path)
    memory.draft = "secret"
    memory.save()

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.glob(f"{path.name}*")] == [path.name]


def test_rooms_names_and_brokers_are_apart(tmp_path: Path) -> None:
    paths = {
        memory_path(tmp_path, *about)
        for about in [("a:1", "lobby", "ann"), ("a:1", "lobby", "bob"), ("a:1", "den", "ann"), ("b:1", "lobby", "ann")]
    }
    assert len(paths) == 4


def test_two_spellings_of_one_name_share_a_memory(tmp_path: Path) -> None:
    assert memory_path(tmp_path, "a:1", "lobby", "Ann") == memory_path(tmp_path, "a:1", "lobby", "ann")


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"version": 0, "draft": "", "history": [], "read": null}',
        b'{"version": "2", "draft": "", "history": [], "read": null}',
        b'{"version": 1, "draft": 3, "history": [], "read": null}',
        b'{"version": 1, "draft": "\\ud800", "history": [], "read": null}',
        b'{"version": 1, "draft": "", "history": [null], "read": null}',
        b'{"version": 1, "draft": "", "history": [], "read": [1, "x"]}',
        b'{"version": 1, "draft": "", "history": [], "read": [1]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_kept_aside_and_said(path: Path, written: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(written)

    memory = RoomMemory(path)
    assert (memory.draft, memory.history, memory.read) == ("", (), None)
    (remark,) = memory.pop_remarks()
    aside = path.with_suffix(".damaged")
    assert str(aside) in remark
    assert aside.read_bytes() == written
    memory.draft = "new"
    memory.save()
    assert RoomMemory(path).draft == "new"


def test_a_directory_in_the_way_is_kept_aside(path: Path) -> None:
    path.mkdir(parents=True)

    assert len(RoomMemory(path).pop_remarks()) == 1
    assert path.with_suffix(".damaged").is_dir()


def test_a_file_in_place_of_the_directory_is_said_once(path: Path) -> None:
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("not a directory")
    memory = RoomMemory(path)
    memory.pop_remarks()
    for draft in ("a", "ab"):
        memory.draft = draft
        memory.save()

    assert len(memory.pop_remarks()) == 1


def test_a_full_disk_is_said_once_and_the_draft_is_saved_once_there_is_space(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = RoomMemory(path)
    memory.draft = "kept before"
    memory.save()

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        memory.add("said")
        for draft in ("a", "ab"):
            memory.draft = draft
            memory.save()
    (remark,) = memory.pop_remarks()
    assert "No space left on device" in remark
    assert RoomMemory(path).draft == "kept before"
    assert [each.name for each in path.parent.iterdir() if each.name != "lock"] == [path.name]

    memory.save()
    assert (RoomMemory(path).draft, RoomMemory(path).history) == ("ab", ("said",))


def test_a_field_of_a_newer_client_stays(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text('{"version": 1, "draft": "", "history": [], "read": null, "pinned": [1]}')
    memory = RoomMemory(path)
    memory.draft = "new"
    memory.save()

    assert json.loads(path.read_text())["pinned"] == [1]


@pytest.mark.parametrize("runs_before", [False, True])
def test_a_file_of_a_newer_version_stays_as_it_is(path: Path, runs_before: bool) -> None:
    newer = b'{"version": 2, "drafts": {"": "of the newer client"}}'
    path.parent.mkdir(parents=True)
    memory = RoomMemory(path) if runs_before else None
    path.write_bytes(newer)

    memory = memory or RoomMemory(path)
    memory.add("said")
    for draft in ("a", "ab"):
        memory.draft = draft
        memory.save()

    (remark,) = memory.pop_remarks()
    assert remark.startswith(f"a newer client has written {path}: ")
    assert memory.history == ("said",)
    assert path.read_bytes() == newer
    assert [each.name for each in path.parent.iterdir() if each.name != "lock"] == [path.name]


def test_the_history_of_two_clients_is_kept_whole(path: Path) -> None:
    one, other = RoomMemory(path), RoomMemory(path)
    one.add("from one")
    one.save()
    other.add("from the other")
    other.save()
    one.add("and again")
    one.save()

    assert RoomMemory(path).history == ("from one", "from the other", "and again")


def test_a_draft_of_another_client_moves_to_the_history(path: Path) -> None:
    one, other = RoomMemory(path), RoomMemory(path)
    one.draft = "typed in one"
    one.save()
    other.draft = "typed in the other"
    other.save()

    found = RoomMemory(path)
    assert (found.draft, found.history) == ("typed in the other", ("typed in one",))


def test_a_client_that_types_nothing_does_not_touch_what_another_typed(path: Path) -> None:
    one, other = RoomMemory(path), RoomMemory(path)
    one.draft = "typed in one"
    one.save()
    other.read = (1, 0)
    other.save()

    found = RoomMemory(path)
    assert (found.draft, found.read) == ("typed in one", (1, 0))


def test_a_client_that_hangs_with_the_lock_does_not_stop_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_memory, "LOCK_SECONDS", 0.05)
    memory = RoomMemory(path)
    path.parent.mkdir(parents=True)
    with room_memory._locked(path.parent / "lock"):
        memory.draft = "kept"
        memory.save()

    assert RoomMemory(path).draft == "kept"


def test_the_history_is_bounded_in_texts_and_in_characters() -> None:
    many = Memory().with_texts([str(number) for number in range(MAX_TEXTS + 5)])
    assert many.history == tuple(str(number) for number in range(5, MAX_TEXTS + 5))
    long = Memory().with_texts([str(number) * 1000 for number in range(10)] * 30)
    assert sum(map(len, long.history)) == MAX_HISTORY
    assert long.history[-1] == "9" * 1000


def test_the_oldest_memories_make_room_for_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_memory, "MAX_FILES", 3)
    paths = [memory_path(tmp_path, "a:1", "lobby", str(number)) for number in range(5)]
    for at, each in enumerate(paths):
        memory = RoomMemory(each)
        memory.draft = "x"
        memory.save()
        os.utime(each, (at, at))

    assert [each.exists() for each in paths] == [False, False, True, True, True]


@given(texts, texts, st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))
def test_a_merge_keeps_every_text(theirs: list[str], mine: list[str], before: str, their: str, own: str) -> None:
    found = Memory(their, tuple(theirs))

    merged = found.merged(Memory(own, tuple(mine)), Memory(before))

    assert {*theirs, *mine} <= {*merged.history}
    assert merged.draft in {their, own}
    changed_by_both = their != before != own and own != their
    assert not changed_by_both or not their or their in merged.history


def test_a_text_is_added_without_waiting_for_a_slow_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, writes, goes_on = RoomMemory(path), Event(), Event()

    def slowly(file: Path, kept: Memory) -> None:
        writes.set()
        assert goes_on.wait(30)
        write_memory(file, kept)

    monkeypatch.setattr(room_memory, "write_memory", slowly)
    memory.add("first")
    saving = Thread(target=memory.save)
    saving.start()
    assert writes.wait(30)

    adding = Thread(target=memory.add, args=["second"])
    adding.start()
    adding.join(5)
    waits = adding.is_alive()
    goes_on.set()
    saving.join()
    assert not waits
    memory.save()
    assert RoomMemory(path).history == ("first", "second")

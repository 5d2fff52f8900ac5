"""Reading a room's stream: entries told once, and a stream that was deleted or cut short."""

from dataclasses import replace

from chat_client.events import MessageReceived, PresenceChanged
from chat_client.reader import CLOCK_SLACK, Reader
from chat_wire.messages import Batch, Notice, Page, Position, Post, Recorded, Run

NOW = 1_800_000_000_000_000


def batch(session: str, *sequences: int, at: int = NOW) -> Batch:
    posts = tuple(Post(sequence=sequence, client_ts=0, text=f"text {sequence}") for sequence in sequences)
    run = Run(session=session, user=session, author="author", posts=posts)
    return Batch(room="lobby", router="router-1", server_ts=at, runs=(run,))


def notice(id_: str = "n-1", at: int = NOW) -> Notice:
    return Notice(id=id_, room="lobby", kind="joined", user="bob", at=at)


def page(session: str, sequence: int, offset: int) -> Page:
    recorded = Recorded(
        number=1,
        room="lobby",
        offset=offset,
        index=0,
        session=session,
        sequence=sequence,
        user=session,
        author="author",
        client_ts=0,
        server_ts=NOW,
        text="recorded",
    )
    position = Position(offset=offset, id=f"{session}-{sequence}")
    return Page(request="r", messages=(recorded,), more=False, position=position)


def texts(told: list[MessageReceived | PresenceChanged]) -> list[str]:
    return [each.text for each in told if isinstance(each, MessageReceived)]


def test_a_post_is_told_with_its_time_and_name() -> None:
    assert Reader().read(0, batch("alice", 1), "bob") == [MessageReceived(at=NOW, user="alice", text="text 1")]


def test_an_own_post_carries_its_sequence() -> None:
    assert Reader().read(0, batch("alice", 7), "alice") == [
        MessageReceived(at=NOW, user="alice", text="text 7", sequence=7)
    ]


def test_a_post_that_comes_twice_is_told_once() -> None:
    reader = Reader()
    reader.read(0, batch("alice", 1, 2), "bob")

    assert texts(reader.read(1, batch("alice", 2, 3), "bob")) == ["text 3"]


def test_a_notice_that_comes_twice_is_told_once() -> None:
    reader = Reader()

    assert reader.read(0, notice(), "alice") == [PresenceChanged(at=NOW, user="bob", kind="joined")]
    assert reader.read(1, notice(), "alice") == []


def test_a_post_from_before_joining_is_not_told_when_it_comes_again() -> None:
    reader = Reader()
    reader.recall(replace(page("alice", 5, offset=40), last={"alice": 5, "bob": 3}))

    assert texts(reader.read(41, batch("bob", 2, 3, 4), "carol")) == ["text 4"]


def test_the_stream_does_not_tell_posts_of_the_history_again() -> None:
    reader = Reader()
    told = reader.recall(page("alice", 5, offset=40))

    assert [each.text for each in told] == ["recorded"]
    assert reader.start_offset() == 40
    assert reader.check(40, batch("alice", 5))
    assert reader.read(40, batch("alice", 5, 6), "bob") == [MessageReceived(at=NOW, user="alice", text="text 6")]


def test_the_entry_where_the_history_ends_is_told_from_the_next_post_on() -> None:
    reader = Reader()
    reader.recall(page("alice", 5, offset=40))
    reader.start_offset()
    older, newer = batch("carol", 1).runs, batch("carol", 2).runs
    entry = replace(batch("alice", 5), runs=(*older, *batch("alice", 5).runs, *newer))

    assert reader.check(40, entry)
    assert texts(reader.read(40, entry, "bob")) == ["text 2"]


def test_the_entry_that_was_read_last_is_not_told_again() -> None:
    reader = Reader()
    entry = replace(batch("alice", 1), runs=(*batch("alice", 1).runs, *batch("carol", 1).runs))
    reader.read(9, entry, "bob")
    reader.start_offset()

    assert reader.check(9, entry)
    assert reader.read(9, entry, "bob") == []


def test_a_new_reader_attaches_at_the_first_entry() -> None:
    reader = Reader()

    assert reader.start_offset() == "first"
    assert not reader.checking


def test_a_reader_attaches_again_at_the_last_entry_it_read() -> None:
    reader = Reader()
    reader.read(8, batch("alice", 1), "bob")
    reader.read(9, notice(), "bob")

    assert reader.start_offset() == 9
    assert reader.checking
    assert reader.check(9, notice())
    assert not reader.checking


def test_another_entry_at_the_offset_does_not_fit() -> None:
    reader = Reader()
    reader.read(9, batch("alice", 1), "bob")
    reader.start_offset()

    assert not reader.check(9, batch("carol", 1))


def test_the_entry_at_another_offset_does_not_fit() -> None:
    reader = Reader()
    reader.read(9, batch("alice", 1), "bob")
    reader.start_offset()

    assert not reader.check(12, batch("alice", 1))


def test_after_a_restart_new_posts_are_told_and_old_ones_are_not() -> None:
    reader = Reader()
    reader.read(9, batch("alice", 1), "bob")

    assert reader.restart_offset() == "first"
    assert reader.read(0, batch("carol", 1, at=NOW - CLOCK_SLACK - 1), "bob") == []
    assert reader.read(1, batch("alice", 1), "bob") == []
    assert texts(reader.read(2, batch("alice", 2), "bob")) == ["text 2"]


def test_after_a_restart_own_posts_are_told_even_if_a_router_s_clock_is_wrong() -> None:
    reader = Reader()
    reader.read(9, batch("alice", 1), "bob")
    reader.restart_offset()

    assert texts(reader.read(0, batch("bob", 1, at=0), "bob")) == ["text 1"]

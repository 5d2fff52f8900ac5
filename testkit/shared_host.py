"""Hosts of archives that share a database, and a stream for their recorders."""

from pathlib import Path

from chat_archive.local_index import LocalIndex
from chat_archive.log_file import LogFile
from chat_archive.log_follower import LogFollower
from chat_archive.recorder import Recorder
from chat_archive.shared_index import SharedIndex
from chat_archive.shared_recorder import SharedRecorder
from chat_archive.stream_entries import StreamEntry
from chat_wire.log_line import from_line
from chat_wire.messages import Batch, Post, Run


def stream(*runs: tuple[str, range]) -> list[StreamEntry]:
    """Return a room's stream, with one run in each entry."""
    return [StreamEntry(offset, entry(session, sequences)) for offset, (session, sequences) in enumerate(runs)]


def entry(session: str, sequences: range) -> Batch:
    """Return an entry with posts of one session."""
    posts = tuple(Post(sequence=each, client_ts=each, text=f"«{session} {each}»") for each in sequences)
    return Batch(room="lobby", router="r", server_ts=1, runs=(Run(session=session, user="u", author="a", posts=posts),))


STREAM = stream(("s", range(1, 4)), ("t", range(1, 2)), ("s", range(4, 6)), ("t", range(2, 4)), ("s", range(6, 7)))
IDS = ["s-1", "s-2", "s-3", "t-1", "s-4", "s-5", "t-2", "t-3", "s-6"]


class Host:
    """The database and the log.txt of an archive on one host."""

    def __init__(self, directory: Path, database: str) -> None:
        """Make a host with an empty directory."""
        directory.mkdir()
        self.path = directory / "log.txt"
        self.index = SharedIndex(database)
        self.index.create()

    def recorder(self, own: int | None = None) -> SharedRecorder:
        """Return a recorder that has begun to write."""
        recorder = SharedRecorder(LogFile(self.path), self.index, own)
        recorder.open()
        while recorder.catch_up():
            pass
        return recorder

    def ids(self) -> list[str]:
        """Return the ids of all posts in the database, after checking their numbers."""
        posts = self.index.following(0, 1000)
        assert [post.number for post in posts] == sorted({post.number for post in posts})
        assert not posts or self.index.state().lines >= posts[-1].number
        return [f"{post.session}-{post.sequence}" for post in posts]

    def followed(self) -> list[str]:
        """Let log.txt follow, and return the ids of its posts."""
        follower = LogFollower(LogFile(self.path), self.index)
        follower.step()
        follower.close()
        lines = self.path.read_bytes().splitlines()
        posts = [from_line(line, number) for number, line in enumerate(lines, 1) if line.startswith(b"{")]
        return [f"{post.session}-{post.sequence}" for post in posts]


def record(recorder: SharedRecorder | Recorder, entries: list[StreamEntry]) -> None:
    """Read a stream from the last recorded entry on, as rooms.py does."""
    position = recorder.position("lobby")
    for each in entries:
        if position is None or each.offset >= position.offset:
            recorder.record("lobby", [each])


def write_log(directory: Path, entries: list[StreamEntry]) -> bytes:
    """Write log.txt as an older version did, and return it."""
    recorder = Recorder(LogFile(directory / "log.txt"), LocalIndex("sqlite://"))
    recorder.open()
    recorder.catch_up()
    recorder.record("lobby", entries)
    recorder.close()
    return (directory / "log.txt").read_bytes()

"""A writer on a real disk and SQLite, with a stream that the test delivers and a clock that it moves."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chat_archive.local_index import LocalIndex
from chat_archive.room_reader import CHUNK_BYTES
from chat_archive.writer import Writer
from chat_wire.codec import encode
from chat_wire.messages import Batch, Notice, Post, Run
from chat_wire.units import SECOND
from chat_worker.clock import now
from chat_worker.delivery import Delivery, Source

LATE = 60 * SECOND
LARGE = CHUNK_BYTES * 2 // 3  # two entries of so many characters do not fit into one chunk


class FakeStream:
    """Delivers to its newest consumer the entries that the test names."""

    def __init__(self) -> None:
        """Begin without a consumer."""
        self.sources: list[Source] = []

    def consume(self, source: Source) -> None:
        """Note a consumer."""
        self.sources.append(source)

    def cancel(self, queue: str) -> None:
        """Do nothing."""

    def arrive(self, *offsets: int, size: int = 1, to: int = -1) -> None:
        """Deliver entries of `size` characters to a consumer."""
        self.deliver(*(delivery(offset, size) for offset in offsets), to=to)

    def deliver(self, *deliveries: Delivery, to: int = -1) -> None:
        """Deliver to a consumer."""
        list(self.sources[to].handle(deliveries))


def delivery(offset: int, size: int, router: str = "r") -> Delivery:
    """Return an entry with one post of `size` characters, which a router published a minute ago."""
    post = Post(sequence=offset + 1, client_ts=1, text="x" * size)
    run = Run(session="s", user="u", author="a", posts=(post,))
    return of_stream(offset, Batch(room="lobby", router=router, server_ts=now() - LATE, runs=(run,)))


def of_stream(offset: int, message: Batch | Notice) -> Delivery:
    """Return an entry of the stream."""
    return Delivery(
        body=encode(message),
        queue="room.lobby",
        exchange="chat.rooms",
        routing_key="lobby",
        reply_to=None,
        headers={},
        offset=offset,
        redelivered=False,
    )


class WriterDriver:
    """A writer that holds the lease, and what it works with."""

    def __init__(self, directory: Path) -> None:
        """Make a writer that has done nothing yet; log.txt and the index are in `directory`."""
        self.log_txt = directory / "log.txt"
        self.index = LocalIndex(f"sqlite:///{directory / 'index.sqlite'}")
        self.stream = FakeStream()
        self.time = 0
        self.writer = Writer(self.log_txt, self.index, self.stream, lambda: self.time)

    def tick(self, after: int = 0) -> None:
        """Let time pass, in microseconds, and let the writer work."""
        self.time += after
        self.writer.tick(has_lease=True)

    def writing(self) -> bool:
        """Return whether the writer follows the rooms."""
        return self.writer.writing

    def stalled(self) -> str:
        """Return why the writer has stalled, or an empty text."""
        return self.writer.stalled or ""

    def behind(self) -> tuple[int, int]:
        """Return the seconds and the posts that the room's record is behind."""
        lobby = self.writer.rooms()["lobby"]
        return int(lobby["behind_seconds"]), lobby["behind_posts"]

    def recorded(self) -> list[int]:
        """Return the sequences in the index, in order."""
        return [post.sequence for post in self.index.history("lobby", None, 9)][::-1]


@contextmanager
def writing_driver(directory: Path) -> Iterator[WriterDriver]:
    """Yield a driver whose writer has begun to write, and close the writer in the end."""
    made = WriterDriver(directory)
    with closing(made.writer):
        made.tick()
        made.tick()
        assert made.writing()
        yield made

"""How the archive's writer takes in a flood: in parts, each on disk before the next is decoded."""

from pathlib import Path

from structlog.testing import capture_logs

from chat_archive.errors import StorageFailed
from chat_archive.index import Index
from chat_archive.log_file import LogFile
from chat_archive.recorder import Recorder
from chat_archive.rooms import PART_BYTES, Rooms
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Run
from chat_worker.delivery import Delivery, Source


class Stream:
    """Gives to whoever consumes it whatever is said to have arrived."""

    def __init__(self) -> None:
        self.sources: list[Source] = []

    def consume(self, source: Source) -> None:
        self.sources.append(source)

    def cancel(self, queue: str) -> None:
        pass

    def arrive(self, *offsets: int) -> None:
        """Entries of which no two go into one part."""
        list(self.sources[-1].handle([delivery(offset) for offset in offsets]))


def delivery(offset: int) -> Delivery:
    post = Post(sequence=offset + 1, client_ts=1, text="x" * (PART_BYTES * 2 // 3))
    run = Run(session="s", user="u", author="a", posts=(post,))
    return Delivery(
        body=encode(Batch(room="lobby", router="r", server_ts=1, runs=(run,))),
        queue="room.lobby",
        exchange="chat.rooms",
        routing_key="lobby",
        reply_to=None,
        headers={},
        offset=offset,
        redelivered=False,
    )


def test_a_flood_is_recorded_in_parts_and_one_that_fails_leaves_those_after_it_for_later(tmp_path: Path) -> None:
    failures: list[StorageFailed] = []
    index = Index(f"sqlite:///{tmp_path / 'index.sqlite'}")
    recorder = Recorder(LogFile(tmp_path / "log.txt"), index)
    stream = Stream()
    rooms = Rooms(recorder, stream, lambda: 0, failures.append)
    recorder.open()
    rooms.attach()

    with capture_logs() as logged:
        stream.arrive(0, 1, 2)
        (tmp_path / "log.txt").rename(tmp_path / "away")
        stream.arrive(3, 4)

    assert [line["runs"] for line in logged if line["event"] == "posts.recorded"] == [
        [("s", 1, 1)],
        [("s", 2, 2)],
        [("s", 3, 3)],
    ]
    assert len(failures) == 1
    assert rooms.health()["lobby"]["recorded"] == 2
    assert [post.sequence for post in index.history("lobby", None, 9)] == [3, 2, 1]
    recorder.close()

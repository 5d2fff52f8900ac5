"""A measurement: members wait, senders post, and it ends when each member has received all posts."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.reader import Reading, Seen, reading
from bench.stage import Stage
from bench.usage import processor_seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """The duration of a measurement, and the processor time of the broker and of the workers, in seconds."""

    posts: int
    members: int
    seconds: float
    broker: float
    workers: float
    seen: Seen

    @property
    def rate(self) -> float:
        """The posts per second, each to all members."""
        return self.posts / self.seconds

    @property
    def cost(self) -> Mapping[str, float]:
        """The processor seconds for 1,000 deliveries of a post to a member."""
        thousands = self.posts * self.members / 1000
        return {
            "broker, processor s per 1,000 deliveries": self.broker / thousands,
            "workers, processor s per 1,000 deliveries": self.workers / thousands,
            "readers, processor s per 1,000 deliveries": self.seen.processor / thousands,
        }


def measure(stage: Stage, wanted: Reading, workers: Sequence[int], send: Callable[[], None]) -> Measured:
    """Send posts, and wait until every member has received all of them.

    Args:
        stage: The stage with the broker.
        wanted: The members, and the posts that each one must receive.
        workers: The process ids of the workers.
        send: Sends the posts.

    Raises:
        AssertionError: A member has not received exactly the wanted posts.
    """
    with reading(wanted) as readers:
        broker, worker = processor_seconds([stage.broker_process]), processor_seconds(workers)
        begun = time.monotonic()
        send()
        seen = readers.seen()
        broker, worker = processor_seconds([stage.broker_process]) - broker, processor_seconds(workers) - worker
    return Measured(wanted.posts, wanted.members, seen.last - begun, broker, worker, seen)

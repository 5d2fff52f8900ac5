"""One measurement: members who wait, posts that go out, and what it took until each member had them all."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.reader import Reading, Seen, reading
from bench.stage import Stage
from bench.usage import processor_seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """What it took, in seconds: of time, of the broker's processor, of the workers' processor."""

    posts: int
    members: int
    seconds: float
    broker: float
    workers: float
    seen: Seen

    @property
    def rate(self) -> float:
        """Posts a second, each to all members."""
        return self.posts / self.seconds

    @property
    def cost(self) -> Mapping[str, float]:
        """Processor seconds for 1,000 deliveries of a post to a member."""
        thousands = self.posts * self.members / 1000
        return {
            "broker processor s/1,000 deliveries": self.broker / thousands,
            "workers processor s/1,000 deliveries": self.workers / thousands,
            "readers processor s/1,000 deliveries": self.seen.processor / thousands,
        }


def measure(stage: Stage, what: Reading, workers: Sequence[int], send: Callable[[], None]) -> Measured:
    """Send, and wait until every member has exactly what it is to see; AssertionError if one has not."""
    with reading(what) as readers:
        broker, worker = processor_seconds([stage.broker_process]), processor_seconds(workers)
        begun = time.monotonic()
        send()
        seen = readers.seen()
        broker, worker = processor_seconds([stage.broker_process]) - broker, processor_seconds(workers) - worker
    return Measured(what.posts, what.members, seen.last - begun, broker, worker, seen)

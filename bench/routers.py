"""Scenario routers: twenty senders flood a room, with 1, 2 and 4 routers.

It shows whether the routers share the posts evenly, and whether more routers cost no speed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from bench.measure import Measured, measure
from bench.reader import Reading
from bench.result import Result, Target
from bench.room import entries
from bench.sender import joined, send_all
from bench.stage import Stage
from chat_wire.codec import decode
from chat_wire.messages import Batch
from testkit.wait import until

SENDERS = 20
MEMBERS = 10
ROUTERS = (1, 2, 4)
POSTS = 5_000  # of each sender
QUICK_POSTS = 250
NO_LOSS = Target(at_least=0.95)  # runs differ by up to 5%
EVEN = Target(at_most=0.25)


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the posts per second for each number of routers, and how unevenly the routers share them."""
    alone = 0.0
    for routers in ROUTERS:
        measured, shares = _flood(stage, routers, QUICK_POSTS if quick else POSTS)
        alone = alone or measured.rate
        several = routers > 1
        case = f"{routers} routers" if several else "1 router"
        yield Result(
            scenario="routers",
            case=case,
            unit="posts/s",
            ours=measured.rate,
            baseline=alone if several else None,
            baseline_name="1 router" if several else "",
            target=NO_LOSS if several else None,
            more=measured.cost,
        )
        if several:
            # On RabbitMQ 3 a partition stays with its first router; see
            # docs/decisions/0014-share-partitions-by-router-slots.md.
            target = EVEN if stage.broker.version() >= (4,) else None
            yield Result(scenario="routers", case=case, unit="uneven by", ours=uneven(shares, routers), target=target)


def uneven(posts: Iterable[int], routers: int) -> float:
    """Return the largest deviation of a router from an even share of the posts, as a fraction of that share."""
    counts = sorted(posts)
    even = sum(counts) / routers
    least = counts[0] if len(counts) == routers else 0  # a router without posts is not in the counts
    return max(counts[-1] - even, even - least) / even


def _flood(stage: Stage, routers: int, posts: int) -> tuple[Measured, list[int]]:
    """Measure a flood; return also the number of posts that each router published."""
    total = SENDERS * posts
    with stage.system() as system:
        workers = [system.start(service) for service in ("registry", "archive")]
        workers += [system.start("router", number) for number in range(1, routers + 1)]
        for worker in workers:
            until(worker.ready, 30, f"{worker.name} is ready")
        with joined(stage.client_url, [f"sender{number}" for number in range(SENDERS)]) as senders:
            for sender in senders:
                sender.write(posts)
            reading = Reading(url=stage.member_url, members=MEMBERS, posts=total)
            measured = measure(stage, reading, [worker.popen.pid for worker in workers], lambda: send_all(senders))
        shares: Counter[str] = Counter()
        for body in entries(stage.member_url, total):
            batch: Batch = decode(body, Batch)
            shares[batch.router] += sum(len(run.posts) for run in batch.runs)
        return measured, list(shares.values())

"""Scenario latency: the time of a post from its sender to each member, at a steady 50 posts per second.

The time begins when a post is written, so it includes waiting for the confirm of the previous one. The baseline is a
bare relay with the same two hops. Both run all the time and take turns, so that other load on the machine affects both.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

from hdrh.histogram import HdrHistogram

from bench.baseline_hops import QUEUE, ROOM, hops
from bench.reader import Reading, Seen, attach_room, reading
from bench.result import Result, Target
from bench.sender import Sender, joined, send_evenly
from bench.stage import Stage
from testkit.chatter import Chatter

PER_SECOND = 50.0
WARM_UP = 50
MEMBERS = (10, 100)
TURNS = 4  # of the chat, and of the baseline
TURN_POSTS = 250
QUICK_TURN_POSTS = 50
LONGEST = 60_000_000
TARGETS = {50: Target(at_most=1.3), 99: Target(at_most=1.5)}


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure percentiles of the latency in milliseconds."""
    for members in MEMBERS[:1] if quick else MEMBERS:
        ours, bare = map(_histogram, _in_turns(stage, members, QUICK_TURN_POSTS if quick else TURN_POSTS))
        for percentile, target in TARGETS.items():
            yield Result(
                scenario="latency",
                case=f"{members} members, p{percentile}",
                unit="ms",
                ours=_at(ours, percentile),
                baseline=_at(bare, percentile),
                baseline_name="bare two hops",
                target=target,
                more={"max ms": _at(ours, 100), "bare two hops: max ms": _at(bare, 100)},
            )


def _in_turns(stage: Stage, members: int, posts: int) -> tuple[Seen, Seen]:
    """Return the readings of the chat and of the baseline."""
    url = stage.operator_url
    theirs = (QUEUE.exchange.name, QUEUE.routing_key)
    total = WARM_UP + TURNS * posts
    with ExitStack() as ending:
        ending.enter_context(stage.system()).all()
        ending.enter_context(hops(url))
        ours = ending.enter_context(joined(stage.client_url, ["latency"]))[0]
        senders = (ours, Sender(ending.enter_context(closing(Chatter(url))), ours.grant, theirs))
        of = partial(Reading, members=members, posts=total, stamps=True, warm_up=WARM_UP)
        ours_read = ending.enter_context(reading(of(url=stage.member_url)))
        bare_read = ending.enter_context(reading(of(url=url, attach=partial(attach_room, room=ROOM))))
        for turn_posts in (WARM_UP, *[posts] * TURNS):
            for sender in senders:
                send_evenly(sender, turn_posts, PER_SECOND)
        return ours_read.seen(), bare_read.seen()


def _histogram(seen: Seen) -> HdrHistogram:
    """Return a histogram of the times in microseconds, to three digits."""
    histogram = HdrHistogram(1, LONGEST, 3)
    for took in seen.took:
        histogram.record_value(max(1, took))
    return histogram


def _at(histogram: HdrHistogram, percentile: float) -> float:
    """Return a percentile in milliseconds."""
    return float(histogram.get_value_at_percentile(percentile) / 1000)

"""Scenarios flood and limit: one sender floods a room, with one router.

The baseline of flood is a bare relay to an exclusive queue for each member. The baseline of limit is the broker alone:
the entries that the router made are published directly to the room.
"""

from collections.abc import Iterator, Sequence

from bench import baseline_fanout
from bench.measure import Measured, measure
from bench.reader import Reading
from bench.result import Result, Target
from bench.room import entries
from bench.sender import joined, send_all
from bench.stage import Stage
from bench.usage import memory
from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher

# Members: the posts for the chat and for the relay, so that each takes about 10 s.
FULL = {10: (100_000, 20_000), 100: (60_000, 5_000), 500: (20_000, 1_000)}
QUICK = {10: (5_000, 1_000)}
FASTER = {10: Target(at_least=2), 100: Target(at_least=5)}
OF_LIMIT = Target(at_least=0.7)


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the posts per second that reach all members."""
    for members, (posts, relayed) in (QUICK if quick else FULL).items():
        ours, room, resident = _ours(stage, members, posts)
        relay = _relay(stage, members, relayed)
        limit = _limit(stage, members, posts, room)
        case, unit = f"{members} members", "posts/s"
        yield Result(
            scenario="flood",
            case=case,
            unit=unit,
            ours=ours.rate,
            baseline=relay.rate,
            baseline_name="bare relay",
            target=FASTER.get(members),
            more={**ours.cost, **resident, **_named("bare relay", relay), "posts per entry": posts / len(room)},
        )
        yield Result(
            scenario="limit",
            case=case,
            unit=unit,
            ours=ours.rate,
            baseline=limit.rate,
            baseline_name="the broker alone",
            target=OF_LIMIT,
            more=_named("the broker alone", limit),
        )


def _ours(stage: Stage, members: int, posts: int) -> tuple[Measured, list[bytes], dict[str, float]]:
    """Measure the chat; return also the entries that the router made, and the memory of each service."""
    with stage.system() as system:
        services = {process.name.split("-")[0]: process.popen.pid for process in system.all()}
        with joined(stage.client_url, ["flood"]) as senders:
            senders[0].write(posts)
            reading = Reading(url=stage.member_url, members=members, posts=posts)
            measured = measure(stage, reading, list(services.values()), lambda: send_all(senders))
        resident = {f"{service}, memory MB": memory(pid) for service, pid in services.items()}
        return measured, entries(stage.member_url, posts), resident


def _relay(stage: Stage, members: int, posts: int) -> Measured:
    url = stage.operator_url
    with stage.emptied(), baseline_fanout.fanout(url) as pid:
        reading = Reading(url=url, members=members, posts=posts, attach=baseline_fanout.attach_copies, acks=False)
        return measure(stage, reading, [pid], lambda: baseline_fanout.send(url, posts))


def _limit(stage: Stage, members: int, posts: int, room: Sequence[bytes]) -> Measured:
    """Measure the broker alone: publish the same entries directly to the room, with pipelined confirms."""
    with stage.emptied(), connect(stage.operator_url, "limit") as connection:
        declare(connection, *topology.ROOM_STREAMS)
        publisher = Publisher(connection.channel())

        def send() -> None:
            for body in room:
                publisher.publish(Publication(exchange=topology.ROOM.name, routing_key="lobby", body=body))
            while publisher.unconfirmed:
                connection.drain_events(timeout=30)
            assert not publisher.refused

        return measure(stage, Reading(url=stage.member_url, members=members, posts=posts), [], send)


def _named(name: str, measured: Measured) -> dict[str, float]:
    return {f"{name}: {key}": value for key, value in measured.cost.items()}

"""No post is lost or counted twice, and all see one order, while routers are killed and replaced."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from chat_wire.deduplicator import Deduplicator
from chat_wire.limits import PARTITIONS
from testkit import former, tokens
from testkit.chatter import Chatter
from testkit.processes import Process, System
from testkit.wait import until

SENDERS = 20


@contextmanager
def chatters(system: System, names: list[str]) -> Iterator[list[Chatter]]:
    """Yield chatters that consume the lobby: each second one is a client of 0.3.0."""
    kinds = (tokens.member, former.former_member)
    made = [kinds[n % 2](system, name, partition=n % PARTITIONS) for n, name in enumerate(names)]
    for chatter in made:
        chatter.join()
    yield made
    for chatter in made:
        chatter.close()


def once(ids: list[str]) -> list[str]:
    """Return the ids that a reader keeps, without repetitions."""
    deduplicator = Deduplicator()
    return [each for each in ids if deduplicator.admit(each.rpartition("-")[0], int(each.rpartition("-")[2]))]


def recorded(system: System) -> list[str]:
    """Return the ids in log.txt, in order."""
    return [line["id"] for line in system.recorded()]


def have_heard(members: list[Chatter], count: int) -> bool:
    """Return whether each member has received this many posts; drain all of them, which also sends heartbeats."""
    for member in members:
        member.drain()
    return all(len(set(member.ids())) == count for member in members)


def assert_nothing_lost(system: System, members: list[Chatter], sent: dict[str, list[str]]) -> None:
    """Check that all members and log.txt have each post, and have it once."""
    expected = sorted(each for ids in sent.values() for each in ids)
    until(lambda: have_heard(members, len(expected)), 60, "all members have received all posts")
    for member in members:
        assert sorted(once(member.ids())) == expected, "a post is missing, or a later one of its sender came first"
    until(lambda: len(recorded(system)) >= len(expected), 60, "log.txt has all posts")
    assert sorted(recorded(system)) == expected


def assert_one_order(system: System, members: list[Chatter], sent: dict[str, list[str]]) -> None:
    """Check that all members saw the order of log.txt, which keeps the order of each sender."""
    order = recorded(system)
    for ids in sent.values():
        own = set(ids)
        assert [each for each in order if each in own] == ids, "a later post of a sender came before an earlier one"
    for member in members:
        assert once(member.ids()) == order


def busiest(routers: list[Process]) -> Process:
    """Return the router that has published most batches."""
    return max(routers, key=lambda router: len(router.lines("batch.published")))


def test_no_post_is_lost_and_all_see_one_order_when_the_busiest_router_is_killed(system: System) -> None:
    system.started("archive")
    routers = [system.started("router", replica) for replica in (1, 2, 3)]
    with chatters(system, [f"user{n}" for n in range(SENDERS)]) as members:
        sent: dict[str, list[str]] = {str(n): [] for n in range(SENDERS)}
        for burst in range(25):
            for n, member in enumerate(members):
                sent[str(n)] += member.post(*(f"{burst}.{i} of {n}" for i in range(10)))
            if burst == 12:
                busiest(routers).kill()
        assert sum(map(len, sent.values())) == 5_000
        assert_nothing_lost(system, members, sent)
        assert_one_order(system, members, sent)


def test_no_post_is_lost_and_all_see_one_order_while_routers_are_replaced(system: System) -> None:
    system.started("archive")
    chance = random.Random(7)
    running = [system.started("router", 1)]
    with chatters(system, ["ann", "bob", "eve"]) as members:
        sent: dict[str, list[str]] = {name: [] for name in ("ann", "bob", "eve")}
        for step in range(6):
            for name, member in zip(sent, members, strict=True):
                for _ in range(20):
                    sent[name] += member.post(*(f"{step}" for _ in range(chance.randint(1, 20))))
            running.append(system.started("router", step + 2))
            stopped = running.pop(0)
            stopped.popen.terminate() if step % 2 else stopped.kill()
        assert_nothing_lost(system, members, sent)
        assert_one_order(system, members, sent)

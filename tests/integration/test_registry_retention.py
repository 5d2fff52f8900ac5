"""A registry whose broker has removed parts of its journal and of its snapshots."""

import hashlib
import time

from chat_registry import snapshots
from chat_wire.codec import encode
from chat_wire.messages import Claim, Granted
from chat_worker import health
from testkit.chatter import Chatter
from testkit.processes import System
from testkit.registry import Journal
from testkit.registry_streams import declare_streams, fill_journal, oldest_offset, publish
from testkit.wait import until

HOLDING = """
from functools import partial
from chat_registry import memory, snapshots
from chat_registry.service import RegistryService
from chat_registry.settings import registry_settings
from chat_worker.main import main

def build(environ, instance):
    return partial(RegistryService, registry_settings(environ, instance), snapshot_every=200)

memory.MAX_REMEMBERED = 200
snapshots.PART_ROWS = 100
main("registry", build)
"""

# RabbitMQ begins an empty segment after each part, and removes older ones until the rest is short enough.
TWO_PARTS = 1_000_000


def shorten(system: System, queue: str, size: int, segment: int = 100_000) -> None:
    """Let a stream keep so many bytes, in segments of so many."""
    policy = {"max-length-bytes": size, "stream-max-segment-size-bytes": segment}
    system.broker.set_policy(system.vhost, f"short-{queue}", f"^{queue}$", policy)


def test_no_number_of_claims_makes_a_registry_forget_a_name(system: System) -> None:
    """Keep a small part of the journal and of the snapshots, as many as fit, and bound the memory alike."""
    shorten(system, "registry.journal", 400_000, segment=25_000)
    shorten(system, "registry.snapshots", 800_000)
    first = system.started("registry", 1, program=HOLDING)
    holders = {name: Chatter(system.url("client")) for name in ("ann", "bob", "cid", "dee", "eve")}
    for name, holder in holders.items():
        assert isinstance(holder.claim(name), Granted)
        holder.close()
    mallory = Chatter(system.url("client"))
    claims = [Claim(request=f"claim {number}", name="mallory", secret=mallory.secret) for number in range(5_000)]
    for claim in claims:
        mallory.entrance.publish("chat.entrance", "", encode(claim))
    assert isinstance(mallory.answer(claims[-1].request, 90), Granted)
    until(lambda: oldest_offset(system) > 0)
    first.kill()

    system.started("registry", 2, program=HOLDING)

    for name, holder in holders.items():
        assert Chatter(system.url("client")).claim(name).reason == "name_taken"
        assert isinstance(Chatter(system.url("client"), holder.secret).claim(name), Granted)


def test_a_replica_does_not_serve_when_the_newest_snapshot_and_the_journal_are_both_cut(system: System) -> None:
    shorten(system, "registry.journal", 200_000)
    shorten(system, "registry.snapshots", TWO_PARTS)
    declare_streams(system)
    fill_journal(system, 5_000)
    until(lambda: oldest_offset(system) > 0)
    known = Journal()
    for number in range(4 * snapshots.PART_ROWS):
        known.claim(f"name{number}", "author", f"r{number}")
    known.state.offset = oldest_offset(system)
    for part in snapshots.parts_of(known.state, "digest"):
        publish(system, "chat.snapshots", [encode(part)])  # each becomes a segment of its own
    until(lambda: oldest_offset(system, "registry.snapshots") > 0)

    registry = system.start("registry")
    until(lambda: registry.lines("registry.no_state"), 30)

    assert "no snapshot that can be read includes" in (health.problem(registry.health) or "")
    assert not registry.lines("registry.ready")


def test_a_replica_replays_a_whole_journal_when_the_newest_snapshot_is_cut(system: System) -> None:
    shorten(system, "registry.snapshots", TWO_PARTS)
    declare_streams(system)
    holder, known = Chatter(system.url("client")), Journal()
    known.now = time.time_ns() // 1000
    known.open("bob", hashlib.sha256(holder.secret.encode()).hexdigest(), "r1")
    publish(system, "chat.journal", [encode(entry) for entry in known.entries])
    for number in range(4 * snapshots.PART_ROWS):
        known.claim(f"name{number}", "author", f"r{number}")
    for part in snapshots.parts_of(known.state, "digest"):
        publish(system, "chat.snapshots", [encode(part)])  # each becomes a segment of its own
    until(lambda: oldest_offset(system, "registry.snapshots") > 0)

    system.started("registry")

    assert Chatter(system.url("client")).claim("bob").reason == "name_taken"
    assert isinstance(holder.claim("bob"), Granted)

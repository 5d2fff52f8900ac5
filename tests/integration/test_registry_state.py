"""Registry replicas on a real broker: how they find their state, in snapshots and in the journal."""

import hashlib
import time
from pathlib import Path

import pytest

from chat_amqp.connection import connect
from chat_registry import snapshots
from chat_registry.journal import Departed
from chat_wire.codec import encode
from chat_wire.messages import Claim, Granted, Refused
from chat_worker import health
from testkit.chatter import new_request
from testkit.former import FormerChatter
from testkit.processes import Process, System
from testkit.registry import SECOND, Journal
from testkit.registry_streams import declare_streams, fill_journal, oldest_offset, publish
from testkit.wait import until

RECORDED = Path(__file__).parent.parent / "unit" / "recorded"
PARTS = (RECORDED / "registry_snapshot.jsonl").read_bytes().splitlines()
MESSAGES_BEFORE_0_1 = (RECORDED / "registry_journal_before_0_1.jsonl").read_bytes().splitlines()
PARTS_BEFORE_0_1 = (RECORDED / "registry_snapshot_before_0_1.jsonl").read_bytes().splitlines()


@pytest.fixture
def registry(system: System) -> Process:
    return system.started("registry", 1)


def member(system: System, name: str) -> FormerChatter:
    chatter = FormerChatter(system.url("former-client"))
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def test_a_replica_starts_from_a_snapshot_and_a_trimmed_journal(
    system: System,
) -> None:
    short = {"max-length-bytes": 200_000, "stream-max-segment-size-bytes": 100_000}
    system.broker.set_policy(system.vhost, "short", "registry.journal", short)
    registry = system.started("registry")
    bob, claimed = pass_snapshot(system, registry)
    fill_journal(system, 200)
    registry.kill()

    again = system.started("registry", 2)

    assert again.lines("registry.ready")[0]["names"] == len(claimed)
    assert not again.lines("stream.diverged")
    assert bob.users().connected[0] == "bob"
    assert oldest_offset(system) > 1


def test_a_deleted_journal_is_detected_and_the_names_of_the_snapshot_are_kept(
    system: System, registry: Process
) -> None:
    bob, claimed = pass_snapshot(system, registry)
    kept = [offset for offset in claimed if offset <= snapshot_offset(registry)]

    system.broker.delete_queue(system.vhost, "registry.journal")
    until(lambda: len(registry.lines("registry.ready")) == 2, 30)

    assert registry.lines("stream.diverged")
    assert len(bob.users().connected) == len(kept)
    assert isinstance(FormerChatter(system.url("former-client")).claim("bob"), Refused)
    assert registry.lines("snapshot.published")[-1]["offset"] == 0


def test_a_silent_journal_that_ends_before_the_snapshot_is_detected(system: System) -> None:
    chatter = FormerChatter(system.url("former-client"))
    known = Journal()
    known.now = time.time_ns() // 1000 + 3600 * SECOND  # from a clock that is ahead
    known.claim("bob", hashlib.sha256(chatter.secret.encode()).hexdigest(), "r1")
    known.state.offset = 1_000
    first = system.started("registry", 1)
    first.kill()
    publish(system, "chat.snapshots", [encode(part) for part in snapshots.parts_of(known.state, "digest")])

    registry = system.started("registry", 2)

    assert registry.lines("stream.diverged")
    assert isinstance(FormerChatter(system.url("former-client")).claim("bob"), Refused)
    assert isinstance(chatter.claim("bob"), Granted)


def test_a_replica_that_starts_announces_what_a_dead_replica_did_not(system: System) -> None:
    registry = system.started("registry")
    bob, eve = member(system, "bob"), member(system, "eve")
    eve.join()
    registry.kill()
    publish(system, "chat.journal", [encode(Departed(origin="other", time=time.time_ns() // 1000, inbox=bob.inbox))])

    system.started("registry", 2)

    eve.hear(lambda: ("lost", "bob") in eve.notices())


def test_a_replica_starts_from_a_large_snapshot_published_in_parts(system: System) -> None:
    known, names = Journal(), 5 * snapshots.PART_ROWS + 1
    for number in range(names):
        known.claim(f"name{number}", "author", f"r{number}")
    known.state.offset = 0
    declare_streams(system)
    publish(system, "chat.snapshots", [encode(part) for part in snapshots.parts_of(known.state, "of another journal")])

    first = system.started("registry", 1)  # its marker is the first message of this journal, so a snapshot is due
    until(lambda: first.lines("snapshot.published"))
    second = system.started("registry", 2)

    assert first.lines("snapshot.published")[0]["parts"] == 6
    assert second.lines("registry.ready")[0]["names"] == names
    assert not second.lines("stream.diverged")


@pytest.mark.usefixtures("registry")
def test_a_replica_passes_over_snapshots_that_it_cannot_read_and_makes_a_new_one(system: System) -> None:
    member(system, "bob")
    newer = [part.replace(b'"type":"snapshot"', b'"type":"snapshot","version":3') for part in PARTS]
    publish(system, "chat.snapshots", [*PARTS_BEFORE_0_1, *newer])

    second = system.started("registry", 2)
    until(lambda: second.lines("snapshot.published"))
    third = system.started("registry", 3)

    (refused,) = second.lines("snapshot.refused")
    assert (refused["count"], refused["level"]) == (4, "warning")
    assert "version 3" in refused["error"]
    assert not third.lines("snapshot.refused")
    for replica in (second, third):
        assert replica.lines("registry.ready")[0]["names"] == 1
        assert not replica.lines("stream.diverged")


def test_a_replica_without_a_readable_snapshot_replays_a_journal_from_its_beginning(system: System) -> None:
    declare_streams(system)
    publish(system, "chat.snapshots", PARTS_BEFORE_0_1)
    publish(system, "chat.journal", MESSAGES_BEFORE_0_1)

    registry = system.started("registry")

    assert registry.lines("registry.ready")[0]["names"] == 3
    refused = FormerChatter(system.url("former-client")).claim("eve")
    assert isinstance(refused, Refused)
    assert refused.reason == "name_taken"


def test_a_replica_without_a_readable_snapshot_does_not_serve_from_the_rest_of_a_journal(system: System) -> None:
    short = {"max-length-bytes": 200_000, "stream-max-segment-size-bytes": 100_000}
    system.broker.set_policy(system.vhost, "short", "registry.journal", short)
    declare_streams(system)
    fill_journal(system, 5_000)
    until(lambda: oldest_offset(system) > 0)

    registry = system.start("registry")
    until(lambda: registry.lines("registry.no_state"))

    assert "no snapshot that can be read includes" in (health.problem(registry.health) or "")
    system.broker.delete_queue(system.vhost, "registry.journal")  # the operator begins without names
    system.started("registry", 2)


def test_a_replica_stops_serving_at_an_entry_of_a_newer_version(system: System, registry: Process) -> None:
    ann = member(system, "ann")
    newer = b'{"type":"claim_name","version":3,"origin":"r9","time":1,"request":"r1","inbox":"","name":"eve","key":7}'

    publish(system, "chat.journal", [newer])
    until(lambda: registry.lines("journal.newer"))
    second = system.start("registry", 2)
    until(lambda: second.lines("journal.newer"))

    for replica in (registry, second):
        assert "a newer registry wrote the entry" in (health.problem(replica.health) or "")
    ann.publish("chat.registry", "registry.commands", encode(Claim(request="r2", name="bob", secret=ann.secret)))
    ann.confirmed()
    with connect(system.url("registry"), "test") as connection:
        commands = connection.channel().queue_declare("registry.commands", passive=True)
    assert (commands.message_count, commands.consumer_count) == (1, 0)
    assert not second.lines("registry.ready")


def test_a_replica_replays_a_journal_in_which_an_older_version_granted_names_that_look_alike(system: System) -> None:
    known, holder = Journal(), FormerChatter(system.url("former-client"))
    known.now = time.time_ns() // 1000
    for number, name in enumerate(["ann", "\u0430nn", "ann."]):
        author = hashlib.sha256(holder.secret.encode()).hexdigest()
        known.claim(name, author, f"r{number}", holder.inbox, distinct=False)
    declare_streams(system)
    publish(system, "chat.journal", [encode(entry) for entry in known.entries])

    registry = system.started("registry")

    assert registry.lines("registry.ready")[0]["names"] == 3
    for name in ("\u0430nn", "ann."):
        assert isinstance(holder.claim(name), Granted)
    assert FormerChatter(system.url("former-client")).claim("ann.").reason == "invalid_name"


def pass_snapshot(system: System, registry: Process) -> tuple[FormerChatter, list[int]]:
    """Let Bob claim names while the journal grows until a snapshot is due.

    Return Bob and the offset of each claim.
    """
    bob = member(system, "bob")
    assert bob.granted
    offsets = [bob.granted.offset]
    while snapshot_offset(registry) < 10_000:
        # A grant shows that the replica has read everything older. A short journal loses entries that nobody has read.
        # The entry at which a snapshot is due must be a claim, because only the origin of that entry publishes it.
        if len(offsets) <= 11:
            fill_journal(system, 900)
        granted = bob.request(Claim(request=new_request(), name=f"rob{len(offsets)}", secret=bob.secret))
        offsets.append(granted.offset)
    return bob, offsets


def snapshot_offset(registry: Process) -> int:
    """Return the offset of the newest snapshot that a replica published."""
    offset: int = registry.lines("snapshot.published")[-1]["offset"]
    return offset

"""Registry replicas on a real broker: names, sessions, departures and restarts."""

import hashlib
import secrets
import signal
import time
from typing import Any

import pytest

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_registry import snapshots
from chat_registry.journal import Departed
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.messages import (
    Claim,
    Exited,
    Granted,
    ListUsers,
    Notice,
    Refused,
    Release,
    Released,
    Resume,
    SessionEnded,
)
from testkit.chatter import Chatter, new_request
from testkit.processes import Process, System
from testkit.registry import SECOND, Journal
from testkit.wait import until


@pytest.fixture
def registry(system: System) -> Process:
    return system.started("registry", 1)


def member(system: System, name: str) -> Chatter:
    chatter = Chatter(system.url("client"))
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def dead_letters(system: System) -> int:
    return int(system.broker.queue(system.vhost, "dead-letters").get("messages", 0))


def test_a_name_is_granted_refused_to_others_listed_and_freed_by_exit(system: System, registry: Process) -> None:
    bob, eve = member(system, "Bob"), Chatter(system.url("client"))
    bob.join()

    refusal = eve.claim("bob")
    assert isinstance(refusal, Refused)
    assert (refusal.reason, refusal.text) == ("name_taken", "bob is taken: choose another name")
    assert bob.users().connected == ("Bob",)
    assert bob.exit() == Exited(request=bob.replies[-1].request)

    assert isinstance(eve.claim("bob"), Granted)
    bob.hear(lambda: len(bob.notices()) == 3)
    assert bob.notices() == [("joined", "Bob"), ("left", "Bob"), ("joined", "bob")]
    assert [line["user"] for line in registry.lines("session.claimed")] == ["Bob", "bob"]


@pytest.mark.usefixtures("registry")
def test_a_session_resumes_after_a_lost_connection_and_its_client_learns_of_a_takeover(
    system: System,
) -> None:
    bob = member(system, "bob")
    first = bob.granted
    bob.close()
    back = Chatter(system.url("client"), secret=bob.secret)
    back.granted = first

    resumed = back.resume()
    assert first
    assert isinstance(resumed, Granted)
    assert (resumed.session, resumed.partition) == (first.session, first.partition)

    second = Chatter(system.url("client"), secret=bob.secret)
    assert isinstance(second.claim("bob"), Granted)
    back.hear(lambda: SessionEnded(session=first.session, expires=resumed.expires, reason="taken") in back.replies)
    assert back.resume().reason == "session_ended"


@pytest.mark.usefixtures("registry")
def test_an_operator_releases_a_name(system: System) -> None:
    bob, operator = member(system, "bob"), Chatter(system.url("admin"))

    def release() -> Any:
        request = Release(request=new_request(), name="BOB")
        return operator.request(request, exchange="chat.operator")

    released = release()
    assert isinstance(released, Released)
    assert released.name == "bob"
    bob.hear(lambda: [reply.reason for reply in bob.replies if isinstance(reply, SessionEnded)] == ["released"])
    assert release().reason == "not_held"


@pytest.mark.usefixtures("registry")
def test_an_invalid_request_is_refused_and_a_malformed_one_becomes_a_dead_letter(
    system: System,
) -> None:
    eve = Chatter(system.url("client"))

    assert eve.claim("two words").reason == "invalid_name"
    assert eve.request(Resume(request="r1", token="forged")).reason == "invalid_token"
    assert dead_letters(system) == 0

    for body in (b"no JSON", encode(Release(request="r2", name="bob")), b'{"type":"posts"}'):
        eve.publish("chat.registry", "registry.commands", body)
        assert isinstance(eve.answer(None), Refused)
        eve.replies.clear()
    claim = encode(Claim(request="r3", name="bob", secret=eve.secret))
    eve.publisher.publish(
        Publication(exchange="chat.registry", routing_key="registry.commands", body=claim, reply_to="registry.journal")
    )
    eve.confirmed()
    until(lambda: dead_letters(system) == 4)
    assert isinstance(eve.claim("bob"), Granted)


def test_one_of_two_simultaneous_claims_through_two_replicas_wins_each_time(system: System, registry: Process) -> None:
    replicas = [registry, system.started("registry", 2)]
    ann, bob = Chatter(system.url("client")), Chatter(system.url("client"))
    names = [f"name{number}" for number in range(200)]

    for name in names:
        for chatter in (ann, bob):
            body = encode(Claim(request=f"claim of {name}", name=name, secret=chatter.secret))
            chatter.publish("chat.registry", "registry.commands", body)

    answers = [{name: chatter.answer(f"claim of {name}") for name in names} for chatter in (ann, bob)]
    for name in names:
        assert {type(answer[name]) for answer in answers} == {Granted, Refused}, name
    ann.granted = next(answer for answer in answers[0].values() if isinstance(answer, Granted))
    assert set(ann.users().connected) == set(names)
    assert all(replica.lines("session.claimed") for replica in replicas)


def test_one_replica_continues_when_the_other_is_killed(system: System, registry: Process) -> None:
    second = system.started("registry", 2)
    bob = member(system, "bob")

    for victim, number in ((registry, 1), (second, 2)):
        victim.kill()
        request = Claim(request=new_request(), name=f"rob{number}", secret=bob.secret)
        assert isinstance(bob.request(request), Granted)
        system.started("registry", number)

    assert bob.users().connected == ("bob", "rob1", "rob2")


def test_another_replica_answers_a_repeated_request_in_the_same_way(system: System, registry: Process) -> None:
    bob = Chatter(system.url("client"))
    claim = Claim(request=new_request(), name="bob", secret=bob.secret)
    granted = bob.request(claim)
    system.started("registry", 2)
    registry.kill()
    bob.replies.clear()

    again = bob.request(claim)

    assert (again.session, again.token) == (granted.session, granted.token)


def test_a_client_without_an_answer_asks_again_and_the_room_sees_it_join_once(
    system: System, registry: Process
) -> None:
    bob = Chatter(system.url("client"))
    bob.join()
    claims = [Claim(request=new_request(), name=f"bob{number}", secret=bob.secret) for number in range(100)]
    for claim in claims:
        bob.publish("chat.registry", "registry.commands", encode(claim))
    bob.answer(claims[0].request)
    registry.send(signal.SIGTERM)
    assert registry.popen.wait(10) == 0
    system.started("registry", 2)

    for claim in claims:
        assert isinstance(bob.request(claim), Granted)

    bob.hear(lambda: {("joined", claim.name) for claim in claims} == set(bob.notices()))
    ids = {entry.id: entry for _, entry in bob.entries if isinstance(entry, Notice)}
    assert len(ids) == len(claims)


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
    assert isinstance(Chatter(system.url("client")).claim("bob"), Refused)
    assert registry.lines("snapshot.published")[-1]["offset"] == 0


def test_a_silent_journal_that_ends_before_the_snapshot_is_detected(system: System) -> None:
    chatter = Chatter(system.url("client"))
    known = Journal()
    known.now = time.time_ns() // 1000 + 3600 * SECOND  # from a clock that is ahead
    known.claim("bob", hashlib.sha256(chatter.secret.encode()).hexdigest(), "r1")
    known.state.offset = 1_000
    first = system.started("registry", 1)
    first.kill()
    publish(system, "chat.snapshots", [encode(part) for part in snapshots.parts_of(known.state, "digest")])

    registry = system.started("registry", 2)

    assert registry.lines("stream.diverged")
    assert isinstance(Chatter(system.url("client")).claim("bob"), Refused)
    assert isinstance(chatter.claim("bob"), Granted)


def test_a_replica_that_starts_announces_what_a_dead_replica_did_not(system: System) -> None:
    registry = system.started("registry")
    bob, eve = member(system, "bob"), member(system, "eve")
    eve.join()
    registry.kill()
    publish(
        system, "chat.journal", [encode(Departed(origin="other", time=time.time_ns() // 1000, inbox=bob.inbox.name))]
    )

    system.started("registry", 2)

    eve.hear(lambda: ("lost", "bob") in eve.notices())


def test_a_client_with_an_expired_token_resumes_with_its_secret(system: System) -> None:
    system.started("registry")
    bob = member(system, "bob")
    assert bob.granted
    key = (system.broker.secrets_dir / "registry" / "token_private_key").read_text()
    claims = Claims(
        session=bob.granted.session, name="bob", author=bob.granted.author, partition=bob.granted.partition, expires=1
    )
    expired = mint(claims, key)

    back = bob.request(Resume(request=new_request(), token=expired, secret=bob.secret))

    assert isinstance(back, Granted)
    assert back.session == bob.granted.session
    assert back.expires > time.time_ns() // 1000


def test_a_session_that_has_ended_cannot_list_the_users(system: System) -> None:
    system.started("registry")
    bob = member(system, "bob")
    assert isinstance(bob.exit(), Exited)

    refused = bob.request(ListUsers(request=new_request(), token=bob.token, after=0))

    assert isinstance(refused, Refused)
    assert refused.reason == "invalid_token"


def test_a_replica_starts_from_a_large_snapshot_published_in_parts(system: System) -> None:
    known, names = Journal(), 5 * snapshots.PART_ROWS + 1
    for number in range(names):
        known.claim(f"name{number}", "author", f"r{number}")
    known.state.offset = 0
    with connect(system.url("registry"), "test") as connection:
        topology.declare(connection.channel(), *topology.REGISTRY_QUEUES)
    publish(system, "chat.snapshots", [encode(part) for part in snapshots.parts_of(known.state, "of another journal")])

    first = system.started("registry", 1)  # its marker is the first message of this journal, so a snapshot is due
    until(lambda: first.lines("snapshot.published"))
    second = system.started("registry", 2)

    assert first.lines("snapshot.published")[0]["parts"] == 6
    assert second.lines("registry.ready")[0]["names"] == names
    assert not second.lines("stream.diverged")


def pass_snapshot(system: System, registry: Process) -> tuple[Chatter, list[int]]:
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


def fill_journal(system: System, entries: int) -> None:
    """Append old departures of unknown inboxes."""
    inboxes = [f"inbox.{secrets.token_hex(16)}" for _ in range(entries)]
    publish(system, "chat.journal", [encode(Departed(origin="other", time=1, inbox=inbox)) for inbox in inboxes])


def publish(system: System, exchange: str, bodies: list[bytes]) -> None:
    """Publish to a stream as the registry's broker user."""
    with connect(system.url("registry"), "test") as connection:
        publisher = Publisher(connection.channel())
        for body in bodies:
            publisher.publish(Publication(exchange=exchange, routing_key="", body=body))
        while publisher.unconfirmed:
            connection.drain_events(timeout=10)


def oldest_offset(system: System) -> int:
    """Return the offset of the oldest entry that is still in the journal."""
    offsets: list[int] = []
    with connect(system.url("registry"), "reader") as connection:
        channel: Any = connection.channel()
        channel.basic_qos(0, 1, False)
        channel.basic_consume(
            "registry.journal",
            callback=lambda message: offsets.append(message.headers["x-stream-offset"]),
            arguments={"x-stream-offset": "first"},
        )
        connection.drain_events(timeout=10)
    return offsets[0]


@pytest.mark.usefixtures("registry")
def test_the_room_hears_nothing_of_a_quiet_session_and_the_list_of_users_names_it_apart(system: System) -> None:
    ann, bot = member(system, "ann"), Chatter(system.url("client"))
    ann.join()

    assert isinstance(bot.claim("bot", quiet=True), Granted)
    users = ann.users()
    assert (users.connected, users.disconnected, users.quiet) == (("ann",), (), ("bot",))
    bot.close()
    back = Chatter(system.url("client"), secret=bot.secret)
    assert isinstance(back.claim("Bot"), Granted)
    ann.hear(lambda: ("joined", "Bot") in ann.notices())

    assert ann.notices() == [("joined", "ann"), ("joined", "Bot")]
    assert ann.users().quiet == ()


@pytest.mark.usefixtures("registry")
def test_a_name_that_looks_like_one_in_use_is_refused_and_the_holder_comes_back(system: System) -> None:
    ann, eve = member(system, "ann"), Chatter(system.url("client"))

    refused = eve.claim("\u0430nn")  # the first letter is Cyrillic
    assert (refused.reason, refused.text) == (
        "name_alike",
        "\u0430nn looks like ann, which is in use: choose another name",
    )
    assert eve.claim("ann.").reason == "invalid_name"
    assert eve.claim("@all").reason == "invalid_name"
    assert eve.claim("a11").reason == "reserved_name"
    assert isinstance(ann.claim("Ann"), Granted)
    assert isinstance(eve.claim("eve"), Granted)


def test_of_two_names_that_look_alike_one_wins_when_two_replicas_read_both_at_once(
    system: System, registry: Process
) -> None:
    replicas = [registry, system.started("registry", 2)]
    ann, eve = Chatter(system.url("client")), Chatter(system.url("client"))
    pairs = [(f"name{number}", f"n\u0430me{number}") for number in range(100)]

    for pair in pairs:
        for chatter, name in zip((ann, eve), pair, strict=True):
            body = encode(Claim(request=f"claim of {name}", name=name, secret=chatter.secret))
            chatter.publish("chat.registry", "registry.commands", body)

    for one, other in pairs:
        answers = {type(ann.answer(f"claim of {one}")), type(eve.answer(f"claim of {other}"))}
        assert answers == {Granted, Refused}, one
    assert all(replica.lines("session.claimed") for replica in replicas)


def test_a_replica_replays_a_journal_in_which_an_older_version_granted_names_that_look_alike(system: System) -> None:
    known, holder = Journal(), Chatter(system.url("client"))
    known.now = time.time_ns() // 1000
    for number, name in enumerate(["ann", "\u0430nn", "ann."]):
        author = hashlib.sha256(holder.secret.encode()).hexdigest()
        known.claim(name, author, f"r{number}", holder.inbox.name, distinct=False)
    with connect(system.url("registry"), "test") as connection:
        topology.declare(connection.channel(), *topology.REGISTRY_QUEUES)
    publish(system, "chat.journal", [encode(entry) for entry in known.entries])

    registry = system.started("registry")

    assert registry.lines("registry.ready")[0]["names"] == 3
    for name in ("\u0430nn", "ann."):
        assert isinstance(holder.claim(name), Granted)
    assert Chatter(system.url("client")).claim("ann.").reason == "invalid_name"

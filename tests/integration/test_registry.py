"""Registry replicas on a real broker: names, sessions, departures, and starting again."""

import secrets
import signal
from typing import Any

import orjson
import pytest
from tests.support.chatter import Chatter, new_request
from tests.support.processes import Process, System
from tests.support.wait import until

from chat_wire.codec import encode
from chat_wire.connection import Publication, Publisher, connect
from chat_wire.messages import Claim, Exited, Granted, Refused, Release, Released, Resume, SessionEnded


@pytest.fixture
def registry(system: System) -> Process:
    return system.started("registry")


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


def test_a_session_resumes_after_a_lost_connection_and_its_client_is_told_when_it_is_taken(
    system: System, registry: Process
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


def test_an_operator_releases_a_name(system: System, registry: Process) -> None:
    bob, operator = member(system, "bob"), Chatter(system.url("admin"))

    def release() -> Any:
        request = Release(request=new_request(), name="BOB")
        return operator.request(request, exchange="chat.operator")

    released = release()
    assert isinstance(released, Released)
    assert released.name == "bob"
    bob.hear(lambda: [reply.reason for reply in bob.replies if isinstance(reply, SessionEnded)] == ["released"])
    assert release().reason == "not_held"


def test_what_cannot_be_carried_out_is_refused_and_what_cannot_be_understood_is_kept(
    system: System, registry: Process
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


def test_two_who_claim_one_name_at_one_moment_through_two_replicas_have_one_winner_each_time(system: System) -> None:
    replicas = [system.started("registry", replica) for replica in (1, 2)]
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


def test_a_replica_that_is_killed_leaves_its_work_to_the_other(system: System) -> None:
    first, second = system.started("registry", 1), system.started("registry", 2)
    bob = member(system, "bob")

    for victim, number in ((first, 1), (second, 2)):
        victim.kill()
        request = Claim(request=new_request(), name=f"rob{number}", secret=bob.secret)
        assert isinstance(bob.request(request), Granted)
        system.started("registry", number)

    assert bob.users().connected == ("bob", "rob1", "rob2")


def test_an_answer_is_the_same_when_its_request_comes_again_at_another_replica(system: System) -> None:
    first = system.started("registry", 1)
    bob = Chatter(system.url("client"))
    claim = Claim(request=new_request(), name="bob", secret=bob.secret)
    granted = bob.request(claim)
    system.started("registry", 2)
    first.kill()
    bob.replies.clear()

    again = bob.request(claim)

    assert (again.session, again.token) == (granted.session, granted.token)


def test_a_replica_that_is_stopped_answers_what_it_took(system: System) -> None:
    registry = system.started("registry")
    bob = Chatter(system.url("client"))
    requests = [new_request() for _ in range(100)]
    for number, request in enumerate(requests):
        bob.publish(
            "chat.registry",
            "registry.commands",
            encode(Claim(request=request, name=f"bob{number}", secret=bob.secret)),
        )
    bob.answer(requests[0])

    registry.send(signal.SIGTERM)
    assert registry.popen.wait(10) == 0
    taken = int(100 - system.broker.queue(system.vhost, "registry.commands").get("messages", 0))
    bob.hear(lambda: len(bob.replies) >= taken)

    system.started("registry")
    for request in requests:
        assert isinstance(bob.answer(request), Granted)


def test_a_replica_starts_from_a_snapshot_and_a_journal_that_has_been_trimmed(system: System) -> None:
    system.broker.set_policy(
        system.vhost, "short", "registry.journal", {"max-length-bytes": 200_000, "stream-max-segment-size-bytes": 100_000}
    )
    registry = system.started("registry")
    bob = member(system, "bob")
    fill_journal(system, 9_990)
    others = [Claim(request=new_request(), name=f"rob{number}", secret=bob.secret) for number in range(20)]
    for claim in others:
        assert isinstance(bob.request(claim), Granted)
    until(lambda: registry.lines("snapshot.published")[-1]["offset"] == 10_000)
    fill_journal(system, 1_000)
    registry.kill()

    again = system.started("registry")

    ready = again.lines("registry.ready")[0]
    assert ready["names"] == 21
    assert bob.users().connected[0] == "bob"
    assert oldest_offset(system) > 1


def test_a_journal_that_is_deleted_is_noticed_and_the_names_of_the_snapshot_are_kept(system: System) -> None:
    registry = system.started("registry")
    bob = member(system, "bob")
    fill_journal(system, 9_990)
    for number in range(10):
        bob.request(Claim(request=new_request(), name=f"rob{number}", secret=bob.secret))
    until(lambda: registry.lines("snapshot.published")[-1]["offset"] == 10_000)

    system.broker.delete_queue(system.vhost, "registry.journal")
    until(lambda: len(registry.lines("registry.ready")) == 2, 30)

    assert registry.lines("stream.diverged")
    assert "bob" in bob.users().connected
    assert isinstance(Chatter(system.url("client")).claim("bob"), Refused)
    assert registry.lines("snapshot.published")[-1]["offset"] == 0


def fill_journal(system: System, entries: int) -> None:
    """Append departures of inboxes that nobody knows, as if long ago."""
    connection = connect(system.broker.url("registry", system.vhost), "filler")
    publisher = Publisher(connection.channel())
    for _ in range(entries):
        body = orjson.dumps({"type": "departed", "origin": "other", "time": 1, "inbox": f"inbox.{secrets.token_hex(16)}"})
        publisher.publish(Publication(exchange="chat.journal", routing_key="", body=body))
    while publisher.unconfirmed:
        connection.drain_events(timeout=10)
    connection.release()


def oldest_offset(system: System) -> int:
    """The offset of the oldest entry that is still in the journal."""
    chatter = Chatter(system.url("registry"))
    offsets: list[int] = []
    channel: Any = chatter.connection.channel()
    channel.basic_qos(0, 1, False)
    channel.basic_consume(
        "registry.journal",
        callback=lambda message: offsets.append(message.headers["x-stream-offset"]),
        arguments={"x-stream-offset": "first"},
    )
    chatter.hear(lambda: offsets)
    return offsets[0]

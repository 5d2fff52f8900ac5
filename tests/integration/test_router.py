"""A router on a real broker: posts in, batches and refusals out."""

import signal
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from amqp.exceptions import AccessRefused

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Posts, PostsRefused, SessionEnded
from chat_worker.health import problem
from testkit.chatter import Chatter
from testkit.metrics import free_port, samples
from testkit.processes import System
from testkit.tokens import member
from testkit.wait import until


def refusal(chatter: Chatter) -> PostsRefused:
    chatter.hear(lambda: chatter.replies)
    found = chatter.replies.pop(0)
    assert isinstance(found, PostsRefused)
    return found


def dead_letters(system: System) -> int:
    return int(system.broker.queue(system.vhost, "dead-letters").get("messages_ready", 0))


def test_a_post_reaches_every_member_with_its_time_of_arrival(system: System) -> None:
    router = system.started("router")
    ann, bob = member(system, "ann"), member(system, "bob")
    ann.join()
    bob.join()

    (sent,) = ann.post("hola \U0001f600")

    for chatter in (ann, bob):
        chatter.hear(lambda chatter=chatter: chatter.entries)
        assert list(chatter.heard()) == [(sent, "hola \U0001f600")]
    (entry,) = bob.entries
    assert isinstance(entry[1], Batch)
    assert entry[1].router == router.name
    (line,) = until(lambda: router.lines("batch.published"))
    session, _, sequence = sent.rpartition("-")
    assert (line["runs"], line["server_ts"]) == ([[session, int(sequence), int(sequence)]], entry[1].server_ts)
    assert "hola" not in router.log.read_text()


def test_posts_that_break_a_rule_are_refused_and_the_others_reach_the_room(system: System) -> None:
    router = system.started("router")
    ann, eve = member(system, "ann"), member(system, "eve")
    ann.join()

    ann.post("one", " ", "x" * 4097, "two")
    assert [refusal(ann).sequences, refusal(ann).sequences] == [(2,), (3,)]
    ann.post("nowhere", room="cellar")
    assert refusal(ann).reason == "unknown_room"
    assert eve.granted
    assert ann.granted
    eve.granted = replace(eve.granted, card=ann.card)
    eve.post("I am ann")
    assert refusal(eve).reason == "invalid_token"
    ann.post("three")
    ann.hear(lambda: len(ann.ids()) == 3)
    assert [text for _, text in ann.heard()] == ["one", "two", "three"]
    assert [
        (line["reason"], line.get("user"), [run[1:] for run in line.get("runs", [])])
        for line in router.lines("posts.refused")
    ] == [
        ("invalid_text", "ann", [[2, 2]]),
        ("invalid_text", "ann", [[3, 3]]),
        ("unknown_room", "ann", [[5, 5]]),
        ("invalid_token", None, []),
    ]


def test_messages_without_an_address_go_to_dead_letters_and_to_no_other_queue(system: System) -> None:
    router = system.started("router")
    ann = member(system, "ann")
    assert ann.granted
    key, user = topology.posts_key(3, "lobby"), ann.granted.session

    for body in (b"garbage", b"{}", encode(Posts(card="forged", posts=()))):
        ann.publisher.publish(
            Publication(exchange="chat.posts", routing_key=key, body=body, reply_to="router.posts.3", user_id=user)
        )
    ann.confirmed()

    until(lambda: dead_letters(system) == 3)
    assert {line["reason"] for line in router.lines("delivery.refused")} == {
        "undecodable",
        "unknown_type",
        "invalid_token",
    }
    ann.join()
    (sent,) = ann.post("still there")
    ann.hear(lambda: ann.ids() == [sent])


def test_a_message_reaches_no_other_partition_by_a_further_key(system: System) -> None:
    """RabbitMQ 3.10 does not check the keys in the header CC."""
    router = system.started("router")
    ann = member(system, "ann")
    assert ann.granted
    body = encode(Posts(card=ann.card, posts=(Post(sequence=1, client_ts=0, text="twice"),)))
    publication = Publication(
        exchange="chat.posts",
        routing_key=topology.posts_key(3, "lobby"),
        body=body,
        reply_to=topology.REPLY_TO,
        user_id=ann.granted.session,
        headers={"CC": [topology.posts_key(4, "lobby")]},
    )
    ann.publisher.publish(publication)
    if system.broker.version() >= (4,):
        with pytest.raises(AccessRefused):
            ann.confirmed()
        return
    ann.confirmed()

    assert refusal(ann).reason == "wrong_partition"
    until(lambda: router.lines("batch.published"))
    assert len(router.lines("batch.published")) == 1


def test_posts_without_the_user_that_the_broker_vouches_for_are_refused(system: System) -> None:
    system.started("router")
    ann = member(system, "ann")
    body = encode(Posts(card=ann.card, posts=(Post(sequence=1, client_ts=0, text="x"),)))
    key = topology.posts_key(3, "lobby")
    ann.publisher.publish(Publication(exchange="chat.posts", routing_key=key, body=body, reply_to=topology.REPLY_TO))
    assert refusal(ann).reason == "invalid_token"


def test_every_router_refuses_a_token_whose_session_has_ended(system: System) -> None:
    first = system.started("router")
    ann = member(system, "ann")
    registry = connect(system.url("registry"), "test")
    publisher = Publisher(registry.channel())
    assert ann.granted

    ended = SessionEnded(session=ann.granted.session, expires=ann.granted.expires, reason="exited")
    publisher.publish(Publication(exchange="chat.sessions", routing_key="", body=encode(ended)))

    def refused() -> Any:
        ann.post("am I still here?")
        ann.drain()
        return any(isinstance(reply, PostsRefused) for reply in ann.replies)

    until(refused)
    registry.release()
    first.kill()
    system.started("router", 2)
    (sent,) = ann.post("and now?")
    number = int(sent.rpartition("-")[2])
    ann.hear(lambda: any(number in reply.sequences for reply in ann.replies))


def test_a_session_that_posts_too_fast_is_refused_until_it_slows_down(system: System) -> None:
    system.started("router", POSTS_PER_SECOND="2")
    ann = member(system, "ann")
    ann.join()

    ann.post("one", "two", "three")
    assert refusal(ann) == PostsRefused(
        sequences=(1, 2, 3),
        reason="too_fast",
        text="more than 2 messages a second: wait a moment, then send again",
    )

    (sent,) = ann.post("slowly")
    ann.hear(lambda: ann.ids() == [sent])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_router_that_is_stopped_finishes_its_posts_and_hands_over(system: System, number: signal.Signals) -> None:
    first = system.started("router")
    ann = member(system, "ann")
    ann.join()
    second = system.started("router", 2)
    sent = [each for n in range(20) for each in ann.post(*(f"{n}.{i}" for i in range(50)))]

    first.send(number)

    assert first.popen.wait(10) == 0
    ann.hear(lambda: len(set(ann.ids())) == len(sent), 30)
    assert ann.ids() == sent
    assert second.ready()
    assert [line["event"] for line in first.lines("worker.stopped")] == ["worker.stopped"]


def test_a_router_declares_a_deleted_room_again_and_loses_no_post(system: System) -> None:
    router = system.started("router")
    ann = member(system, "ann")
    system.broker.delete_queue(system.vhost, "room.lobby")

    (sent,) = ann.post("anybody?")
    ann.confirmed()

    until(lambda: router.lines("broker.lost"))
    until(lambda: len(router.lines("router.ready")) == 2)
    ann.join()
    ann.hear(lambda: ann.ids() == [sent])


def test_a_router_takes_the_lowest_free_slot_and_moves_to_a_lower_one(system: System) -> None:
    first, second = system.started("router"), system.started("router")
    assert [router.lines("router.ready")[0]["seat"] for router in (first, second)] == [0, 1]

    first.kill()

    until(lambda: [line["seat"] for line in second.lines("router.ready")] == [1, 0], 30)
    assert system.started("router").lines("router.ready")[0]["seat"] == 1


def test_routers_share_the_partitions_when_one_joins_or_dies(system: System) -> None:
    if system.broker.version() < (4,):
        pytest.skip("RabbitMQ 3 does not hand over to a higher priority")
    routers = [system.started("router") for _ in range(4)]
    until(lambda: shares(system) == [4, 4, 4, 4], 30)

    routers[2].kill()

    until(lambda: shares(system) == [5, 5, 6], 30)


def test_a_router_whose_consumer_the_broker_cancels_says_which_and_consumes_again(system: System) -> None:
    router = system.started("router")
    ann = member(system, "ann")
    queue = f"router.posts.{ann.granted.partition}" if ann.granted else ""

    system.broker.delete_queue(system.vhost, queue)

    (lost,) = until(lambda: router.lines("broker.lost"))
    assert f"cancelled the consumer of {queue}" in lost["error"]
    until(lambda: len(router.lines("router.ready")) == 2)
    ann.join()
    (sent,) = ann.post("hola")
    ann.hear(lambda: ann.ids() == [sent])


def test_a_router_is_not_ready_if_sixteen_others_have_all_partitions(system: System) -> None:
    others = connect(system.url("router"), "test")
    channel: Any = others.channel()
    for slot in topology.SLOTS:
        slot(channel).declare()

    router = system.start("router")

    until(lambda: "no partition is left" in str(problem(router.health)), 30)
    others.release()


def test_a_router_counts_posts_and_measures_their_way_to_the_room(system: System) -> None:
    port = free_port()
    system.started("router", METRICS_PORT=str(port), POSTS_PER_SECOND="3")
    ann = member(system, "ann")
    ann.join()

    ann.post("one", " ", "two")
    ann.hear(lambda: len(ann.ids()) == 2)
    ann.post("three", "four")
    assert [refusal(ann).reason, refusal(ann).reason] == ["invalid_text", "too_fast"]

    until(lambda: samples(port)["tertulia_router_batches_total"] == 1)
    found = samples(port)
    assert {name: found[f"tertulia_{name}"] for name in COUNTED} == COUNTED
    assert 0 < found["tertulia_router_post_to_room_seconds_sum"] < 5


COUNTED = {
    "ready": 1.0,
    "router_posts_received_total": 5.0,
    "router_posts_published_total": 2.0,
    "router_posts_repeated_total": 0.0,
    "router_batches_total": 1.0,
    "router_post_to_room_seconds_count": 1.0,
    'refusals_total{reason="invalid_text"}': 1.0,
    'refusals_total{reason="too_fast"}': 2.0,
}


def shares(system: System) -> list[int]:
    """Return how many partitions each router has, which has both queues of each; [] while that is not so."""
    new, former = owners(system, "router.posts."), owners(system, "router.ingress.")
    return sorted(Counter(new.values()).values()) if new == former else []


def owners(system: System, prefix: str) -> dict[str, str]:
    """Return the connection that has the active consumer of each partition."""
    return {
        consumer["queue"]["name"].removeprefix(prefix): str(consumer["channel_details"].get("connection_name"))
        for consumer in system.broker.call("GET", f"consumers/{system.vhost}")
        if consumer["queue"]["name"].startswith(prefix) and consumer["activity_status"] == "single_active"
    }

"""Nobody can hold up a service by the place where its answers go."""

import secrets
import signal
import time
from collections.abc import Iterator
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication
from chat_wire.codec import encode
from chat_wire.messages import Granted, Post, Posts, Resume
from chat_worker import metrics
from chat_worker.broker import Broker
from chat_worker.reply_addresses import own_address
from testkit.broker import TestBroker
from testkit.chatter import new_request
from testkit.forged_addresses import forged_addresses
from testkit.former import FormerChatter, former_member
from testkit.processes import System
from testkit.proxy import proxy_to
from testkit.tokens import member
from testkit.wait import until

ANSWERS = 5
MISSING = f"inbox.{'0' * 32}"
INVALID_POSTS = encode(Posts(token="forged", room="lobby", posts=(Post(sequence=1, client_ts=0, text="x"),)))


def stream_of_tiny_segments(chatter: FormerChatter) -> str:
    """Declare an inbox that never confirms a message: a stream whose segments hold 1 byte."""
    name = f"inbox.{secrets.token_hex(16)}"
    arguments = {"x-queue-type": "stream", "x-stream-max-segment-size-bytes": 1}
    channel: Any = chatter.connection.channel()
    channel.queue_declare(name, durable=True, exclusive=False, auto_delete=False, arguments=arguments)
    return name


def send(chatter: FormerChatter, exchange: str, key: str, body: bytes, reply_to: str) -> None:
    publication = Publication(exchange=exchange, routing_key=key, body=body, reply_to=reply_to)
    for _ in range(ANSWERS):
        chatter.publisher.publish(publication)
    chatter.confirmed()


def test_an_inbox_that_never_confirms_does_not_keep_the_posts_of_others_waiting(system: System) -> None:
    router = system.started("router")
    eve, ann = former_member(system, "eve"), former_member(system, "ann")
    ann.join()
    send(eve, "chat.ingress", "3", INVALID_POSTS, stream_of_tiny_segments(eve))
    until(lambda: len(router.lines("posts.refused")) == ANSWERS)

    said = ann.post("hello")

    ann.hear(lambda: ann.ids() == said, 1)


def test_an_inbox_that_never_confirms_does_not_keep_claims_waiting(system: System) -> None:
    system.started("registry")
    eve, ann = FormerChatter(system.url("former-client")), FormerChatter(system.url("former-client"))
    forged = encode(Resume(request=new_request(), token="forged"))
    send(eve, "chat.registry", "registry.commands", forged, stream_of_tiny_segments(eve))

    begun = time.monotonic()
    answer = ann.claim("ann")

    assert isinstance(answer, Granted)
    assert time.monotonic() - begun < 1


@pytest.fixture
def url(broker: TestBroker, vhost: str) -> str:
    return broker.url("registry", vhost)


@pytest.fixture
def client(broker: TestBroker, vhost: str) -> Iterator[FormerChatter]:
    chatter = FormerChatter(broker.url("former-client", vhost))
    yield chatter
    chatter.close()


def answer(address: str, body: bytes = b'{"type":"probe"}', *, mandatory: bool = False) -> Publication:
    return Publication(exchange="", routing_key=address, body=body, mandatory=mandatory)


def test_an_answer_to_a_client_that_has_gone_is_dropped(url: str, client: FormerChatter) -> None:
    gone = f"{topology.REPLY_TO}.{secrets.token_hex(16)}"
    with Broker(url, "worker", Event(), lambda: None) as worker:
        worker.publish([answer(gone), answer(MISSING), answer(client.inbox)])
        assert worker.confirm() == []
        client.hear(lambda: client.replies)
        worker.wait(0)
        assert worker.confirm() == []


def test_a_mandatory_answer_comes_back_without_being_waited_for(url: str, client: FormerChatter) -> None:
    with Broker(url, "worker", Event(), lambda: None) as worker:
        worker.publish([answer(MISSING, mandatory=True), answer(client.inbox, mandatory=True)])
        returned = worker.confirm()

        def came_back() -> bool:
            worker.wait(0.1)
            returned.extend(worker.confirm())
            return bool(returned)

        until(came_back)
        assert returned == [("", MISSING)]


def test_an_answer_follows_the_confirms_of_its_round(url: str, client: FormerChatter) -> None:
    with Broker(url, "worker", Event(), lambda: None) as worker:
        worker.declare(topology.JOURNAL_STREAM)
        entry = Publication(exchange=topology.JOURNAL.name, routing_key="", body=b"{}")
        worker.publish([answer(client.inbox), entry])
        client.drain()
        assert client.replies == []
        worker.confirm()
        client.hear(lambda: client.replies)


def test_answers_into_a_silent_network_are_dropped_and_hold_nothing_up(url: str, client: FormerChatter) -> None:
    parts = urlsplit(url)
    with proxy_to(parts.hostname or "", parts.port or 0) as proxy:
        near = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}").geturl()
        with Broker(near, "worker", Event(), lambda: None) as worker:
            # given
            proxy.open.clear()
            before = metrics.ANSWERS_DROPPED._value.get()
            large = [answer(MISSING, b" " * 250_000) for _ in range(200)]

            # when
            begun = time.monotonic()
            with capture_logs() as logs:
                worker.publish(large)
                worker.confirm()

            # then
            assert time.monotonic() - begun < 3
            assert metrics.ANSWERS_DROPPED._value.get() > before
            assert [line["event"] for line in logs] == ["answers.disconnected", "answers.dropped"]

            # when
            proxy.open.set()

            # then
            def answered() -> bool:
                worker.publish([answer(client.inbox)])
                worker.wait(0.1)
                worker.confirm()
                client.drain()
                return bool(client.replies)

            until(answered, 30)


def test_a_forged_reply_address_disconnects_nobody(system: System) -> None:
    """RabbitMQ 3.10 closes the connection that publishes to an address that it has not made."""
    router = system.started("router")
    ann = member(system, "ann")
    assert ann.granted
    ann.post(" ")
    ann.hear(lambda: ann.replies)
    key, user = topology.posts_key(3, "lobby"), ann.granted.session
    with connect(system.url("router"), "test") as connection:
        own = own_address(connection)
    for address in forged_addresses(own):
        ann.publisher.publish(
            Publication(exchange="chat.posts", routing_key=key, body=INVALID_POSTS, reply_to=address, user_id=user)
        )
    ann.confirmed()
    until(lambda: len(router.lines("posts.refused")) == 1 + len(forged_addresses(own)))

    ann.post(" ")

    ann.hear(lambda: len(ann.replies) == 2)
    assert not router.lines("answers.disconnected")


def test_answers_to_members_that_have_gone_keep_nobody_waiting(system: System) -> None:
    # given
    router = system.started("router")
    ann = member(system, "ann")
    ann.join()
    gone = [member(system, f"eve{n}") for n in range(ANSWERS)]
    router.send(signal.SIGSTOP)
    for each in gone:
        each.post(" ")
        each.confirmed()
        each.close()

    # when
    router.send(signal.SIGCONT)
    (said,) = ann.post("hello")

    # then
    ann.hear(lambda: ann.ids() == [said], 5)
    assert len(router.lines("posts.refused")) == ANSWERS
    assert not router.lines("answers.disconnected")

"""The router's service on one connection after another, without a broker."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kombu.entity import Queue

from chat_amqp.publisher import Publication
from chat_router import service
from chat_router.__main__ import build
from chat_router.service import RouterService
from chat_tokens.access import Card, write_card
from chat_tokens.tokens import Claims, mint, public_half
from chat_wire.codec import decode, encode
from chat_wire.limits import PARTITIONS
from chat_wire.messages import Batch, Post, Posts
from chat_wire.names import sender_id
from chat_worker.broker import Broker
from chat_worker.clock import steady
from chat_worker.delivery import Delivery, Source
from chat_worker.metrics import REGISTRY

PRIVATE_KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SECOND = 1_000_000
PUBLIC_KEY = public_half(PRIVATE_KEY)
EXPIRES = 2_000_000_000 * SECOND
TOKEN = mint(Claims(session="s", name="Ana", author="a", partition=3, expires=EXPIRES), PRIVATE_KEY)
CARD = write_card(Card(session="s", name="Ana", author="a"), PRIVATE_KEY)


class FakeBroker:
    """A broker whose slots are all free, or all taken."""

    def __init__(self, free: bool = True) -> None:
        """Create a broker without consumers."""
        self.free = free
        self.sources: list[Source] = []

    def declare(self, *queues: Queue) -> None:
        pass

    def hold(self, _queue: Queue) -> bool:
        return self.free

    def consume(self, source: Source) -> None:
        self.sources.append(source)


def posted(*sequences: int, queue: str = "router.posts.3", **others: Any) -> Delivery:
    """Return a delivery of posts as a session sends them."""
    return delivered(message(*sequences, card=CARD), queue, **others)


def message(*sequences: int, card: str = "", token: str = "", room: str = "") -> Posts:
    return Posts(
        posts=tuple(Post(sequence=sequence, client_ts=0, text="hola") for sequence in sequences),
        card=card,
        token=token,
        room=room,
    )


def delivered(
    message: Posts | bytes, queue: str, key: str = "3.room.lobby", user: str | None = "s", reply_to: str | None = None
) -> Delivery:
    return Delivery(
        body=message if isinstance(message, bytes) else encode(message),
        queue=queue,
        exchange="chat.posts",
        routing_key=key,
        reply_to=reply_to,
        headers={},
        offset=None,
        redelivered=False,
        arrived=steady(),
        user_id=user,
    )


def started(broker: FakeBroker) -> RouterService:
    """Return the service on new connections, which has read the sessions that have ended."""
    make_service = build({"TOKEN_PUBLIC_KEY": PUBLIC_KEY}, "router-1")
    router = cast("RouterService", make_service(cast("Broker", broker)))
    [marker] = router.start()
    [ended] = broker.sources
    list(ended.handle([delivered(marker.body, "sessions.ended")]))
    return router


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"tertulia_{name}", labels) or 0.0


def routed(router: RouterService, sequence: int) -> Batch:
    """Return the batch for a post."""
    [publication] = router.route([posted(sequence)])
    return decode(publication.body, Batch)


def test_after_a_reconnect_arrival_times_do_not_decrease_and_a_redelivered_post_is_routed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_service = build({"TOKEN_PUBLIC_KEY": PUBLIC_KEY}, "router-1")
    batches = []
    for time in (20 * SECOND, 10 * SECOND):  # the wall clock is set back meanwhile
        monkeypatch.setattr(service, "now", lambda time=time: time)
        router = make_service(cast("Broker", FakeBroker()))
        router.start()
        batches.append(routed(cast("RouterService", router), sequence=1))

    assert [batch.server_ts for batch in batches] == [20 * SECOND, 20 * SECOND]
    assert batches[0].runs == batches[1].runs


def test_a_router_that_has_not_read_the_ended_sessions_says_so() -> None:
    make_service = build({"TOKEN_PUBLIC_KEY": PUBLIC_KEY}, "router-1")
    router = make_service(cast("Broker", FakeBroker()))
    router.start()

    assert router.health()["ready"] is False
    assert "the router reads which sessions have ended" in router.health()["reason"]


@pytest.mark.parametrize("free", [True, False])
def test_a_router_is_ready_unless_sixteen_others_have_all_partitions(free: bool) -> None:
    health = started(FakeBroker(free)).health()

    assert health["ready"] is free
    assert ("no partition is left" in health.get("reason", "")) is not free


def test_posts_count_when_the_broker_has_confirmed_them() -> None:
    broker = FakeBroker()
    router = started(broker)
    names = ("posts_received_total", "posts_published_total", "batches_total", "post_to_room_seconds_count")

    def counts() -> list[float]:
        return [counted(f"router_{name}") for name in names]

    before = counts()
    router.route([posted(*range(1, 257)), posted(257, 258), posted(1)])
    unconfirmed = counts()
    for source in broker.sources[1:]:
        assert source.on_confirmed
        source.on_confirmed()

    assert [after - first for first, after in zip(before, unconfirmed, strict=True)] == [0, 0, 0, 0]
    assert [after - first for first, after in zip(before, counts(), strict=True)] == [259, 258, 2, 2]


def test_refused_and_repeated_posts_are_counted() -> None:
    router = started(FakeBroker())
    names = ("router_posts_repeated_total", "refusals_total")
    before = [counted(names[0]), counted(names[1], reason="wrong_partition")]

    router.route([posted(1, 2), posted(1, 2), posted(1, 2, 3, queue="router.posts.4")])

    assert [counted(names[0]), counted(names[1], reason="wrong_partition")] == [before[0] + 2, before[1] + 3]


def refused(publications: Sequence[Publication]) -> list[str]:
    """Return the reasons of dead letters; nobody in these tests names an address for an answer."""
    assert all(each.exchange == "chat.dead" for each in publications)
    return [each.headers["reason"] for each in publications]


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (posted(1, user=None), "invalid_token"),
        (posted(1, user="another"), "invalid_token"),
        (delivered(message(1, card=TOKEN), "router.posts.3"), "invalid_token"),
        (delivered(message(1), "router.posts.3"), "invalid_token"),
        (posted(1, queue="router.posts.4"), "wrong_partition"),
        (posted(1, key="3.room.cellar"), "unknown_room"),
        (posted(1, key="3.cellar"), "unknown_room"),
        (delivered(message(1, token=TOKEN, room="lobby"), "router.posts.3"), "invalid_token"),
    ],
)
def test_posts_of_a_session_need_its_user_its_card_its_partition_and_a_room(delivery: Delivery, reason: str) -> None:
    assert refused(started(FakeBroker()).route([delivery])) == [reason]


FORMER = message(1, token=TOKEN, room="lobby")


@pytest.mark.parametrize(
    ("posts", "queue", "reason"),
    [
        (FORMER, "router.ingress.4", "wrong_partition"),
        (message(1, card=CARD, room="lobby"), "router.ingress.3", "invalid_token"),
        (message(1, token=TOKEN), "router.ingress.3", "unknown_room"),
    ],
)
def test_posts_of_a_former_client_need_its_token_its_partition_and_a_room(
    posts: Posts, queue: str, reason: str
) -> None:
    assert refused(started(FakeBroker()).route_former([delivered(posts, queue, key="3", user="client")])) == [reason]


def test_posts_of_a_former_client_are_refused_once_its_token_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    router = started(FakeBroker())
    monkeypatch.setattr(service, "now", lambda: EXPIRES)
    assert refused(router.route_former([delivered(FORMER, "router.ingress.3", key="3")])) == ["invalid_token"]


def test_a_room_sees_a_name_and_an_id_that_says_nothing_about_other_names() -> None:
    router = started(FakeBroker())
    batches = router.route([posted(1)]) + router.route_former(
        [delivered(message(2, token=TOKEN, room="lobby"), "router.ingress.3")]
    )
    runs = [run for batch in batches for run in decode(batch.body, Batch).runs]
    assert [(run.session, run.user, run.author) for run in runs] == [("s", "Ana", sender_id("a", "ana"))] * 2


def test_a_router_has_one_priority_for_both_queues_of_a_partition() -> None:
    broker = FakeBroker()
    started(broker)
    priorities = {source.queue: source.priority for source in broker.sources[1:]}
    assert len(priorities) == 2 * PARTITIONS
    for partition in range(PARTITIONS):
        assert priorities[f"router.posts.{partition}"] == priorities[f"router.ingress.{partition}"]

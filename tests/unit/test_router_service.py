"""The router's service on one connection after another, without a broker."""

from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kombu.entity import Queue

from chat_router import service
from chat_router.__main__ import build
from chat_router.service import RouterService
from chat_tokens.tokens import Claims, mint, public_half
from chat_wire.codec import decode, encode
from chat_wire.messages import Batch, Post, Posts
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source

PRIVATE_KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SECOND = 1_000_000
TOKEN = mint(Claims(session="s", name="ana", author="a", partition=3, expires=100 * SECOND), PRIVATE_KEY)


class FakeBroker:
    """A broker whose slots are all free."""

    def declare(self, *queues: Queue) -> None:
        pass

    def hold(self, _queue: Queue) -> bool:
        return True

    def consume(self, source: Source) -> None:
        pass


def posted(sequence: int) -> Delivery:
    message = Posts(token=TOKEN, room="lobby", posts=(Post(sequence=sequence, client_ts=0, text="hola"),))
    return Delivery(
        body=encode(message),
        queue="router.ingress.3",
        exchange="chat.ingress",
        routing_key="3",
        reply_to=None,
        headers={},
        offset=None,
        redelivered=False,
    )


def routed(router: RouterService, sequence: int) -> Batch:
    """Return the batch for a post."""
    [publication] = router.route([posted(sequence)])
    return decode(publication.body, Batch)


def test_after_a_reconnect_arrival_times_do_not_decrease_and_a_redelivered_post_is_routed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_service = build({"TOKEN_PUBLIC_KEY": public_half(PRIVATE_KEY)}, "router-1")
    batches = []
    for time in (20 * SECOND, 10 * SECOND):  # the wall clock is set back meanwhile
        monkeypatch.setattr(service, "now", lambda time=time: time)
        router = make_service(cast("Broker", FakeBroker()))
        router.start()
        batches.append(routed(cast("RouterService", router), sequence=1))

    assert [batch.server_ts for batch in batches] == [20 * SECOND, 20 * SECOND]
    assert batches[0].runs == batches[1].runs

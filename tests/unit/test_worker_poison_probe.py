"""A child process handles redelivered deliveries before the worker does."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_worker import poison_probe
from chat_worker.delivery import Delivery, Source

INBOX = "inbox." + "0" * 32
ENDS: dict[bytes, tuple[str, Callable[[], object]]] = {
    b"exit": ("status 3", lambda: os._exit(3)),
    b"raise": ("status 1", lambda: 1 / 0),
    b"leave": ("status 1", lambda: exec("raise SystemExit(0)")),
    b"kill": ("SIGKILL", lambda: os.kill(os.getpid(), signal.SIGKILL)),
    b"hang": ("SIGPROF", lambda: exec("while True: pass")),
}


def delivery(body: bytes, count: Any = poison_probe.SUSPECT_AFTER, redelivered: bool = True) -> Delivery:
    return Delivery(
        body=body,
        queue="router.ingress.3",
        exchange="chat.ingress",
        routing_key="3",
        reply_to=INBOX,
        headers={"x-delivery-count": count},
        offset=None,
        redelivered=redelivered,
    )


class Handler:
    """Passes deliveries on and remembers them; some crash it."""

    def __init__(self) -> None:
        """Make a handler that has handled nothing."""
        self.handled: list[bytes] = []
        self.calls = 0

    def __call__(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        self.calls += 1
        for each in deliveries:
            if each.body in ENDS:
                ENDS[each.body][1]()
            if each.body == b"unconfirmed":
                raise Unconfirmed("not of the delivery's making")
            self.handled.append(each.body)
            yield Publication(exchange="chat.rooms", routing_key="lobby", body=each.body)


def handled(handler: Handler, *deliveries: Delivery, probing_allowed: bool = True) -> list[tuple[str, bytes]]:
    source = Source(queue="router.ingress.3", handle=handler, probe_poison=probing_allowed)
    return [(each.exchange, each.body) for each in poison_probe.handle(source, deliveries)]


@pytest.mark.parametrize("poison", ENDS)
def test_a_poison_message_goes_to_dead_letters_and_its_sender_receives_a_refusal(poison: bytes) -> None:
    source = Source(queue="router.ingress.3", handle=Handler())
    letter, refusal = poison_probe.handle(source, [delivery(poison)])
    assert (letter.exchange, letter.body, letter.reply_to) == ("chat.dead", poison, INBOX)
    assert letter.headers["reason"] == "crashes_worker"
    assert ENDS[poison][0] in letter.headers["text"]
    assert refusal.routing_key == INBOX


def test_the_worker_handles_the_other_deliveries_once_and_in_order() -> None:
    handler = Handler()
    bodies = [b"1", b"exit", b"2", b"raise", b"exit", b"3"]
    out = handled(handler, *map(delivery, bodies), delivery(b"4", 0, redelivered=False))
    assert [body for exchange, body in out if exchange == "chat.rooms"] == [b"1", b"2", b"3", b"4"]
    assert [body for exchange, body in out if exchange == "chat.dead"] == [b"exit", b"raise", b"exit"]
    assert (handler.handled, handler.calls) == ([b"1", b"2", b"3", b"4"], 1)


@pytest.mark.parametrize(
    "harmless",
    [
        delivery(b"raise", poison_probe.SUSPECT_AFTER - 1),
        delivery(b"raise", "many"),
        delivery(b"raise", redelivered=False),
    ],
)
def test_a_delivery_that_came_less_often_is_not_probed_whatever_its_headers_say(harmless: Delivery) -> None:
    with pytest.raises(ZeroDivisionError):
        handled(Handler(), harmless)


def test_a_source_can_forbid_the_poison_probe() -> None:
    with pytest.raises(ZeroDivisionError):
        handled(Handler(), delivery(b"raise"), probing_allowed=False)


def test_an_error_of_the_broker_does_not_make_a_delivery_poison() -> None:
    with pytest.raises(Unconfirmed):
        handled(Handler(), delivery(b"unconfirmed"))


def test_a_signal_to_stop_during_a_probe_is_not_a_crash() -> None:
    def stop_all(deliveries: Sequence[Delivery]) -> list[Publication]:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        return [Publication(exchange="chat.rooms", routing_key="lobby", body=each.body) for each in deliveries]

    parent = os.getpid()
    (out,) = poison_probe.handle(Source(queue="q", handle=stop_all), [delivery(b"1")])
    assert out.body == b"1"

"""The broker in alarm blocks publishers: services wait for its end, for longer than the heartbeat timeout."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from chat_amqp.connection import HEARTBEAT_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_worker.broker import Broker
from chat_worker.health import problem
from testkit.chatter import Chatter
from testkit.metrics import free_port, samples
from testkit.processes import system_in
from testkit.rabbitmq import Node, running_node
from testkit.tokens import member
from testkit.wait import until


def set_disk_limit(node: Node, limit: str, meanwhile: Chatter) -> None:
    """Set the limit while a chatter sends heartbeats: on a busy machine it takes longer than the heartbeat timeout."""
    with ThreadPoolExecutor() as pool:
        done = pool.submit(node.rabbitmqctl, "set_disk_free_limit", limit)
        meanwhile.hear(done.done, 60)
        done.result()


def reports_while_it_waits(url: str) -> None:
    """Check that a worker with more to publish than buffers hold exchanges heartbeats, and reports, in an alarm."""
    heartbeats: list[float] = []
    stopping = Event()

    def publish() -> None:
        with Broker(url, "worker", stopping, lambda: heartbeats.append(time.monotonic())) as broker:
            broker.publish([Publication(exchange="chat.rooms", routing_key="lobby", body=b"x" * 200_000)] * 100)
            broker.confirm()

    with ThreadPoolExecutor() as pool:
        done = pool.submit(publish)
        try:
            until(lambda: len(heartbeats) >= 5, 15)
        finally:
            stopping.set()
        with pytest.raises(Unconfirmed):
            done.result()


@pytest.mark.timeout(240)
def test_a_router_waits_out_an_alarm_and_can_be_stopped_during_one(secrets_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    with running_node(tmp_path / "node") as node, system_in(node.broker(secrets_dir), "/", tmp_path) as system:
        port = free_port()
        router = system.started("router", METRICS_PORT=str(port))
        ann = member(system, "ann")
        ann.join()
        router.send(signal.SIGSTOP)
        (sent,) = ann.post("during the alarm")
        ann.confirmed()
        set_disk_limit(node, "9000GB", ann)
        router.send(signal.SIGCONT)
        until(lambda: router.lines("broker.blocked"), 30)

        begun = time.monotonic()
        ann.hear(lambda: time.monotonic() > begun + 2.5 * HEARTBEAT_SECONDS, 60)
        reason = problem(router.health) or ""
        assert reason.startswith("not ready: the broker is in alarm and takes no messages: ")
        metrics = samples(port)
        assert (metrics["tertulia_broker_blocked"], metrics["tertulia_ready"]) == (1, 0)
        assert metrics["tertulia_unconfirmed"] > 0
        assert not router.lines("broker.lost")
        reports_while_it_waits(system.url("router"))
        set_disk_limit(node, "50MB", ann)
        ann.hear(lambda: ann.ids() == [sent], 30)
        until(router.ready, 10)
        until(lambda: samples(port)["tertulia_ready"], 10)
        assert samples(port)["tertulia_broker_blocked"] == 0

        router.send(signal.SIGSTOP)
        ann.post("never mind")
        ann.confirmed()
        set_disk_limit(node, "9000GB", ann)
        router.send(signal.SIGCONT)
        until(lambda: len(router.lines("broker.blocked")) == 2, 30)
        router.send(signal.SIGTERM)
        assert router.popen.wait(20) == 0
        set_disk_limit(node, "50MB", ann)

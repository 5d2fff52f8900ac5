"""Three RabbitMQ nodes that are one broker, each with a network of its own that can be cut.

    replicas, clients ── 10.77.0.1 ── bridge ──┬── 10.77.0.11 node
                                               ├── 10.77.0.12 node
                                               └── 10.77.0.13 node

All of it is in a network namespace of our own (see isolation.py), and each node in another within.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testkit.broker import TestBroker
from testkit.rabbitmq import Node
from testkit.wait import until
from tests.faults.network import run

BRIDGE = "nodes"
NUMBERS = (1, 2, 3)
WHOLE_SECONDS = 90
TICK_SECONDS = 10  # who is silent for as long is lost to the other nodes
COOKIE = ".erlang.cookie"
# pause_minority: a node that is left with less than half of all lets go of its clients. RabbitMQ 4.3 has it no more.
CONFIG = """\
loopback_users.guest = false
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = chat@{first}
cluster_partition_handling = pause_minority
queue_leader_locator = balanced
net_ticktime = {tick}
"""


class ClusterNode(Node):
    """A node of the cluster. `keeper` is a process that is in its network namespace."""

    def __init__(self, directory: Path, number: int, keeper: int) -> None:
        self._number = number
        self._network = ["nsenter", "--target", str(keeper), "--net"]
        super().__init__(directory, address(number), self._network)

    @contextmanager
    def cut_from_nodes(self) -> Iterator[None]:
        """It neither hears the other nodes nor is heard by them; its clients it has still."""
        with ExitStack() as undo:
            for other in NUMBERS:
                if other != self._number:
                    for rule in (("INPUT", "--source", address(other)), ("OUTPUT", "--destination", address(other))):
                        run(*self._network, "iptables", "-w", "--append", *rule, "--jump", "DROP")
                        undo.callback(run, *self._network, "iptables", "-w", "--delete", *rule, "--jump", "DROP")
            yield

    @contextmanager
    def cut_from_all(self) -> Iterator[None]:
        """Nothing goes to it or comes from it; nobody is told."""
        run("ip", "link", "set", f"node{self._number}", "down")
        try:
            yield
        finally:
            run("ip", "link", "set", f"node{self._number}", "up")


def address(number: int) -> str:
    """The address of the node with this number."""
    return f"10.77.0.{10 + number}"


@contextmanager
def cluster(directory: Path) -> Iterator[list[Node]]:
    """Three nodes that are one broker; stopped in the end."""
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "add", "10.77.0.1/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    with ExitStack() as ending:
        nodes: list[Node] = []
        for number in NUMBERS:
            keeper = ending.enter_context(_network(number))
            member = ClusterNode(_place(directory, number), number, keeper)
            ending.callback(member.stop)
            member.start()  # one after the other: each joins the first
            nodes.append(member)
        yield nodes


@contextmanager
def _network(number: int) -> Iterator[int]:
    """A network namespace with the address of a node, on the bridge; yields a process that keeps it."""
    outside, inside = f"node{number}", "eth0"
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as keeper:
        try:
            own = ["nsenter", "--target", str(keeper.pid), "--net"]
            until(lambda: Path(f"/proc/{keeper.pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink())
            peer = ["peer", "name", inside, "netns", str(keeper.pid)]
            run("ip", "link", "add", outside, "type", "veth", *peer)
            run("ip", "link", "set", outside, "master", BRIDGE, "up")
            run(*own, "ip", "address", "add", f"{address(number)}/24", "dev", inside)
            for each in ("lo", inside):
                run(*own, "ip", "link", "set", each, "up")
            yield keeper.pid
        finally:
            keeper.kill()


def _place(directory: Path, number: int) -> Path:
    """The directory of a node, with what makes it one of three."""
    place = directory / f"node{number}"
    (place / "conf.d").mkdir(parents=True)
    (place / "conf.d" / "cluster.conf").write_text(CONFIG.format(first=address(1), tick=TICK_SECONDS))
    (place / COOKIE).write_text("tertulia")
    (place / COOKIE).chmod(0o400)
    return place


def broker_of(nodes: Sequence[Node], secrets_dir: Path) -> TestBroker:
    """The broker on all nodes, with the chat's users."""
    made = [node.broker(secrets_dir) for node in nodes]
    return TestBroker(";".join(each.amqp_url for each in made), made[0].management_url, secrets_dir)


def wait_until_whole(broker: TestBroker, nodes: int) -> None:
    """Wait until every queue and stream has all its replicas again; raises AssertionError."""

    def whole() -> bool:
        try:
            queues = broker.call("GET", "queues")
        except OSError:  # it is a part of the node that starts
            return False
        return all(len(queue.get("online", ())) == nodes for queue in queues if queue["type"] in ("quorum", "stream"))

    until(whole, WHOLE_SECONDS, "all nodes have all queues and streams")

"""A broker of three RabbitMQ nodes, each with a network of its own that a fault can cut.

    replicas, clients ── 10.77.0.1 ── bridge ──┬── 10.77.0.11 node
                                               ├── 10.77.0.12 node
                                               └── 10.77.0.13 node

All of it is in the network namespace of the run (see isolation.py). Each node has another one within it.
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
TICK_SECONDS = 10  # the nodes give up a node that is silent for this long
COOKIE = ".erlang.cookie"
# pause_minority: a node that reaches less than half of all nodes drops its clients. RabbitMQ 4.3 has no such setting.
CONFIG = """\
loopback_users.guest = false
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = chat@{first}
cluster_partition_handling = pause_minority
queue_leader_locator = balanced
net_ticktime = {tick}
"""


class ClusterNode(Node):
    """A node of the cluster, in a network namespace of its own."""

    def __init__(self, directory: Path, number: int, keeper: int) -> None:
        """Create the node; `start` starts it.

        Args:
            directory: The directory of its files.
            number: Its number, from 1 on.
            keeper: The id of a process in its network namespace.
        """
        self._number = number
        self._network = ["nsenter", "--target", str(keeper), "--net"]
        super().__init__(directory, address(number), self._network)

    @contextmanager
    def cut_from_nodes(self) -> Iterator[None]:
        """Cut the network between the node and the other nodes, but not to its clients."""
        with ExitStack() as undo:
            for other in NUMBERS:
                if other != self._number:
                    for rule in (("INPUT", "--source", address(other)), ("OUTPUT", "--destination", address(other))):
                        run(*self._network, "iptables", "-w", "--append", *rule, "--jump", "DROP")
                        undo.callback(run, *self._network, "iptables", "-w", "--delete", *rule, "--jump", "DROP")
            yield

    @contextmanager
    def cut_from_all(self) -> Iterator[None]:
        """Drop all packets to and from the node silently."""
        run("ip", "link", "set", f"node{self._number}", "down")
        try:
            yield
        finally:
            run("ip", "link", "set", f"node{self._number}", "up")


def address(number: int) -> str:
    """Return the address of a node."""
    return f"10.77.0.{10 + number}"


@contextmanager
def cluster(directory: Path) -> Iterator[list[Node]]:
    """Start a broker of three nodes, and stop it in the end."""
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "add", "10.77.0.1/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    with ExitStack() as ending:
        nodes: list[Node] = []
        for number in NUMBERS:
            keeper = ending.enter_context(_network(number))
            node = ClusterNode(_prepared(directory, number), number, keeper)
            ending.callback(node.stop)
            node.start()  # one after the other: each joins the first
            nodes.append(node)
        yield nodes


@contextmanager
def _network(number: int) -> Iterator[int]:
    """Make a network namespace with the address of a node, on the bridge; yield the process that keeps it."""
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


def _prepared(directory: Path, number: int) -> Path:
    """Write the configuration and the cookie of a cluster node, and return its directory."""
    place = directory / f"node{number}"
    (place / "conf.d").mkdir(parents=True)
    (place / "conf.d" / "cluster.conf").write_text(CONFIG.format(first=address(1), tick=TICK_SECONDS))
    (place / COOKIE).write_text("tertulia")
    (place / COOKIE).chmod(0o400)
    return place


def broker_of(nodes: Sequence[Node], secrets_dir: Path) -> TestBroker:
    """Return the broker on all nodes, with the users of the chat."""
    single = [node.broker(secrets_dir) for node in nodes]
    return TestBroker(";".join(each.amqp_url for each in single), single[0].management_url, secrets_dir)


def wait_until_whole(broker: TestBroker, nodes: int) -> None:
    """Wait until every queue and stream has all its replicas online; raises AssertionError after 90 s."""

    def has_all_replicas() -> bool:
        try:
            queues = broker.call("GET", "queues")
        except OSError:  # the management API starts with its node
            return False
        return all(len(queue.get("online", ())) == nodes for queue in queues if queue["type"] in ("quorum", "stream"))

    until(has_all_replicas, WHOLE_SECONDS, "all nodes have all queues and streams")

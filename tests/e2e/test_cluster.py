"""The chat on three nodes survives the loss of any one; runs only with TEST_CLUSTER=1, as it takes some minutes."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from testkit.compose import Project, said_in, talking, texts_of
from testkit.wait import until

CHAT = Project("chat-cluster-test", ("compose.yaml", "compose.cluster.yaml"))
REPLICAS = {"registry": 2, "router": 3, "archive": 2}
NODES = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
WRITERS = ("alice", "bob")
PAUSE = 0.02

pytestmark = [
    pytest.mark.skipif("TEST_CLUSTER" not in os.environ, reason="TEST_CLUSTER is not set"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """Start the system on three nodes, and remove it in the end."""
    with CHAT.running(REPLICAS):
        yield


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def container(node: str) -> str:
    return CHAT.run("ps", "--all", "--quiet", node).strip()


def started_at(node: str) -> str:
    return docker("inspect", "--format={{.State.StartedAt}}", container(node))


def leader() -> str:
    """Return the node of the leader of the room's stream."""
    return next(str(queue["leader"]) for queue in CHAT.queues(NODES[0]) if queue["name"] == "room.lobby").split("@")[1]


def is_healthy(node: str) -> bool:
    return CHAT.run("ps", "--format={{.Health}}", node).strip() == "healthy"


def is_whole() -> bool:
    """Return whether all nodes are healthy and have all queues and streams."""
    return all(map(is_healthy, NODES)) and all(len(queue["online"]) == len(NODES) for queue in CHAT.queues(NODES[0]))


class Talk:
    """Two people who write about fifty lines per second each, and read each other."""

    def __init__(self, directory: Path, said: dict[str, list[str]]) -> None:
        """Watch a running conversation.

        Args:
            directory: The directory with the output of each client.
            said: The lines of each person, which grow.
        """
        self._said = said
        self._outputs = {name: directory / name for name in WRITERS}

    def goes_on(self) -> None:
        """Wait until each person has read a line that the other one writes from now on."""
        wanted = {name: len(said) + 1 for name, said in self._said.items()}
        until(lambda: all(self._has_read(name, wanted) for name in WRITERS), 90, "all have read new lines")

    def _has_read(self, reader: str, wanted: dict[str, int]) -> bool:
        shown = said_in(self._outputs[reader])
        return all(len(texts_of(name, shown)) >= number for name, number in wanted.items())


@contextmanager
def conversation(directory: Path) -> Iterator[Talk]:
    """Let two people talk while the block runs; then check that no line is lost, repeated or out of order."""
    before = len(CHAT.transcript())
    clients = {name: CHAT.client(name, directory / name) for name in WRITERS}
    history = {name: len(said_in(directory / name)) for name in WRITERS}
    with ExitStack() as stack:
        said = {name: stack.enter_context(talking(process, PAUSE)) for name, process in clients.items()}
        yield Talk(directory, said)
    assert {name: process.wait(120) for name, process in clients.items()} == dict.fromkeys(WRITERS, 0)

    until(lambda: len(CHAT.transcript()) - before >= sum(map(len, said.values())), 60, "log.txt has all lines")
    log = CHAT.transcript()[before:]
    for name in WRITERS:
        assert texts_of(name, log) == said[name]
        shown = said_in(directory / name)[history[name] :]
        assert shown == log[: len(shown)]  # the first one to leave does not read the last lines of the other


def test_queues_and_streams_have_a_replica_on_each_node_and_leaders_on_all() -> None:
    queues = CHAT.queues(NODES[0])

    assert {queue["name"] for queue in queues} >= {"room.lobby", "registry.journal", "router.ingress.0"}
    assert {len(queue["members"]) for queue in queues} == {len(NODES)}
    leaders = Counter(queue["leader"] for queue in queues)
    assert len(leaders) == len(NODES)
    assert min(leaders.values()) >= len(queues) // 4
    until(is_whole, 30, "all replicas are online")


def test_people_can_talk_while_any_node_is_killed(tmp_path: Path) -> None:
    with conversation(tmp_path) as talk:
        for node in NODES:
            # when
            docker("kill", container(node))

            # then
            talk.goes_on()
            docker("start", container(node))
            until(is_whole, 60, f"{node} has caught up")
            talk.goes_on()


def test_people_can_talk_while_a_node_is_cut_off_and_comes_back(tmp_path: Path) -> None:
    # given
    node, network = leader(), f"{CHAT.name}_default"
    before = started_at(node)

    with conversation(tmp_path) as talk:
        # when
        docker("network", "disconnect", network, container(node))

        # then
        talk.goes_on()
        until(lambda: started_at(node) != before, 60, f"{node} has started again")
        docker("network", "connect", f"--alias={node}", network, container(node))
        until(is_whole, 120, f"{node} has caught up")
        talk.goes_on()


def test_a_node_that_loses_the_other_nodes_disconnects_its_clients(tmp_path: Path) -> None:
    # given
    node = leader()
    cut = "[begin erlang:set_cookie(N, none), erlang:disconnect_node(N) end || N <- nodes()]."
    before = started_at(node)

    with conversation(tmp_path) as talk:
        # when
        CHAT.run("exec", "-T", node, "rabbitmqctl", "eval", cut)

        # then
        until(lambda: started_at(node) != before, 60, f"{node} has started again")
        until(is_whole, 60, f"{node} has caught up")
        talk.goes_on()

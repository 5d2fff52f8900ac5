"""The chat grows from one node to three, and survives the loss of any one; runs only with TEST_CLUSTER=1."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from testkit.compose import Project, docker, said_in, talking, texts_of
from testkit.wait import until

NAME = "chat-cluster-test"
ALONE = Project(NAME)
CHAT = Project(NAME, ("compose.yaml", "compose.cluster.yaml"))
REPLICAS = {"registry": 2, "router": 3, "archive": 2}
NODES = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
WRITERS = ("alice", "bob")
PAUSE = 0.02
MESSAGES = int(os.environ.get("TEST_CLUSTER_MESSAGES", "10000"))

pytestmark = [
    pytest.mark.skipif("TEST_CLUSTER" not in os.environ, reason="TEST_CLUSTER is not set"),
    pytest.mark.timeout(1200),
]


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """Start the system on one node, which the first test grows to three, and remove it in the end."""
    with CHAT.removed_at_end():
        ALONE.scale(REPLICAS, "--build")
        yield


def container(node: str) -> str:
    return CHAT.run("ps", "--all", "--quiet", node).strip()


def started_at(node: str) -> str:
    return docker("inspect", "--format={{.State.StartedAt}}", container(node))[0]


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


def write_messages(directory: Path, number: int) -> list[tuple[str, str]]:
    """Let one person write messages as fast as possible; return them when log.txt has them."""
    before = len(CHAT.transcript())
    author = CHAT.client("author", directory / "author")
    texts = [f"message {count}" for count in range(number)]
    author.communicate("".join(f"{text}\n" for text in texts), timeout=300)
    assert author.returncode == 0
    until(lambda: len(CHAT.transcript()) - before >= number, 120, "log.txt has all messages")
    return [("author", text) for text in texts]


def test_a_chat_in_use_grows_to_three_nodes_of_which_each_may_be_lost(tmp_path: Path) -> None:
    # given
    written = write_messages(tmp_path, MESSAGES)
    before = CHAT.started(NODES[0], *REPLICAS)

    with conversation(tmp_path) as talk:
        # when
        CHAT.scale(REPLICAS)

        # then
        assert CHAT.started(NODES[0], *REPLICAS) == before
        assert is_whole()
        for node in NODES:
            docker("kill", container(node))
            talk.goes_on()
            docker("start", container(node))
            until(is_whole, 120, f"{node} has caught up")
            talk.goes_on()
    assert CHAT.transcript()[: len(written)] == written


def test_a_start_without_the_cluster_file_changes_nothing() -> None:
    # given
    before = CHAT.started(NODES[0], *REPLICAS)

    # when
    ALONE.scale(REPLICAS)

    # then
    assert CHAT.started(NODES[0], *REPLICAS) == before
    assert is_whole()


@pytest.mark.parametrize("node", NODES[1::-1])
def test_a_node_that_has_lost_its_disk_comes_back_with_all_replicas(node: str, tmp_path: Path) -> None:
    with conversation(tmp_path) as talk:
        # when
        CHAT.run("rm", "--stop", "--force", node, "prepare")
        docker("volume", "rm", f"{NAME}_{node}")
        CHAT.scale(REPLICAS)

        # then
        assert is_whole()
        talk.goes_on()


def test_stopped_nodes_find_each_other_again(tmp_path: Path) -> None:
    # given
    CHAT.run("stop", "--timeout", "60")

    # when
    CHAT.scale(REPLICAS)

    # then
    assert is_whole()
    with conversation(tmp_path) as talk:
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
        docker("network", "connect", f"--alias={node}", "--alias=broker", network, container(node))
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


def test_a_new_node_waits_for_the_first_one_and_joins_it() -> None:
    new = Project(f"{NAME}-new", CHAT.files)
    with new.removed_at_end():
        # given
        new.run("up", "--detach", "--wait", NODES[0])
        new.run("kill", NODES[0])

        # when
        new.run("up", "--detach", "--no-deps", NODES[1])

        # then
        until(lambda: "waits for a node of the cluster" in new.run("logs", NODES[1]), 60, "the node waits")
        new.run("start", NODES[0])
        members = ("exec", "-T", NODES[0], "rabbitmqctl", "-q", "eval", "length(rabbit_nodes:list_running()).")
        until(lambda: new.run("ps", "--format={{.Health}}", NODES[1]).strip() == "healthy", 120, "the node is healthy")
        assert new.run(*members).strip() == "2"

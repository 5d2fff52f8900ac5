"""The figures of the broker, from its management API (https://www.rabbitmq.com/docs/management).

RabbitMQ 3.10 and 4.3 answer alike here. In the first seconds of a node, some figures are missing.
"""

import base64
import json
import re
import time
import urllib.request
from collections.abc import Callable, Container, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from chat_admin.errors import NoFigures, why
from chat_admin.permissions import FORMER_CLIENT
from chat_admin.status import SERVICES, Figures, Link, Node, QueueFigures
from chat_amqp import former, topology
from chat_wire.limits import PARTITIONS

ANSWER_SECONDS = 3
# Without inboxes, of which there is one for each client of 0.3.0.
_QUEUES = "page=1&page_size=500&use_regex=true&name=%5E(%3F!inbox%5C.)"
_CLIENT = re.compile(f"[0-9a-f]{{32}}|{FORMER_CLIENT}")  # the user of a session is its id
_CONNECTIONS = "columns=name,user,user_provided_name,connected_at,client_properties.product,client_properties.version"
# An environment with a proxy is about the world outside, not about the broker.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def figures(urls: str, vhost: str, seconds: float) -> Figures:
    """Return the figures of the broker.

    Args:
        urls: The URLs of the management API of the broker's nodes, with user and password, separated by `;`.
        vhost: The virtual host, as it stands in a URL: %2F for /.
        seconds: The longest time for all nodes.

    Raises:
        NoFigures: No node answered, or they refused. The text says what to do.
    """
    deadline = time.monotonic() + seconds
    nodes = urls.split(";")
    for number, url in enumerate(nodes, 1):
        try:
            return _figures(url, vhost, deadline)
        except NoFigures:
            if number == len(nodes) or time.monotonic() > deadline:
                raise
    raise NoFigures("MANAGEMENT_URL names no node")


def _figures(url: str, vhost: str, deadline: float) -> Figures:
    def get(path: str) -> Any:
        return _get(url, path, deadline)

    connections = get(f"vhosts/{vhost}/connections?{_CONNECTIONS}")
    queues = get(f"queues/{vhost}?{_QUEUES}")["items"]
    names = {queue["name"] for queue in queues}
    active = {
        number: _active_in(number, names, lambda name: get(f"queues/{vhost}/{name}")) for number in range(PARTITIONS)
    }
    return Figures(
        version=get("overview")["rabbitmq_version"],
        nodes=_nodes(get("nodes"), get("health/checks/alarms").get("alarms") or ()),
        queues=tuple(sorted(map(_queue, queues), key=lambda queue: queue.name)),
        links=tuple(link for each in connections if (link := _link(each))),
        active={number: name for number, name in active.items() if name},
        clients=sum(bool(_CLIENT.fullmatch(each.get("user") or "")) for each in connections),
        former_clients=sum(each.get("user") == FORMER_CLIENT for each in connections),
    )


def _get(url: str, path: str, deadline: float) -> Any:
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port}"
    login = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"{parts.scheme}://{where}/api/{path}", headers={"Authorization": f"Basic {login}"}
    )
    left = deadline - time.monotonic()
    if left <= 0:
        raise NoFigures(f"{where} is too slow")
    try:
        with _OPENER.open(request, timeout=min(left, ANSWER_SECONDS)) as answer:
            return json.load(answer)
    except HTTPError as error:
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE and "/health/" in request.full_url:
            return json.load(error)  # a health check that fails says why
        raise NoFigures(_refusal(where, error)) from error
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise NoFigures(f"{where} does not answer ({why(reason)})") from error


def _refusal(where: str, error: HTTPError) -> str:
    if error.code == HTTPStatus.UNAUTHORIZED:
        return f"{where} refuses the user monitor: `docker compose up --detach` or `make up` brings it to the broker"
    return f"{where} answers {error.code} {error.reason}"


def _nodes(nodes: Iterable[Mapping[str, Any]], alarms: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    """Return the nodes, with the alarms of the present: those in the figures of a node can be 10 s old."""
    raised = {(str(alarm.get("node")), _resource(str(alarm.get("resource")))) for alarm in alarms}
    made = (_node(node, sorted(what for name, what in raised if name == node["name"])) for node in nodes)
    return tuple(sorted(made, key=lambda node: node.name))


def _resource(name: str) -> str:
    return "disk" if name.startswith("disk") else name  # RabbitMQ 3.10 calls it "disk space"


def _node(node: Mapping[str, Any], alarms: Iterable[str]) -> Node:
    return Node(
        name=node["name"],
        running=bool(node.get("running")),
        alarms=tuple(alarms),
        partitions=tuple(node.get("partitions") or ()),
        memory_used=node.get("mem_used"),
        memory_limit=node.get("mem_limit"),
        disk_free=node.get("disk_free"),
        disk_limit=node.get("disk_free_limit"),
    )


def _queue(queue: Mapping[str, Any]) -> QueueFigures:
    members = queue.get("members") or [queue.get("node")]
    online = queue.get("online")
    return QueueFigures(
        name=queue["name"],
        kind=queue.get("type") or "classic",
        messages=queue.get("messages") or 0,
        unacknowledged=queue.get("messages_unacknowledged") or 0,
        consumers=queue.get("consumers") or 0,
        state=queue.get("state") or "running",
        replicas=len(members),
        online=len(members if online is None else online),
    )


def _link(connection: Mapping[str, Any]) -> Link | None:
    """Return a connection of a service, named as in `router router-1 consuming`; before 0.3.0 without the service."""
    name = str(connection.get("user_provided_name") or "").rpartition(" ")[0]
    service = connection.get("user")
    if service not in SERVICES or not name:
        return None
    properties = connection.get("client_properties") or {}
    opened = connection.get("connected_at")
    return Link(
        name=connection["name"],
        service=service,
        instance=name.removeprefix(f"{service} "),
        version=properties.get("version") if properties.get("product") == "Tertulia" else None,
        seconds=max(0.0, time.time() - opened / 1000) if opened else None,
    )


def _active_in(number: int, names: Container[str], get: Callable[[str], Any]) -> str | None:
    """Return the connection of the router that has a partition. A router of 0.3.0 has only the queue of its clients."""
    found = (_active(get(name)) for queue in (topology.posts, former.ingress) if (name := queue(number).name) in names)
    return next(filter(None, found), None)


def _active(queue: Mapping[str, Any]) -> str | None:
    """Return the broker's name of the connection of the active consumer."""
    for consumer in queue.get("consumer_details") or ():
        if consumer.get("active") is not False and consumer.get("activity_status") != "waiting":
            return str((consumer.get("channel_details") or {}).get("connection_name") or "") or None
    return None

"""Connections to RabbitMQ.

The timeouts here replace those of py-amqp. By default it sends no heartbeats, and it closes a connection whose peer
accepts no bytes for 1 s (TCP_USER_TIMEOUT), as a broker under back-pressure does.
"""

import random
import socket
import struct
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, urlsplit

from amqp.method_framing import frame_handler
from kombu.connection import Connection

from chat_amqp.errors import AmqpError
from chat_amqp.renewal import RenewableTransport

HEARTBEAT_SECONDS = 10
CONNECT_SECONDS = 5
STALLED_SECONDS = 30

HEADER_FRAME = 2
NO_PROPERTIES = b"\0\0"
UNREADABLE = (ValueError, OSError, OverflowError, RecursionError, struct.error)

Frame = tuple[int, int, bytes]


def connect(url: str, name: str, within: float | None = None) -> Connection:
    """Open a connection to one node of the broker.

    It tries the addresses of all nodes in random order, each once, for 5 s each. So connections spread over the nodes,
    and a client of a node that is cut off from the other nodes reaches another node when it tries again.

    Args:
        url: The URLs of the broker's nodes (https://www.rabbitmq.com/docs/uri-spec), separated by `;`. The host of a
            URL can be a name that all nodes have.
        name: The connection's name in the broker's list of connections.
        within: The seconds for all addresses together; by default, each has 5 s.

    Returns:
        An open connection, with heartbeats every 10 s.

    Raises:
        OSError: No node answered.
        amqp.exceptions.AMQPError: The last node refused the connection, for example because of the password.
    """
    urls = [at_address for node in url.split(";") for at_address in _at_each_address(node)]
    connection = Connection(
        random.sample(urls, len(urls)),
        transport=RenewableTransport,
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=CONNECT_SECONDS if within is None else within / len(urls),
        transport_options={
            "client_properties": {"connection_name": name, **_product()},
            "frame_handler": _frame_handler,
            "read_timeout": STALLED_SECONDS,
            "write_timeout": STALLED_SECONDS,
            "socket_settings": {socket.TCP_USER_TIMEOUT: STALLED_SECONDS * 1000},
        },
    )
    # Connection.connect() would try twice and sleep between. The caller decides when to try again.
    others = len(urls) - 1
    connection.ensure_connection(max_retries=others, interval_start=0, interval_step=0, reraise_as_library_errors=False)
    return connection


def with_login(url: str, user: str, password: str) -> str:
    """Return URLs of a broker's nodes with another login.

    Args:
        url: The URLs, separated by `;`.
        user: The user.
        password: The password, such as a token.
    """
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    nodes = [urlsplit(node) for node in url.split(";")]
    return ";".join(node._replace(netloc=f"{login}@{node.netloc.rpartition('@')[2]}").geturl() for node in nodes)


@cache
def _product() -> dict[str, str]:
    release = version("chat-amqp")
    return {"product": "Tertulia", "version": release, "product_version": release}  # the last replaces that of py-amqp


def _at_each_address(url: str) -> list[str]:
    """Return the URL with each address of its host in place of the name.

    py-amqp tries the addresses of a name in the order of the resolver, which prefers the nearest one each time, and
    none after one that accepts the connection but does not answer.
    """
    parts = urlsplit(url)
    if parts.scheme == "amqps" or not parts.hostname:  # the certificate of the node has the name
        return [url]
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)}
    except OSError:  # the attempt to connect reports it
        return [url]
    login, at, _host = parts.netloc.rpartition("@")
    hosts = [f"[{address}]" if ":" in str(address) else address for address in found]
    port = f":{parts.port}" if parts.port else ""
    return [parts._replace(netloc=f"{login}{at}{host}{port}").geturl() for host in hosts] if len(hosts) > 1 else [url]


def _frame_handler(connection: Any, callback: Any) -> Callable[[Frame], bool]:
    """Return the frame handler of py-amqp, except that properties that it cannot read count as empty.

    The broker passes properties on as the sender wrote them: a reply_to that is not UTF-8, a time after the year 9999,
    tables nested thousands deep. They must not crash the reader.
    """
    read = frame_handler(connection, callback)

    def read_frame(frame: Frame) -> bool:
        try:
            return bool(read(frame))
        except UNREADABLE:
            kind, channel, payload = frame
            if kind != HEADER_FRAME:
                raise
            return bool(read((kind, channel, payload[:12] + NO_PROPERTIES)))  # class, weight, size: AMQP 0-9-1, 4.2.6.1

    return read_frame


def recoverable_errors() -> tuple[type[Exception], ...]:
    """Return the errors after which the caller reconnects: of connections, channels, declarations and publications."""
    probe = Connection("amqp://")
    return (*probe.connection_errors, *probe.channel_errors, AmqpError)

"""How a worker reads its connections, and closes them."""

from typing import Any

import structlog
from kombu.connection import Connection

log = structlog.get_logger()

# One read of a connection takes at most this many frames, so that a flood cannot hold up acks and heartbeats.
MAX_FRAMES = 2048
CLOSE_SECONDS = 3  # for the closing handshake of each connection


def drain(connection: Connection, seconds: float) -> None:
    """Read what has arrived. If nothing has, wait for something.

    Args:
        connection: An open connection.
        seconds: The longest time to wait.
    """
    try:
        connection.drain_events(timeout=seconds)
        for _ in range(MAX_FRAMES):
            connection.drain_events(timeout=0)
    except TimeoutError:
        return


def close(connection: Connection, handshake: bool) -> None:
    """Close a connection.

    Args:
        connection: The connection.
        handshake: Whether to ask the broker and wait for its answer, for CLOSE_SECONDS at most.
    """
    try:
        if handshake and connection.connected:
            amqp_connection: Any = connection.connection
            amqp_connection.transport.sock.settimeout(CLOSE_SECONDS)
            connection.release()
        else:
            connection.collect(socket_timeout=1)
    except Exception as error:  # the connection is lost, so the handshake fails
        log.debug("connection.close_failed", error=repr(error))

"""The little of AMQP 1.0 that an attack needs: RabbitMQ 4 speaks it on the port of AMQP 0-9-1.

https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-overview-v1.0-os.html
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from tests.security.hostile import Login

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, SASL_INIT, SASL_OUTCOME = 0x10, 0x11, 0x12, 0x13, 0x14, 0x41, 0x44
SOURCE, TARGET, ACCEPTED, PROPERTIES = 0x28, 0x29, 0x24, 0x73
NULL, YES, NO, ZERO = b"\x40", b"\x41", b"\x42", b"\x43"
PERFORMATIVE, DATA = b"\x00\x53", b"\x00\x53\x75"
WINDOW = b"\x70" + struct.pack(">I", 100)
UNAUTHORIZED = b"amqp:unauthorized-access"
FAILED = (UNAUTHORIZED, b"amqp:not-found", b"amqp:not-allowed", b"amqp:precondition-failed", b"amqp:invalid-field")
SECONDS = 10


def _variable(code: int, value: bytes) -> bytes:
    return struct.pack(">BI", code, len(value)) + value


def _text(value: str) -> bytes:
    return _variable(0xB1, value.encode())


def _composite(kind: int, *fields: bytes) -> bytes:
    content = b"".join(fields)
    return PERFORMATIVE + bytes([kind]) + struct.pack(">BII", 0xD0, len(content) + 4, len(fields)) + content


def _frame(body: bytes, sasl: bool = False) -> bytes:
    return struct.pack(">IBBH", len(body) + 8, 2, sasl, 0) + body


def attached(login: Login, address: str, *, reads: bool) -> str:
    """Attach a link to an address; return the broker's error, or an empty text if it gives the link.

    Args:
        login: The login.
        address: The address (https://www.rabbitmq.com/docs/amqp#addresses).
        reads: Whether the link receives messages, or sends them.
    """
    with _connected(login) as sock:
        return _attach(sock, address, reads)


def sent(login: Login, address: str, user_id: str) -> str:
    """Send a message as a user; return the broker's error, or an empty text if it accepts the message."""
    with _connected(login) as sock:
        if refused := _attach(sock, address, reads=False):
            return refused
        message = _composite(PROPERTIES, NULL, _variable(0xB0, user_id.encode())) + DATA + _variable(0xB0, b"{}")
        transfer = _composite(TRANSFER, ZERO, ZERO, _variable(0xB0, b"1"), ZERO, NO)
        sock.sendall(_frame(transfer + message))
        return _until(sock, PERFORMATIVE + bytes([ACCEPTED]))


@contextmanager
def _connected(login: Login) -> Iterator[socket.socket]:
    """Yield a connection with a session of AMQP 1.0."""
    at = urlsplit(login.broker.amqp_url)
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=SECONDS) as sock:
        response = f"\0{login.user}\0{login.password}".encode()
        sock.sendall(b"AMQP\x03\x01\x00\x00")
        sock.sendall(_frame(_composite(SASL_INIT, _variable(0xB3, b"PLAIN"), _variable(0xB0, response)), sasl=True))
        _until(sock, PERFORMATIVE + bytes([SASL_OUTCOME]))
        sock.sendall(b"AMQP\x00\x01\x00\x00")
        sock.sendall(_frame(_composite(OPEN, _text("x"), _text(f"vhost:{login.vhost}"))))
        sock.sendall(_frame(_composite(BEGIN, NULL, ZERO, WINDOW, WINDOW)))
        yield sock


def _attach(sock: socket.socket, address: str, reads: bool) -> str:
    there = _text(address)
    ends = (_composite(SOURCE, there), _composite(TARGET)) if reads else (_composite(SOURCE), _composite(TARGET, there))
    fields = (_text("link"), ZERO, YES if reads else NO, NULL, NULL, *ends, NULL, NULL, ZERO)
    sock.sendall(_frame(_composite(ATTACH, *fields)))
    return _until(sock, PERFORMATIVE + bytes([ATTACH if reads else FLOW]))


def _until(sock: socket.socket, wanted: bytes) -> str:
    """Read until the broker sends a performative; return its error if it sends one before."""
    got = b""
    while wanted not in got:
        received = sock.recv(65536)
        got += received
        failed = next((error for error in FAILED if error in got), b"" if received else b"closed")
        if failed:
            return failed.decode()
    return ""


def to_exchange(name: str, key: str) -> str:
    """Return the address of an exchange, with a routing key."""
    return f"/exchanges/{quote(name, safe='')}/{quote(key, safe='')}" if name else f"/queues/{quote(key, safe='')}"


def to_queue(name: str) -> str:
    """Return the address of a queue."""
    return f"/queues/{quote(name, safe='')}"

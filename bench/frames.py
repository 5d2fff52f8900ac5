"""The bytes of AMQP 0-9-1 that fast readers and senders need, without the cost of a library for each message.

A frame has a type, channel, size, payload and end (AMQP 0-9-1, section 4.2.3).
"""

import struct

POST = b'"sequence":'  # once in the JSON of each post; JSON escapes the quotes of a text
DELIVERY = b"\x00\x3c\x00\x3c"  # class and method of basic.deliver; JSON never contains these bytes
STAMP = b'"client_ts":'

_METHOD, _HEADER, _BODY, _END = 1, 2, 3, b"\xce"
_BASIC, _ACK, _PUBLISH = 60, 80, 40


class TokenCount:
    """Counts a token in bytes that arrive in pieces; a piece may end within a token.

    A frame must not end within a token, which holds as bodies are smaller than the 128 KiB of a frame. No suffix of the
    token may equal one of its prefixes.
    """

    __slots__ = ("_tail", "_token", "count")

    def __init__(self, token: bytes) -> None:
        """Count nothing yet.

        Args:
            token: The bytes to count.
        """
        self._token = token
        self._tail = b""
        self.count = 0

    def feed(self, buffer: bytes | bytearray, size: int) -> None:
        """Count the tokens in the next bytes, which are the first `size` bytes of `buffer`."""
        reach = len(self._token) - 1
        edge = self._tail + buffer[: min(reach, size)]
        self.count += buffer.count(self._token, 0, size) + edge.count(self._token)
        self._tail = bytes(buffer[size - reach : size] if size >= reach else edge[-reach:])


class Stamps:
    """Finds the client timestamps of posts in bytes that arrive in pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        """Begin before the first piece."""
        self._rest = b""

    def feed(self, data: bytes) -> list[int]:
        """Return the timestamps, in microseconds, that end in the next bytes."""
        first, *pieces = (self._rest + data).split(STAMP)
        found = []
        for piece in pieces:
            digits = piece[:20].split(b",", 1)
            if len(digits) == 2:
                found.append(int(digits[0]))
        complete = not pieces or b"," in pieces[-1][:20]
        self._rest = (pieces[-1] if pieces else first)[-len(STAMP) + 1 :] if complete else STAMP + pieces[-1]
        return found


def ack(channel: int, tag: int) -> bytes:
    """Return a basic.ack of all deliveries up to a tag."""
    return _frame(_METHOD, channel, struct.pack(">HHQB", _BASIC, _ACK, tag, 1))


def publish(channel: int, exchange: str, routing_key: str, body: bytes) -> bytes:
    """Return a basic.publish of a transient message without properties."""
    to = _short(exchange) + _short(routing_key)
    method = struct.pack(">HHH", _BASIC, _PUBLISH, 0) + to + b"\x00"
    header = struct.pack(">HHQH", _BASIC, 0, len(body), 0)
    return _frame(_METHOD, channel, method) + _frame(_HEADER, channel, header) + _frame(_BODY, channel, body)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + _END


def _short(text: str) -> bytes:
    encoded = text.encode()
    return bytes([len(encoded)]) + encoded

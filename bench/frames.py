"""AMQP 0-9-1 as bytes: what cheap readers and senders need of it, without a library's cost for each message.

Frames are those of the specification, 4.2.3: type, channel, size, payload, end.
"""

import struct

POST = b'"sequence":'  # once in the JSON of each post; in a text its quotes are escaped
DELIVERY = b"\x00\x3c\x00\x3c"  # class and method of basic.deliver; JSON has no such bytes
STAMP = b'"client_ts":'

_METHOD, _HEADER, _BODY, _END = 1, 2, 3, b"\xce"
_BASIC, _ACK, _PUBLISH = 60, 80, 40


class TokenCount:
    """Counts a token in bytes that come in pieces, also where a piece ends within it.

    It must not be split by the end of a frame: bodies are smaller than the 128 KiB of a frame. No end of the token
    may be its beginning.
    """

    __slots__ = ("_tail", "_token", "count")

    def __init__(self, token: bytes) -> None:
        self._token = token
        self._tail = b""
        self.count = 0

    def feed(self, buffer: bytes | bytearray, size: int) -> None:
        """Count in the first `size` bytes of `buffer`, which come next."""
        reach = len(self._token) - 1
        edge = self._tail + buffer[: min(reach, size)]
        self.count += buffer.count(self._token, 0, size) + edge.count(self._token)
        self._tail = bytes(buffer[size - reach : size] if size >= reach else edge[-reach:])


class Stamps:
    """Finds the times at which posts were written, in bytes that come in pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[int]:
        """The times, in microseconds, that end in `data`, which comes next."""
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
    """basic.ack of all deliveries up to a tag."""
    return _frame(_METHOD, channel, struct.pack(">HHQB", _BASIC, _ACK, tag, 1))


def publish(channel: int, exchange: str, routing_key: str, body: bytes) -> bytes:
    """basic.publish of a message that is not kept, with no properties."""
    to = _short(exchange) + _short(routing_key)
    method = struct.pack(">HHH", _BASIC, _PUBLISH, 0) + to + b"\x00"
    header = struct.pack(">HHQH", _BASIC, 0, len(body), 0)
    return _frame(_METHOD, channel, method) + _frame(_HEADER, channel, header) + _frame(_BODY, channel, body)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + _END


def _short(text: str) -> bytes:
    encoded = text.encode()
    return bytes([len(encoded)]) + encoded

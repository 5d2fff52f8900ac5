"""Hostile messages of somebody with the client's password: none crashes or blocks a worker."""

import base64
import struct
import zlib
from typing import Any

import pytest
from amqp.spec import Basic

from chat_amqp.connection import connect
from chat_wire.codec import encode
from chat_wire.messages import Granted, History, ListUsers, Page, Post, Posts
from testkit.chatter import new_request
from testkit.former import FormerChatter
from testkit.processes import System

TARGETS = [("chat.registry", "registry.commands"), ("chat.ingress", "0"), ("chat.archive", "archive.queries")]
HEADERS, REPLY_TO = 0x2000, 0x0200
DEEP = 3_000


def table(*fields: bytes) -> bytes:
    """Return a table of fields (AMQP 0-9-1, 4.2.5.5)."""
    content = b"".join(fields)
    return struct.pack(">I", len(content)) + content


def field(name: bytes, value: bytes) -> bytes:
    """Return a field of a table. The value begins with the letter of its type."""
    return bytes([len(name)]) + name + value


def text(value: bytes) -> bytes:
    """Return a long string."""
    return b"S" + struct.pack(">I", len(value)) + value


def headers(*fields: bytes) -> bytes:
    """Return properties that are headers only."""
    return struct.pack(">H", HEADERS) + table(*fields)


def nested(depth: int) -> bytes:
    """Return tables nested in a table."""
    inner = table()
    for _ in range(depth):
        inner = table(field(b"x", b"F" + inner))
    return struct.pack(">H", HEADERS) + inner


def brackets(opening: bytes) -> bytes:
    """Return JSON that is nested too deep for any reader."""
    return opening + b"[" * DEEP


def forged(header: bytes) -> str:
    """Return a token with a given header and a signature of zeros."""
    parts = (header, b"{}", b"\0" * 64)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


PROPERTIES = {
    "a body without the compression of its header": headers(field(b"compression", text(b"zlib"))),
    "an unknown compression": headers(field(b"compression", text(b"nonsense"))),
    "a compression that is a list": headers(field(b"compression", b"A" + struct.pack(">I", 0))),
    "an unknown encoding": struct.pack(">H", 0x4000) + b"\x08nonsense",
    "a reply_to that is not UTF-8": struct.pack(">H", REPLY_TO) + b"\x02\xff\xfe",
    "a time after the year 9999": headers(field(b"t", b"T" + struct.pack(">Q", 2**63 - 1))),
    "nested tables": nested(DEEP),
    "the offset of a stream": headers(field(b"x-stream-offset", b"l" + struct.pack(">q", 7))),
    "a delivery count": headers(field(b"x-delivery-count", b"l" + struct.pack(">q", 7))),
}
LARGE = 10**30
SURROGATE = forged(rb'{"alg":"EdDSA","crit":["\ud800"],"\ud800":1}')
LONG = forged(b'{"alg":"EdDSA","crit":["' + b"x" * 200_000 + b'"]}')
TOKENS = {"a lone surrogate in a token": SURROGATE, "a long token": LONG}


def posts(token: str, sequence: int = 1) -> bytes:
    """Return a message of one post."""
    return encode(Posts(token=token, room="lobby", posts=(Post(sequence=sequence, client_ts=0, text="x"),)))


BODIES = {
    "nothing": b"",
    "brackets": brackets(b""),
    "brackets in a claim": brackets(b'{"type":"claim","x":'),
    "brackets in posts": brackets(b'{"type":"posts","x":'),
    "brackets in a question": brackets(b'{"type":"mine","x":'),
    "a large sequence": posts("x", LARGE),
    "a lone surrogate": b'{"type":"claim","request":"r","name":"\\ud800","secret":"\\ud800"}',
    "a compressed body": zlib.compress(b" " * 1_000_000),
    **{f"{name}, of posts": posts(token) for name, token in TOKENS.items()},
    **{
        f"{name}, of a question": encode(History(request="r", token=token, room="x", before=None, limit=1))
        for name, token in TOKENS.items()
    },
    **{f"{name}, of a command": encode(ListUsers(request="r", token=token, after=0)) for name, token in TOKENS.items()},
}


def publish(url: str, exchange: str, key: str, properties: bytes, body: bytes) -> None:
    """Publish with the given bytes as properties, and wait for the confirm."""
    with connect(url, "stranger") as connection:
        channel: Any = connection.channel()
        channel.confirm_select()
        confirmed: list[int] = []
        channel.events["basic_ack"].add(lambda tag, _multiple: confirmed.append(tag))
        message = channel.prepare_message(body)
        message._serialize_properties = lambda: properties
        channel.send_method(Basic.Publish, "Bssbb", (0, exchange, key, True, False), message)
        while not confirmed:
            connection.drain_events(timeout=10)


@pytest.mark.parametrize("replies", [True, False])
def test_no_message_of_a_client_stops_a_worker(system: System, replies: bool) -> None:
    workers = system.all()
    ann = FormerChatter(system.url("former-client"))
    assert isinstance(ann.claim("ann"), Granted)
    ann.join()
    inbox = struct.pack(">H", REPLY_TO) + bytes([len(ann.inbox)]) + ann.inbox.encode()
    plain = inbox if replies else struct.pack(">H", 0)

    for exchange, key in TARGETS:
        for properties in PROPERTIES.values():
            publish(system.url("former-client"), exchange, key, properties, b"{}")
        for body in BODIES.values():
            publish(system.url("former-client"), exchange, key, plain, body)
    after = ListUsers(request=new_request(), token=ann.token, after=LARGE)
    publish(system.url("former-client"), *TARGETS[0], plain, encode(after))

    (said,) = ann.post("still here")
    ann.hear(lambda: said in ann.ids())
    assert ann.users().connected == ("ann",)
    question = History(request=new_request(), token=ann.token, room="lobby", before=None, limit=1)
    assert isinstance(ann.request(question, *TARGETS[2]), Page)
    for worker in workers:
        assert worker.ready()
        assert not worker.lines("broker.lost")
        assert not worker.lines("delivery.fatal")

"""Addresses for answers that no client has: services publish to whatever a client writes, so none may harm them."""

import base64
import struct

import pytest

from chat_amqp import topology
from tests.security import hostile
from tests.security.conftest import Objects
from tests.security.hostile import outcomes


def _pid(name: bytes, number: int) -> bytes:
    """Return the id of a process in Erlang's external term format (NEW_PID_EXT), as RabbitMQ writes it."""
    atom = b"w" + bytes([len(name)]) + name
    return b"\x83X" + atom + struct.pack(">III", number, 0, 0)


TERMS = {
    "nothing": b"",
    "no term": b"x",
    "half a term": b"\x83",
    "a number": b"\x83a\x01",
    "an atom": b"\x83w\x05error",
    "a long list": b"\x83l\xff\xff\xff\xff",
    "a large compressed term": b"\x83P\xff\xff\xff\xff",
    "a process of no node": _pid(b"nobody@nowhere", 1),
    **{f"process {number} of the node": _pid(b"rabbit@rabbitmq", number) for number in (0, 1, 2, 50)},
    **{f"process {number} of a private node": _pid(b"chat@localhost", number) for number in (0, 1, 2, 50)},
}
KEYS = ("", ".", ".x", "..", ".x.y")
NOT_TERMS = ("", ".", "..", "=", ".=", "é", "\x00", "x" * 200, "%", ".".join("x" * 50))
ADDRESSES = {
    **{repr(text): f"{topology.REPLY_TO}.{text}" for text in NOT_TERMS},
    **{
        f"{what}, key {key!r}": f"{topology.REPLY_TO}.{base64.b64encode(term).decode()}{key}"
        for what, term in TERMS.items()
        for key in KEYS
    },
}


@pytest.mark.parametrize("service", ["registry", "router", "archive"])
def test_an_address_of_any_form_closes_nothing_of_a_service(objects: Objects, service: str) -> None:
    login = hostile.named(objects.broker, objects.vhost, service)
    answers = outcomes(login, ADDRESSES.values(), lambda channel, address: hostile.publish(channel, "", address))

    assert {address for address, answer in answers.items() if answer} == set()

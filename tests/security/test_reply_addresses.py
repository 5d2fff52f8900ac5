"""Addresses for answers that no client has: services publish to whatever a client writes, so none may harm them."""

import base64
import struct

import pytest

from chat_amqp import topology
from chat_wire.messages import Granted, Mine, Page, PostsRefused
from testkit.processes import System
from tests.security import hostile, members
from tests.security.hostile import Login
from tests.security.members import Person


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
    **{f"process {number} of the node": _pid(b"rabbit@rabbitmq", number) for number in (0, 50)},
    "a process of a private node": _pid(b"chat@localhost", 1),
    "a process of a node that may be": _pid(b"reply@1", 1),
    "a process with a large number": _pid(b"reply@1", 2**32 - 1),
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


QUEUES = ("registry.journal", "room.lobby", "registry.requests", "dead-letters", "sessions.ended", "x", "")


@pytest.fixture(scope="module")
def eve(chat: System) -> Person:
    """Return a member who asks for answers at addresses that are not hers."""
    return members.person(chat, "eve")


def send_all(login: Login, exchange: str, key: str, body: bytes, user_id: str | None) -> None:
    """Publish a message that is answered, once with each address."""
    with login.open() as connection:
        channel = connection.channel()
        named = {"user_id": user_id} if user_id else {}
        for address in (*ADDRESSES.values(), *QUEUES):
            hostile.publish(channel, exchange, key, body, reply_to=address, **named)


def test_answers_to_addresses_that_nobody_has_harm_nobody(chat: System, eve: Person) -> None:
    granted, unreadable = eve.granted, b"{}"
    send_all(members.entrance(chat), "chat.entrance", "", unreadable, None)
    for exchange, key in (
        ("chat.members", ""),
        ("chat.posts", topology.posts_key(granted.partition, "lobby")),
        ("chat.questions", topology.MINE_KEY),
    ):
        send_all(eve.login, exchange, key, unreadable, eve.login.user)

    assert isinstance(members.claim(chat, members.new_name("ann")), Granted)
    assert isinstance(members.post(eve, members.posts(" ", card=granted.card)), PostsRefused)
    mine = Mine(request="r", card=granted.card, after=0, limit=1)
    assert isinstance(members.ask(eve.login, "chat.questions", topology.MINE_KEY, mine), Page)
    assert [process.name for process in chat.processes if process.lines("answers.disconnected")] == []


def test_no_answer_reaches_a_room(chat: System, eve: Person) -> None:
    send_all(members.entrance(chat), "chat.entrance", "", b"{}", None)

    assert members.in_room(eve), "every entry of the room is a batch or a notice"

"""Claims without end and without a client behind them: nobody else may notice."""

import secrets
import time

import pytest

from chat_amqp import topology
from chat_registry.limits import MAX_NAMES_OF_AUTHOR
from chat_wire.codec import encode
from chat_wire.messages import Claim, Granted, ListUsers, Notice, Refused, Users
from testkit.processes import System
from tests.security import hostile, members
from tests.security.members import ask, new_request, person

GHOSTS = 500


@pytest.fixture(scope="module")
def ghosts(chat: System) -> list[str]:
    """Claim many names, each of another author, for answers that nobody takes; return the names."""
    names = [members.new_name("ghost") for _ in range(GHOSTS)]
    with members.entrance(chat).open() as connection:
        channel = connection.channel()
        for name in names:
            body = encode(Claim(request=new_request(), name=name, secret=secrets.token_hex(32)))
            hostile.publish(channel, "chat.entrance", body=body, reply_to=f"{topology.REPLY_TO}.{name}.x")
    return names


@pytest.mark.usefixtures("ghosts")
def test_ghosts_keep_nobody_waiting(chat: System) -> None:
    begin = time.monotonic()
    ann = person(chat)
    answer = ask(ann.login, topology.MEMBERS.name, "", ListUsers(request=new_request(), after=ann.granted.offset))

    assert isinstance(answer, Users)
    assert time.monotonic() - begin < 10


def test_the_room_hears_nothing_of_ghosts(chat: System, ghosts: list[str]) -> None:
    ann = person(chat)
    notices = {entry.user for entry in members.in_room(ann) if isinstance(entry, Notice)}
    users = ask(ann.login, topology.MEMBERS.name, "", ListUsers(request=new_request(), after=ann.granted.offset))

    assert notices & set(ghosts) == set()
    assert set(users.connected + users.disconnected) & set(ghosts) == set()


def test_one_author_holds_a_bounded_number_of_names(chat: System) -> None:
    secret = secrets.token_hex(32)
    answers = [members.claim(chat, members.new_name("many"), secret) for _ in range(MAX_NAMES_OF_AUTHOR + 1)]

    assert [type(answer) for answer in answers] == [*[Granted] * MAX_NAMES_OF_AUTHOR, Refused]
    assert isinstance(members.claim(chat, members.new_name("other")), Granted)

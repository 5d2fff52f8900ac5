"""Learning what belongs to somebody else: from rooms, answers, logs, files, processes and images."""

import re
import secrets
from typing import Any

import pytest
from amqp.exceptions import AMQPError

from chat_amqp import topology
from chat_registry.scopes import scopes
from chat_wire.codec import encode
from chat_wire.messages import Exit, History, ListUsers, Search
from testkit.processes import System
from testkit.wait import until
from tests.security import hostile, members
from tests.security.conftest import Objects
from tests.security.hostile import PARTITION, SECOND, Login
from tests.security.members import Person, new_request, person


def private(who: Person) -> dict[str, bytes]:
    """Return everything about a person that nobody else may learn."""
    granted = who.granted
    kept = {"secret": who.secret, "author": granted.author, "token": granted.token, "card": granted.card}
    return {what: value.encode() for what, value in kept.items()}


@pytest.fixture(scope="module")
def lived(chat: System) -> Person:
    """Return somebody who has done everything that a person does, also what is refused, and has left."""
    ann = person(chat, "ann")
    members.in_room(ann)
    ask = topology.QUESTIONS.name, topology.question_key("lobby")
    card = ann.granted.card
    members.ask(ann.login, *ask, History(request=new_request(), card=card, before=None, limit=100))
    members.ask(ann.login, *ask, History(request=new_request(), card=card, before=10**9, limit=1, before_offset=10**9))
    members.ask(ann.login, topology.MEMBERS.name, "", ListUsers(request=new_request(), after=0))
    members.post(ann, members.posts("x" * 5000, 2, card=card))
    members.post(ann, members.posts("x", 3, card=f"{card}x"))
    members.claim(chat, ann.granted.name, secrets.token_hex(32))
    members.claim(chat, "a b", ann.secret)
    members.ask(ann.login, topology.MEMBERS.name, "", Exit(request=new_request()))
    return ann


def test_the_room_tells_nothing_but_the_post_and_the_name(chat: System, lived: Person) -> None:
    eve = person(chat, "eve")
    with eve.login.open() as connection:
        got = hostile.consume(connection.channel(), "room.lobby", arguments={"x-stream-offset": "first"})
        members.post_and_forget(connection, eve, "the last")
        until(lambda: any(b"the last" in message.body for message in hostile.drained(connection, got)), 15)
    everything = b"".join(message.body + repr(message.properties).encode() for message in got)

    assert lived.granted.name.encode() in everything
    assert [what for what, value in private(lived).items() if value in everything] == []


@pytest.mark.parametrize("kind", ["history", "search", "users"])
def test_no_answer_tells_more_than_the_room(chat: System, lived: Person, kind: str) -> None:
    eve = person(chat, "eve")
    card = eve.granted.card
    questions: dict[str, tuple[str, str, Any]] = {
        "history": ("chat.questions", "room.lobby", History(request="r", card=card, before=None, limit=100)),
        "search": (
            "chat.questions",
            "room.lobby",
            Search(request="r", card=card, words=f"from:{lived.granted.name}", before=None, limit=9),
        ),
        "users": ("chat.members", "", ListUsers(request="r", after=0)),
    }
    exchange, key, message = questions[kind]
    with eve.login.open() as connection:
        answers = hostile.asked(connection.channel(), exchange, key, encode(message), user_id=eve.login.user)

    assert b'"refused"' not in answers[0]
    assert [what for what, value in private(lived).items() if value in answers[0]] == []
    assert eve.granted.author.encode() not in answers[0]
    assert b'"author":""' in answers[0] or kind == "users"
    assert re.search(rb'"author":"[^"]', answers[0]) is None


def test_no_log_and_no_dead_letter_has_a_secret(chat: System, lived: Person) -> None:
    logs = b"".join(process.log.read_bytes() for process in chat.processes)
    letters = chat.broker.call(
        "POST",
        f"queues/{chat.vhost}/dead-letters/get",
        {"count": 1000, "ackmode": "ack_requeue_true", "encoding": "auto"},
    )

    assert lived.granted.session.encode() in logs
    assert [what for what, value in private(lived).items() if value in logs] == []
    assert [what for what, value in private(lived).items() if value in repr(letters).encode()] == []


def test_a_session_reads_on_for_as_long_as_its_token_lasts(objects: Objects) -> None:
    name = secrets.token_hex(16)
    lasting = hostile.token(objects.broker, name, scopes(objects.vhost, PARTITION), expires_in=3 * SECOND)
    reader = Login(objects.broker, objects.vhost, name, lasting)
    router = hostile.named(objects.broker, objects.vhost, "router")
    with reader.open() as connection:
        got = hostile.consume(connection.channel(), "room.lobby", arguments={"x-stream-offset": "next"})
        until(lambda: hostile.attempt(reader, lambda _channel: None) == hostile.REFUSED, 10, "the token has expired")
        if objects.broker.version() >= (4,):
            with pytest.raises((AMQPError, OSError), match="CONNECTION_FORCED"):
                until(lambda: hostile.drained(connection, []), 10)
            return
        # On 3.10 the consumer goes on (docs/explanation/security.md).
        hostile.attempt(router, lambda channel: hostile.publish(channel, "chat.rooms", "lobby"))
        until(lambda: hostile.drained(connection, got), 10)
        with pytest.raises(AMQPError, match=hostile.REFUSED):
            hostile.consume(connection.channel(), "room.lobby")

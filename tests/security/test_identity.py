"""Acting as somebody else: the broker says who sent a message, and the services believe nothing else."""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import jwt
import pytest

from chat_amqp import topology
from chat_wire.messages import (
    Batch,
    PostsRefused,
    Refused,
)
from testkit.processes import System
from tests.security import forging, hostile, members
from tests.security.forging import FORGERIES, Stolen
from tests.security.members import QUESTIONS, Person, former_token, question

REFUSALS = (Refused, PostsRefused)
Forge = Callable[[System, Person, Person], str]


@pytest.fixture(scope="module")
def ann(chat: System) -> Person:
    """Return the victim."""
    return members.minted(chat, "ann")


@pytest.fixture(scope="module")
def eve(chat: System) -> Person:
    """Return the attacker, who is a member."""
    return members.minted(chat, "eve")


def _signed(chat: System, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, hostile.private_key(chat.broker), algorithm="EdDSA")


def _forged(how: str) -> Forge:
    def forge(chat: System, ann: Person, eve: Person) -> str:
        claims = forging.read(eve.granted.card) | {"name": ann.granted.name, "author": ann.granted.author}
        key = (chat.broker.secrets_dir / "router" / "token_public_key").read_text()
        return FORGERIES[how](Stolen(claims, eve.granted.card, key))

    return forge


# The attacker shows these in place of its own card.
CARDS: dict[str, Forge] = {
    "the card of another session": lambda _chat, ann, _eve: ann.granted.card,
    "the token of another session": lambda _chat, ann, _eve: ann.granted.token,
    "its own token": lambda _chat, _ann, eve: eve.granted.token,
    "a token of a client of 0.3.0": lambda chat, _ann, eve: former_token(chat, eve),
    "a card for another purpose": lambda chat, _ann, eve: _signed(chat, forging.read(eve.granted.card) | {"aud": "x"}),
    "a card without a purpose": lambda chat, _ann, eve: _signed(
        chat, {name: value for name, value in forging.read(eve.granted.card).items() if name != "aud"}
    ),
    "a card without a name": lambda chat, _ann, eve: _signed(
        chat, {name: value for name, value in forging.read(eve.granted.card).items() if name != "name"}
    ),
    **{f"a forged card: {how}": _forged(how) for how in FORGERIES},
}


@pytest.mark.parametrize("what", CARDS)
def test_nobody_posts_with(chat: System, ann: Person, eve: Person, what: str) -> None:
    text = secrets.token_hex(8)

    answer = members.post(eve, members.posts(text, card=CARDS[what](chat, ann, eve)))

    assert isinstance(answer, REFUSALS), answer
    assert answer.reason == "invalid_token"
    assert text not in str(members.in_room(members.minted(chat, "witness")))


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("what", CARDS)
def test_nobody_asks_with(chat: System, ann: Person, eve: Person, what: str, kind: str) -> None:
    answer = question(eve, QUESTIONS[kind](CARDS[what](chat, ann, eve)))

    assert isinstance(answer, Refused), answer
    assert answer.reason == "invalid_token"


def test_a_message_without_its_user_is_refused(eve: Person) -> None:
    card = eve.granted.card

    assert isinstance(members.post(eve, members.posts("x", card=card), user_id=None), PostsRefused)
    for make in QUESTIONS.values():
        assert isinstance(question(eve, make(card), user_id=None), Refused)


def test_only_an_operator_names_another_sender(ann: Person, eve: Person) -> None:
    """`chat-admin` replays a dead letter with the header `sender`; the broker lets nobody else be its user."""
    headers = {"sender": ann.login.user}
    card = ann.granted.card

    assert isinstance(members.post(eve, members.posts("x", card=card), application_headers=headers), PostsRefused)
    assert isinstance(question(eve, QUESTIONS["mine"](card), application_headers=headers), Refused)
    for exchange in ("chat.members", "chat.posts", "chat.questions"):
        key = {"chat.posts": topology.posts_key(hostile.PARTITION, "lobby"), "chat.questions": "mine"}.get(exchange, "")
        send = partial(hostile.publish, exchange=exchange, key=key, user_id="admin", application_headers=headers)
        assert hostile.attempt(eve.login, send) == "PRECONDITION_FAILED"


def test_a_session_posts_under_its_own_name_whatever_the_message_says(chat: System, ann: Person) -> None:
    mallory = members.minted(chat, "mallory")
    former = former_token(chat, ann)
    entries = members.in_room(mallory)
    with mallory.login.open() as connection:
        members.post_and_forget(connection, mallory, "as ann", 2, token=former, room="elsewhere")
    entries = members.in_room(mallory, text="as ann")

    runs = [run for entry in entries if isinstance(entry, Batch) for run in entry.runs]
    assert {run.user for run in runs for each in run.posts if each.text == "as ann"} == {mallory.granted.name}


def test_posts_through_another_partition_are_refused(chat: System) -> None:
    """RabbitMQ 3.10 checks the routing key, and not those in the header CC."""
    mallory = members.minted(chat, "mallory")
    other = topology.posts_key((mallory.granted.partition + 1) % 16, "lobby")
    message = members.posts("twice", card=mallory.granted.card)
    if chat.broker.version() >= (4,):
        key = topology.posts_key(mallory.granted.partition, "lobby")
        refused = hostile.attempt(
            mallory.login,
            lambda channel: hostile.publish(channel, "chat.posts", key, application_headers={"CC": [other]}),
        )
        assert refused == hostile.REFUSED
        return
    answer = members.post(mallory, message, application_headers={"CC": [other]})
    assert isinstance(answer, PostsRefused)
    assert answer.reason == "wrong_partition"

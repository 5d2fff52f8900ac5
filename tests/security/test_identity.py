"""Acting as somebody else: the broker says who sent a message, and the services believe nothing else."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from chat_amqp import topology
from chat_tokens.tokens import Claims, mint
from chat_wire.messages import (
    Batch,
    Claim,
    Exit,
    Exited,
    Granted,
    History,
    ListUsers,
    Mine,
    PostsRefused,
    Refused,
    Release,
    Released,
    Renew,
    Resume,
    Search,
    Users,
)
from testkit.processes import System
from testkit.wait import until
from tests.security import forging, hostile, members
from tests.security.forging import FORGERIES, Stolen
from tests.security.hostile import SECOND
from tests.security.members import Person, ask, new_request, person

REFUSALS = (Refused, PostsRefused)
Forge = Callable[[System, Person, Person], str]


@pytest.fixture(scope="module")
def ann(chat: System) -> Person:
    """Return the victim."""
    return person(chat, "ann")


@pytest.fixture(scope="module")
def eve(chat: System) -> Person:
    """Return the attacker, who is a member."""
    return person(chat, "eve")


def _signed(chat: System, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, hostile.private_key(chat.broker), algorithm="EdDSA")


def _former(chat: System, who: Person) -> str:
    granted = who.granted
    expires = (int(time.time()) + 600) * SECOND
    claims = Claims(
        session=granted.session, name=granted.name, author=granted.author, partition=granted.partition, expires=expires
    )
    return mint(claims, hostile.private_key(chat.broker))


def _forged(how: str) -> Forge:
    def forge(chat: System, ann: Person, eve: Person) -> str:
        claims = forging.read(eve.granted.card) | {"name": ann.granted.name, "author": ann.granted.author}
        key = (chat.broker.secrets_dir / "router" / "token_public_key").read_text()
        return FORGERIES[how](Stolen(claims, eve.granted.card, key))

    return forge


# What the attacker shows in place of its own card.
CARDS: dict[str, Forge] = {
    "the card of another session": lambda _chat, ann, _eve: ann.granted.card,
    "the token of another session": lambda _chat, ann, _eve: ann.granted.token,
    "its own token": lambda _chat, _ann, eve: eve.granted.token,
    "a token of a client of 0.3.0": lambda chat, _ann, eve: _former(chat, eve),
    "a card for another purpose": lambda chat, _ann, eve: _signed(chat, forging.read(eve.granted.card) | {"aud": "x"}),
    "a card without a purpose": lambda chat, _ann, eve: _signed(
        chat, {name: value for name, value in forging.read(eve.granted.card).items() if name != "aud"}
    ),
    "a card without a name": lambda chat, _ann, eve: _signed(
        chat, {name: value for name, value in forging.read(eve.granted.card).items() if name != "name"}
    ),
    **{f"a forged card: {how}": _forged(how) for how in FORGERIES},
}
QUESTIONS: dict[str, Callable[[str], Any]] = {
    "history": lambda card: History(request=new_request(), card=card, before=None, limit=10),
    "search": lambda card: Search(request=new_request(), card=card, words="x", before=None, limit=10),
    "mine": lambda card: Mine(request=new_request(), card=card, after=0, limit=10),
}


def question(who: Person, message: Any, **properties: Any) -> Any:
    """Ask the archive as a person, and return the answer."""
    key = topology.MINE_KEY if isinstance(message, Mine) else topology.question_key("lobby")
    return ask(who.login, topology.QUESTIONS.name, key, message, **properties)


@pytest.mark.parametrize("what", CARDS)
def test_nobody_posts_with(chat: System, ann: Person, eve: Person, what: str) -> None:
    text = secrets.token_hex(8)

    answer = members.post(eve, members.posts(text, card=CARDS[what](chat, ann, eve)))

    assert isinstance(answer, REFUSALS), answer
    assert answer.reason == "invalid_token"
    assert text not in str(members.in_room(person(chat, "witness")))


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("what", CARDS)
def test_nobody_asks_with(chat: System, ann: Person, eve: Person, what: str, kind: str) -> None:
    answer = question(eve, QUESTIONS[kind](CARDS[what](chat, ann, eve)))

    assert isinstance(answer, Refused), answer
    assert answer.reason == "invalid_token"


def test_a_message_without_its_user_is_refused(eve: Person) -> None:
    card = eve.granted.card
    answers = [
        members.post(eve, members.posts("x", card=card), user_id=None),
        *(question(eve, make(card), user_id=None) for make in QUESTIONS.values()),
        *(ask(eve.login, topology.MEMBERS.name, "", each, user_id=None) for each in REQUESTS()),
    ]

    assert [type(answer) for answer in answers] == [PostsRefused, *[Refused] * (len(answers) - 1)], answers


def REQUESTS() -> list[Any]:  # noqa: N802 - a table, but with new ids
    """Return the requests of a session to the registry."""
    return [Renew(request=new_request()), ListUsers(request=new_request(), after=0), Exit(request=new_request())]


def test_a_session_posts_under_its_own_name_whatever_the_message_says(chat: System, ann: Person) -> None:
    mallory = person(chat, "mallory")
    former = _former(chat, ann)
    entries = members.in_room(mallory)
    with mallory.login.open() as connection:
        members.post_and_forget(connection, mallory, "as ann", 2, token=former, room="elsewhere")
    entries = members.in_room(mallory, text="as ann")

    runs = [run for entry in entries if isinstance(entry, Batch) for run in entry.runs]
    assert {run.user for run in runs for each in run.posts if each.text == "as ann"} == {mallory.granted.name}


def test_posts_through_another_partition_are_refused(chat: System) -> None:
    """RabbitMQ 3.10 checks the routing key, and not those in the header CC."""
    mallory = person(chat, "mallory")
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


# By the entrance comes only what needs no session, and by no door of clients an order of an operator.
WRONG_DOORS: dict[str, tuple[str, Callable[[Person], Any]]] = {
    "an exit at the entrance": ("entrance", lambda _ann: Exit(request=new_request())),
    "an exit of 0.3.0 at the entrance": ("entrance", lambda ann: Exit(request=new_request(), token=ann.granted.token)),
    "a renewal at the entrance": ("entrance", lambda _ann: Renew(request=new_request())),
    "a list of names at the entrance": ("entrance", lambda _ann: ListUsers(request=new_request(), after=0)),
    "a release at the entrance": ("entrance", lambda ann: Release(request=new_request(), name=ann.granted.name)),
    "a release by a session": ("session", lambda ann: Release(request=new_request(), name=ann.granted.name)),
    "a resume without a secret": (
        "entrance",
        lambda ann: Resume(request=new_request(), session=ann.granted.session),
    ),
    "a resume with a wrong secret": (
        "entrance",
        lambda ann: Resume(request=new_request(), session=ann.granted.session, secret=secrets.token_hex(32)),
    ),
    "a resume with the author for a secret": (
        "entrance",
        lambda ann: Resume(request=new_request(), session=ann.granted.session, secret=ann.granted.author),
    ),
    "a resume with a token": (
        "entrance",
        lambda ann: Resume(request=new_request(), session=ann.granted.session, token=ann.granted.token),
    ),
    "a resume with a card": (
        "entrance",
        lambda ann: Resume(request=new_request(), session=ann.granted.session, token=ann.granted.card),
    ),
    "a resume of no session": ("entrance", lambda ann: Resume(request=new_request(), secret=ann.secret)),
    "a takeover with another secret": (
        "entrance",
        lambda ann: Claim(request=new_request(), name=ann.granted.name, secret=secrets.token_hex(32)),
    ),
    "a takeover with the author for a secret": (
        "entrance",
        lambda ann: Claim(request=new_request(), name=ann.granted.name, secret=ann.granted.author),
    ),
    "a takeover with the same request": (
        "entrance",
        lambda ann: Claim(request=ann.request, name=ann.granted.name, secret=secrets.token_hex(32)),
    ),
    "a takeover in capitals": (
        "entrance",
        lambda ann: Claim(request=new_request(), name=ann.granted.name.upper(), secret=secrets.token_hex(32)),
    ),
    "a takeover in wide letters": (
        "entrance",
        lambda ann: Claim(
            request=new_request(),
            name="".join(chr(ord(each) + 0xFEE0) for each in ann.granted.name),
            secret=secrets.token_hex(32),
        ),
    ),
}


def through(chat: System, door: str, eve: Person, message: Any, **properties: Any) -> Any:
    """Send a request through the entrance, or as a session; return the answer."""
    if door == "entrance":
        return ask(members.entrance(chat), topology.ENTRANCE.name, "", message, **properties)
    return ask(eve.login, topology.MEMBERS.name, "", message, **properties)


@pytest.mark.parametrize("what", WRONG_DOORS)
def test_the_registry_refuses(chat: System, ann: Person, eve: Person, what: str) -> None:
    door, make = WRONG_DOORS[what]

    assert isinstance(through(chat, door, eve, make(ann)), Refused)
    assert holds(chat, ann)


def test_the_registry_refuses_a_resume_with_a_former_token_at_the_entrance(
    chat: System, ann: Person, eve: Person
) -> None:
    message = Resume(request=new_request(), token=_former(chat, ann))

    assert isinstance(through(chat, "entrance", eve, message), Refused)


def holds(_chat: System, who: Person) -> bool:
    """Return whether a person still has the name: the session may ask for the names in use, and is among them."""
    answer = ask(who.login, topology.MEMBERS.name, "", ListUsers(request=new_request(), after=0))
    assert isinstance(answer, Users), answer
    return who.granted.name in (*answer.connected, *answer.disconnected)


def _exit(_chat: System, who: Person) -> None:
    assert isinstance(ask(who.login, topology.MEMBERS.name, "", Exit(request=new_request())), Exited)


def _take_over(chat: System, who: Person) -> None:
    assert isinstance(members.claim(chat, who.granted.name, who.secret), Granted)


def _release(chat: System, who: Person) -> None:
    operator = hostile.named(chat.broker, chat.vhost, "admin")
    order = Release(request=new_request(), name=who.granted.name)
    assert isinstance(ask(operator, topology.OPERATOR.name, "registry.requests", order), Released)


ENDS = {"exit": _exit, "takeover": _take_over, "release": _release}


@pytest.mark.parametrize("how", ENDS)
def test_a_session_that_has_ended_does_nothing_more(chat: System, how: str) -> None:
    ghost = person(chat, "ghost")
    members.in_room(ghost)
    ENDS[how](chat, ghost)

    until(lambda: _refused_post(ghost), 10, "the routers refuse the session")
    for make in QUESTIONS.values():
        assert until(lambda make=make: isinstance(question(ghost, make(ghost.granted.card)), Refused), 10)  # type: ignore[misc]
    for request in (Renew(request=new_request()), ListUsers(request=new_request(), after=0)):
        assert isinstance(ask(ghost.login, topology.MEMBERS.name, "", request), Refused)
    resume = Resume(request=new_request(), session=ghost.granted.session, secret=ghost.secret)
    assert isinstance(ask(members.entrance(chat), topology.ENTRANCE.name, "", resume), Refused)


def _refused_post(ghost: Person) -> bool:
    # A text of spaces is refused for another reason while the session lasts.
    answer = members.post(ghost, members.posts(" ", 2, card=ghost.granted.card))
    return isinstance(answer, PostsRefused) and answer.reason == "invalid_token"


def test_a_session_that_has_ended_frees_no_name_of_its_successor(chat: System) -> None:
    old = person(chat, "heir")
    granted = members.claim(chat, old.granted.name, old.secret)
    assert isinstance(granted, Granted)

    ask(old.login, topology.MEMBERS.name, "", Exit(request=new_request()))

    login = hostile.Login(chat.broker, chat.vhost, granted.session, granted.token)
    assert holds(chat, Person(login, granted, old.secret, ""))

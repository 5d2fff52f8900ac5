"""Ending, renewing or taking over the session of somebody else, and using a session that has ended."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from chat_amqp import topology
from chat_wire.messages import (
    Claim,
    Exit,
    Exited,
    Granted,
    ListUsers,
    PostsRefused,
    Refused,
    Release,
    Released,
    Renew,
    Resume,
)
from testkit.processes import System
from testkit.wait import until
from tests.security import hostile, members
from tests.security.members import QUESTIONS, Person, ask, former_token, new_request, person, question


@pytest.fixture(scope="module")
def ann(chat: System) -> Person:
    """Return the victim."""
    return person(chat, "ann")


@pytest.fixture(scope="module")
def eve(chat: System) -> Person:
    """Return the attacker, who is a member."""
    return person(chat, "eve")


REQUESTS: dict[str, Callable[[], Any]] = {
    "renew": lambda: Renew(request=new_request()),
    "list names": lambda: ListUsers(request=new_request(), after=0),
    "exit": lambda: Exit(request=new_request()),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_without_its_user_is_refused(eve: Person, what: str) -> None:
    assert isinstance(ask(eve.login, topology.MEMBERS.name, "", REQUESTS[what](), user_id=None), Refused)
    assert holds(eve)


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
    assert holds(ann)


def test_the_registry_refuses_a_resume_with_a_former_token_at_the_entrance(
    chat: System, ann: Person, eve: Person
) -> None:
    message = Resume(request=new_request(), token=former_token(chat, ann))

    assert isinstance(through(chat, "entrance", eve, message), Refused)


def holds(who: Person) -> bool:
    """Return whether a person still has the name."""
    answer = ask(who.login, topology.MEMBERS.name, "", Renew(request=new_request()))
    return isinstance(answer, Granted) and answer.name == who.granted.name


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
    for what in ("renew", "list names"):
        assert isinstance(ask(ghost.login, topology.MEMBERS.name, "", REQUESTS[what]()), Refused)
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
    assert holds(Person(login, granted, old.secret, ""))

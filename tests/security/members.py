"""People of the chat for the hostile client: what the registry grants them, and the requests that they may send."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat_amqp import topology
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import decode, encode
from chat_wire.messages import (
    Batch,
    Claim,
    Exited,
    Granted,
    History,
    Mine,
    Notice,
    Page,
    Post,
    Posts,
    PostsRefused,
    Refused,
    Released,
    Search,
    SessionEnded,
    Users,
)
from testkit.processes import System
from testkit.tokens import grant
from testkit.wait import until
from tests.security import hostile
from tests.security.hostile import SECOND, Login

ANSWERS: tuple[Any, ...] = (Granted, Refused, Exited, Users, Released, SessionEnded, PostsRefused, Page)


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a session.

    Attributes:
        login: The login of the session.
        granted: What the registry has granted.
        secret: The secret of the person.
        request: The request of the claim.
    """

    login: Login
    granted: Granted
    secret: str
    request: str


def new_request() -> str:
    """Return a new id for a request."""
    return secrets.token_hex(8)


def new_name(prefix: str) -> str:
    """Return a name that nobody has."""
    return f"{prefix}{secrets.token_hex(4)}"


def entrance(chat: System) -> Login:
    """Return the login that everybody has who knows the address of the chat."""
    return hostile.named(chat.broker, chat.vhost, "client")


def claim(chat: System, name: str, secret: str = "", request: str = "") -> Any:
    """Claim a name, and return the answer."""
    message = Claim(request=request or new_request(), name=name, secret=secret or secrets.token_hex(32))
    return ask(entrance(chat), topology.ENTRANCE.name, "", message)


def person(chat: System, prefix: str = "ann") -> Person:
    """Return somebody who has just claimed a new name and connected."""
    secret, request = secrets.token_hex(32), new_request()
    granted = claim(chat, new_name(prefix), secret, request)
    assert isinstance(granted, Granted), granted
    login = Login(chat.broker, chat.vhost, granted.session, granted.token)
    return Person(login, granted, secret, request)


def ask(login: Login, exchange: str, key: str, message: Any, **properties: Any) -> Any:
    """Send a message by direct reply-to, and return the first answer to it.

    The message has the user of the login, unless the properties say otherwise; None leaves it out.
    """
    body = message if isinstance(message, bytes) else encode(message)
    if exchange != topology.ENTRANCE.name:
        properties = {"user_id": login.user, **properties}
    with login.open() as connection:
        given = {name: value for name, value in properties.items() if value is not None}
        return decode(hostile.asked(connection.channel(), exchange, key, body, **given)[0], *ANSWERS)


def posts(text: str, sequence: int = 1, card: str = "", token: str = "", room: str = "") -> Posts:
    """Return a message of one post."""
    return Posts(card=card, token=token, room=room, posts=(Post(sequence=sequence, client_ts=1, text=text),))


def post(mine: Person, message: Any, partition: int | None = None, room: str = "lobby", **properties: Any) -> Any:
    """Post as a person, and return the answer, which is a refusal; a router does not answer to a post that it takes."""
    number = mine.granted.partition if partition is None else partition
    return ask(mine.login, topology.POSTS.name, topology.posts_key(number, room), message, **properties)


def in_room(mine: Person, text: str = "", room: str = "lobby") -> list[Batch | Notice]:
    """Return all entries of a room up to a new post of a person, or up to the post with a text."""
    last = text or secrets.token_hex(8)
    with mine.login.open() as connection:
        got = hostile.consume(connection.channel(), f"room.{room}", arguments={"x-stream-offset": "first"})
        if not text:
            sent = post_and_forget(connection, mine, last)
            assert sent
        until(lambda: any(last.encode() in message.body for message in hostile.drained(connection, got)), 15)
    kinds: tuple[Any, ...] = (Batch, Notice)
    return [decode(message.body, *kinds) for message in got]


def post_and_forget(connection: Any, mine: Person, text: str, sequence: int = 1, **fields: str) -> bool:
    """Post on an open connection, without waiting for an answer."""
    message = encode(posts(text, sequence, **{"card": mine.granted.card, **fields}))
    key = topology.posts_key(mine.granted.partition, "lobby")
    hostile.publish(connection.channel(), topology.POSTS.name, key, message, user_id=mine.login.user)
    return True


def former_token(chat: System, who: Person) -> str:
    """Return the token that a registry of 0.3.0 would have given to a person."""
    granted = who.granted
    expires = (int(time.time()) + 600) * SECOND
    claims = Claims(
        session=granted.session, name=granted.name, author=granted.author, partition=granted.partition, expires=expires
    )
    return mint(claims, hostile.private_key(chat.broker))


QUESTIONS: dict[str, Callable[[str], Any]] = {
    "history": lambda card: History(request=new_request(), card=card, before=None, limit=10),
    "search": lambda card: Search(request=new_request(), card=card, words="x", before=None, limit=10),
    "mine": lambda card: Mine(request=new_request(), card=card, after=0, limit=10),
}


def question(who: Person, message: Any, **properties: Any) -> Any:
    """Ask the archive as a person, and return the answer."""
    key = topology.MINE_KEY if isinstance(message, Mine) else topology.question_key("lobby")
    return ask(who.login, topology.QUESTIONS.name, key, message, **properties)


def minted(chat: System, prefix: str) -> Person:
    """Return somebody with a session that no registry knows: the broker, the routers and the archives cannot tell."""
    secret = secrets.token_hex(32)
    author = hashlib.sha256(secret.encode()).hexdigest()
    granted = grant(chat, new_name(prefix), author, hostile.PARTITION)
    return Person(Login(chat.broker, chat.vhost, granted.session, granted.token), granted, secret, "")

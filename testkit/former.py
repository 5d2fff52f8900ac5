"""A member of the chat as a client of 0.3.0 is one: it declares an inbox, and its messages carry its token."""

import secrets
import time
from dataclasses import replace
from typing import Any

from chat_amqp import former
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.messages import Claim, Exit, Granted, ListUsers, Post, Posts, Resume, Users
from testkit.chatter import Chatter, new_request
from testkit.line import Line
from testkit.processes import System

HOUR = 3_600_000_000


class FormerLine(Line):
    """A connection with an inbox, an exclusive queue."""

    def consume_answers(self, channel: Any) -> str:
        """Declare and consume the inbox, and return its name."""
        inbox = former.new_inbox()
        inbox(channel).declare()
        channel.basic_consume(inbox.name, no_ack=True, callback=self.on_answer)
        return inbox.name


class FormerChatter(Chatter):
    """A member that does everything on one connection, with the user that all clients of 0.3.0 share."""

    def __init__(self, url: str, secret: str | None = None) -> None:
        """Connect, and declare and consume the inbox.

        Args:
            url: The AMQP URL of the clients' user.
            secret: The author secret; by default, a random one.
        """
        super().__init__(url, secret)
        self._own = FormerLine(url, self.replies)

    @property
    def inbox(self) -> str:
        """The name of the inbox."""
        return self.line.reply_to

    def request(self, message: Any, exchange: str = former.REGISTRY.name, key: str = former.COMMANDS.name) -> Any:
        """Publish a request, wait for its answer, and return it."""
        self.publish(exchange, key, encode(message))
        return self.answer(message.request)

    def ask(self, question: Any, room: str = "lobby") -> Any:
        """Ask the archive, wait for its answer, and return it. The question gets the token of the session."""
        asked = replace(question, token=self.token, **({"room": room} if hasattr(question, "room") else {}))
        return self.request(asked, former.ARCHIVE.name, former.QUERIES.name)

    def claim(self, name: str, *, quiet: bool = False) -> Any:
        """Claim a name, and return the answer; a granted session becomes the current one."""
        answer = self.request(Claim(request=new_request(), name=name, secret=self.secret, quiet=quiet))
        if isinstance(answer, Granted):
            self.granted, self._sequence = answer, 0
        return answer

    def resume(self) -> Any:
        """Resume the session with this inbox, and return the answer."""
        return self.request(Resume(request=new_request(), token=self.token))

    def exit(self) -> Any:
        """End the session, and return the answer."""
        return self.request(Exit(request=new_request(), token=self.token))

    def users(self) -> Users:
        """Ask for the members, and return the answer."""
        after = self.granted.offset if self.granted else 0
        answer = self.request(ListUsers(request=new_request(), token=self.token, after=after))
        assert isinstance(answer, Users), answer
        return answer

    def send(self, posts: tuple[Post, ...], room: str = "lobby") -> None:
        """Publish posts, which may have any sequences, in one message."""
        assert self.granted
        body = encode(Posts(token=self.token, room=room, posts=posts))
        self.publish(former.INGRESS.name, str(self.granted.partition), body)


def former_member(
    system: System, name: str, partition: int = 3, expires_in: int = HOUR, secret: str | None = None
) -> FormerChatter:
    """Return a chatter with a new session, whose token is signed with the registry's key.

    Args:
        system: The system.
        name: The name of the member.
        partition: The partition of the session.
        expires_in: The lifetime of the token, in microseconds.
        secret: The author secret; by default, a random one.
    """
    chatter = FormerChatter(system.url("former-client"), secret)
    expires = (time.time_ns() // 1000 + expires_in) // 1_000_000 * 1_000_000
    claims = Claims(
        session=secrets.token_hex(16), name=name, author=chatter.secret, partition=partition, expires=expires
    )
    key = (system.broker.secrets_dir / "registry" / "token_private_key").read_text()
    chatter.granted = Granted(
        request="",
        session=claims.session,
        name=name,
        author=claims.author,
        partition=partition,
        token=mint(claims, key),
        expires=expires,
        at=0,
        offset=0,
    )
    return chatter

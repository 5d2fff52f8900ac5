"""Raw attempts at the broker: each function takes an open channel, and the broker may refuse it."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amqp.exceptions import AMQPError

from chat_amqp import former, topology
from chat_amqp.connection import connect, with_login
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher
from chat_registry.scopes import scopes
from chat_tokens.access import mint_access
from chat_wire.units import SECOND
from testkit.broker import TestBroker

Do = Callable[[Any], object]
# Not CONNECTIONS and DEPARTURES: only the virtual host / has the exchange of the broker's events.
DECLARED = {
    "registry": (*topology.REGISTRY_QUEUES, *former.REGISTRY_QUEUES, *topology.ROOM_STREAMS),
    "router": (*topology.ROUTER_QUEUES, *former.INGRESS_QUEUES),
    "archive": (*topology.ARCHIVE_QUEUES, *former.ARCHIVE_QUEUES),
}
SESSION = "session"  # in place of a user: a new session, which logs in with a token
TOKEN_SECONDS = 600
PARTITION = 3


class Attempts:
    """A virtual host in which somebody tries something."""

    def __init__(self, broker: TestBroker, vhost: str) -> None:
        """Take the broker and the virtual host."""
        self.broker = broker
        self.vhost = vhost

    def __call__(self, user: str, do: Do) -> str:
        """Do something as a user, and return the broker's error or an empty text."""
        with connect(self.url(user), f"test-{user}") as connection:
            try:
                do(connection.channel())
            except AMQPError as error:
                return str(error)
        return ""

    def url(self, user: str) -> str:
        """Return the URL of a user, or of a new session."""
        if user != SESSION:
            return self.broker.url(user, self.vhost)
        return self.session_url(secrets.token_hex(16), scopes(self.vhost, PARTITION))

    def session_url(self, session: str, allowed: Sequence[str]) -> str:
        """Return the URL of a session with a token of the registry.

        Args:
            session: The session's id.
            allowed: The scopes of the token.
        """
        key = (self.broker.secrets_dir / "registry" / "token_private_key").read_text()
        token = mint_access(session, allowed, time.time_ns() // 1000 + TOKEN_SECONDS * SECOND, key)
        return with_login(self.broker.url("client", self.vhost), session, token)


@contextmanager
def attempts_on(broker: TestBroker) -> Iterator[Attempts]:
    """Yield a new virtual host with every part of the chat, declared by the services' users; delete it in the end."""
    vhost = broker.create_vhost()
    for user, queues in DECLARED.items():
        with connect(broker.url(user, vhost), f"test-{user}") as connection:
            assert declare(connection, *queues, topology.HEALTH_STREAM) == []
    yield Attempts(broker, vhost)
    broker.delete_vhost(vhost)


def publish(channel: Any, to: str, key: str, user_id: str | None = None) -> None:
    """Publish and wait for the confirm, or for the error of a refusal."""
    publisher = Publisher(channel)
    publisher.publish(Publication(exchange=to, routing_key=key, body=b"{}", user_id=user_id, mandatory=False))
    while publisher.unconfirmed:
        channel.connection.drain_events(timeout=5)


def consume(channel: Any, name: str) -> None:
    """Consume with a prefetch, which a stream requires."""
    channel.basic_qos(0, 1, False)
    channel.basic_consume(name, callback=lambda _message: None)


def inbox(channel: Any, **arguments: str) -> str:
    """Declare a queue with a name that a client of 0.3.0 may use."""
    name = f"inbox.{secrets.token_hex(16)}"
    channel.queue_declare(name, exclusive=True, durable=False, arguments=_dashed(arguments))
    return name


def exchange(channel: Any, **arguments: str) -> str:
    """Declare an exchange with a name that a client of 0.3.0 may use."""
    name = f"inbox.{secrets.token_hex(16)}"
    channel.exchange_declare(name, "fanout", durable=False, auto_delete=True, arguments=_dashed(arguments))
    return name


def _dashed(arguments: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in arguments.items()}


# Nobody outside the services may do this. The names are those of the chat.
CHANGES: dict[str, Do] = {
    "declare a room": lambda channel: channel.queue_declare("room.x", durable=True, auto_delete=False),
    "declare a queue named by the broker": lambda channel: channel.queue_declare("", exclusive=True),
    "declare an exchange of the chat": lambda channel: channel.exchange_declare("chat.x", "fanout"),
    "delete a room": lambda channel: channel.queue_delete("room.lobby"),
    "delete an exchange": lambda channel: channel.exchange_delete("chat.rooms"),
    "purge a room": lambda channel: channel.queue_purge("room.lobby"),
    "bind a room": lambda channel: channel.queue_bind("room.lobby", "chat.members", ""),
    "unbind a room": lambda channel: channel.queue_unbind("room.lobby", "chat.rooms", "lobby"),
    "bind an exchange": lambda channel: channel.exchange_bind("chat.operator", "chat.members", ""),
    "hear the broker's events": lambda channel: channel.queue_bind("room.lobby", "amq.rabbitmq.event", "#"),
}
# A client of 0.3.0 may declare an inbox. Nothing may follow from that.
WITH_AN_INBOX: dict[str, Do] = {
    "hear what others ask": lambda channel: channel.queue_bind(inbox(channel), "chat.registry", "registry.commands"),
    "hear the claims of others": lambda channel: channel.queue_bind(inbox(channel), "chat.entrance", ""),
    "hear the posts of others": lambda channel: channel.queue_bind(inbox(channel), "chat.posts", "#"),
    "hear the broker's events": lambda channel: channel.queue_bind(inbox(channel), "amq.rabbitmq.event", "#"),
    "send dead letters to any queue": lambda channel: inbox(channel, x_dead_letter_exchange=""),
    "send dead letters to a room": lambda channel: inbox(channel, x_dead_letter_exchange="chat.rooms"),
    "send dead letters as an operator": lambda channel: inbox(channel, x_dead_letter_exchange="chat.operator"),
    "send dead letters as a session": lambda channel: inbox(channel, x_dead_letter_exchange="chat.members"),
    "send what is unroutable as an operator": lambda channel: exchange(channel, alternate_exchange="chat.operator"),
    "feed the operators' exchange": lambda channel: channel.exchange_bind("chat.operator", exchange(channel), ""),
}
QUEUES = (
    *("registry.requests", "registry.commands", "registry.journal", "registry.snapshots", "sessions.ended"),
    *("router.posts.0", "router.ingress.0", "archive.questions", "archive.queries", "archive.writer"),
    *("dead-letters", "workers.health"),
)
SERVICE_EXCHANGES = (
    *(("", "room.lobby"), ("", "registry.requests"), ("", "registry.commands"), ("", "dead-letters")),
    *(("chat.rooms", "lobby"), ("chat.operator", "registry.requests"), ("chat.operator", "archive.questions")),
    *(("chat.journal", ""), ("chat.snapshots", ""), ("chat.sessions", ""), ("chat.dead", ""), ("chat.health", "")),
    *(("amq.rabbitmq.event", "queue.deleted"), ("amq.topic", "x"), ("amq.direct", "x"), ("amq.fanout", "x")),
)


def asked(channel: Any, to: str, key: str) -> str:
    """Ask with direct reply-to, and return the address for the answer that the broker gives to a service."""
    channel.basic_consume(topology.REPLY_TO, no_ack=True, callback=lambda _message: None)
    publisher = Publisher(channel)
    publisher.publish(Publication(exchange=to, routing_key=key, body=b"{}", reply_to=topology.REPLY_TO))
    while publisher.unconfirmed:
        channel.connection.drain_events(timeout=5)
    return "" if publisher.returned else to

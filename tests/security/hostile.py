"""The hostile client: logins of every kind, and what somebody with a login may try at the broker.

An attempt returns the name of the broker's refusal, such as ACCESS_REFUSED, or an empty text if the broker allowed it.
"""

import base64
import secrets
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit

import amqp
from amqp.exceptions import AMQPError
from amqp.sasl import PLAIN

from chat_amqp import topology
from chat_amqp.renewal import RenewableConnection
from chat_registry.scopes import scopes
from chat_tokens.access import mint_access
from testkit.broker import TestBroker
from testkit.wait import until

SECOND = 1_000_000
LIFE = 600 * SECOND
PARTITION = 3
REFUSED = "ACCESS_REFUSED"
# RabbitMQ names its errors so. The first words of a refusal have the name.
ERRORS = (
    *(REFUSED, "NOT_FOUND", "PRECONDITION_FAILED", "RESOURCE_LOCKED", "NOT_ALLOWED"),
    *("NOT_IMPLEMENTED", "COMMAND_INVALID", "INTERNAL_ERROR", "RESOURCE_ERROR", "SYNTAX_ERROR", "CONNECTION_FORCED"),
)

Do = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Login:
    """A user and its password, at one virtual host.

    Attributes:
        broker: The broker.
        vhost: The virtual host.
        user: The user.
        password: The password, which is a token for a session.
    """

    broker: TestBroker
    vhost: str
    user: str
    password: str

    def connection(self, mechanism: Any = PLAIN) -> Any:
        """Return a connection of py-amqp that is not open yet."""
        host = urlsplit(self.broker.amqp_url.split(";")[0])
        return RenewableConnection(
            host=f"{host.hostname}:{host.port}",
            login_method=None,
            authentication=[mechanism(self.user, self.password)],
            virtual_host=self.vhost,
            connect_timeout=10,
            read_timeout=10,
            write_timeout=10,
        )

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Yield an open connection, and close it in the end, whatever the broker has done to it."""
        connection = self.connection()
        connection.connect()
        try:
            yield connection
        finally:
            connection.collect()


def named(broker: TestBroker, vhost: str, place: str) -> Login:
    """Return the login in a directory of the installation, such as `client`, which has the entrance."""
    made = urlsplit((broker.secrets_dir / place / "amqp_url").read_text().split(";")[0].strip())
    return Login(broker, vhost, unquote(made.username or ""), unquote(made.password or ""))


def private_key(broker: TestBroker) -> str:
    """Return the registry's private key, which the hostile client does not have."""
    return (broker.secrets_dir / "registry" / "token_private_key").read_text()


def token(broker: TestBroker, session: str, granted: Iterable[str], expires_in: int = LIFE) -> str:
    """Return a token as the registry mints it."""
    return mint_access(session, list(granted), time.time_ns() // 1000 + expires_in, private_key(broker))


def session(broker: TestBroker, vhost: str, name: str = "", partition: int = PARTITION) -> Login:
    """Return the login of a session, with a token that has just been minted.

    Args:
        broker: The broker.
        vhost: The virtual host.
        name: The session's id; by default, a new one.
        partition: The partition of the session.
    """
    name = name or secrets.token_hex(16)
    return Login(broker, vhost, name, token(broker, name, scopes(vhost, partition)))


def error_name(error: BaseException) -> str:
    """Return the name of an error of the broker, and the text of any other one."""
    text = str(error)
    return next((name for name in ERRORS if name in text), text or type(error).__name__)


def attempt(login: Login, do: Do) -> str:
    """Do something on a new connection; return the broker's error, or an empty text.

    Args:
        login: The login.
        do: What to do with an open channel.
    """
    try:
        with login.open() as connection:
            do(connection.channel())
    except (AMQPError, OSError) as error:
        return error_name(error)
    return ""


def outcomes(login: Login, objects: Iterable[str], do: Callable[[Any, str], object]) -> dict[str, str]:
    """Do the same to many objects, and return the broker's answer for each.

    Args:
        login: The login.
        objects: The names of exchanges or of queues.
        do: What to do with an open channel and an object.
    """
    found: dict[str, str] = {}
    waiting = list(objects)
    while waiting:  # most refusals close the channel, and a few close the connection
        with login.open() as connection:
            while waiting and connection.connected:
                name = waiting.pop()
                found[name] = _on_channel(connection, do, name)
    return found


def _on_channel(connection: Any, do: Callable[[Any, str], object], name: str) -> str:
    try:
        channel = connection.channel()
        do(channel, name)
        channel.close()
    except (AMQPError, OSError) as error:
        return error_name(error)
    return ""


def let_through(answers: Mapping[str, str]) -> set[str]:
    """Return the objects for which the broker found that the user has the right, whether or not the rest worked."""
    return {name for name, answer in answers.items() if answer != REFUSED}


def publish(channel: Any, exchange: str, key: str = "", body: bytes = b"{}", **properties: Any) -> None:
    """Publish, and wait until the broker has taken the message or has refused it."""
    channel.basic_publish_confirm(amqp.Message(body, **properties), exchange, key, confirm_timeout=10)


def consume(channel: Any, name: str, **options: Any) -> list[Any]:
    """Consume with a prefetch, which a stream requires; return the list to which messages are added."""
    got: list[Any] = []
    channel.basic_qos(0, 100, False)
    channel.basic_consume(name, callback=got.append, **options)
    return got


def asked(channel: Any, exchange: str, key: str, body: bytes, seconds: float = 10, **properties: Any) -> list[bytes]:
    """Publish a message with direct reply-to, and return the answers once there is one.

    Args:
        channel: An open channel on which nothing has been consumed yet.
        exchange: The exchange.
        key: The routing key.
        body: The body.
        seconds: How long to wait.
        properties: The properties of the message; `reply_to` is set unless it is among them.

    Raises:
        AssertionError: No answer came.
    """
    got: list[bytes] = []
    channel.basic_consume(topology.REPLY_TO, no_ack=True, callback=lambda message: got.append(message.body))
    publish(channel, exchange, key, body, **{"reply_to": topology.REPLY_TO, **properties})
    until(lambda: drained(channel.connection, got), seconds, f"an answer to {body[:200]!r}")
    return got


def drained(connection: Any, got: list[Any]) -> list[Any]:
    """Handle everything that has arrived, and return the list to which that has added."""
    try:
        while True:
            connection.drain_events(timeout=0.01)
    except TimeoutError:
        return got


def management_status(login: Login, path: str) -> int:
    """Return the status with which the management API answers a login."""
    return _status(login, path, f"{login.user}:{login.password}")


def _status(login: Login, path: str, user: str) -> int:
    at = urlsplit(login.broker.management_url)
    basic = base64.b64encode(user.encode()).decode()
    request = urllib.request.Request(
        f"http://{at.hostname}:{at.port}/api/{path}", headers={"Authorization": f"Basic {basic}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code

"""A registry that a test plays: it grants every claim, with tokens that last as long as the test wants."""

import threading
from dataclasses import replace
from typing import Any

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_wire.codec import decode, encode
from chat_wire.messages import Claim, Exit, Exited, Granted, History, Page, Posts, Renew, Resume
from testkit.processes import System
from testkit.tokens import grant

PARTITION = 3
REQUESTS: tuple[type[Any], ...] = (Claim, Resume, Renew, Exit, History, Posts)


class PlayedRegistry:
    """Answers requests in a thread of its own. It also answers as an archive without posts, and publishes no post.

    Attributes:
        lifetime: The lifetime of a token, in microseconds.
        key: The private key that signs tokens; None for that of the registry.
        silent: The classes of the requests that it does not answer.
        received: The requests and posts that arrived, with the user of each.
    """

    def __init__(self, system: System, lifetime: int) -> None:
        """Start to answer.

        Args:
            system: The system.
            lifetime: The lifetime of a token, in microseconds.
        """
        self.lifetime = lifetime
        self.silent: set[type[Any]] = set()
        self.received: list[tuple[str | None, Any]] = []
        self.key: str | None = None
        self._system = system
        self._sessions: dict[str, Granted] = {}
        self._stopped = threading.Event()
        self._connection = connect(f"{system.broker.amqp_url.rstrip('/')}/{system.vhost}", "registry")
        queues = (*topology.REGISTRY_QUEUES, topology.ASKED, topology.posts(PARTITION), *topology.ROOM_STREAMS)
        declare(self._connection, *queues)
        self._channel: Any = self._connection.channel()
        self._channel.auto_decode = False
        for queue in (topology.REQUESTS, topology.ASKED, topology.posts(PARTITION)):
            self._channel.basic_consume(queue.name, no_ack=True, callback=self._on_message)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop to answer."""
        self._stopped.set()
        self._thread.join()
        self._connection.release()

    def count(self, cls: type[Any]) -> int:
        """Return how many requests of a class arrived."""
        return sum(isinstance(request, cls) for _user, request in self.received)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._connection.drain_events(timeout=0.1)
            except TimeoutError:
                self._connection.heartbeat_check()

    def _on_message(self, message: Any) -> None:
        user, request = message.properties.get("user_id"), decode(message.body, *REQUESTS)
        self.received.append((user, request))
        answer = None if type(request) in self.silent else self._answer(user, request)
        if answer:
            body = self._channel.prepare_message(encode(answer), content_type="application/json")
            self._channel.basic_publish(body, routing_key=message.properties["reply_to"])

    def _answer(self, user: str | None, request: Any) -> Any:
        if isinstance(request, Claim):
            made = grant(self._system, request.name, request.secret, PARTITION, self.lifetime)
            return self._granted(request.request, made)
        if isinstance(request, Resume):
            return self._granted(request.request, self._sessions[request.session])
        if isinstance(request, Renew) and user:
            return self._granted(request.request, self._sessions[user])
        if isinstance(request, Exit):
            return Exited(request=request.request)
        if isinstance(request, History):
            return Page(request=request.request, messages=(), more=False, position=None)
        return None

    def _granted(self, request: str, known: Granted) -> Granted:
        """Return a grant of a session with a new token."""
        again = grant(self._system, known.name, known.author, PARTITION, self.lifetime, known.session, self.key)
        self._sessions[known.session] = again
        return replace(again, request=request)

"""The session that a frontend talks to: one thread that keeps a connection and does the work."""

import contextlib
import contextvars
import itertools
import queue
import random
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from amqp.exceptions import AccessRefused, NotFound
from kombu.connection import Connection
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from chat_amqp.connection import recoverable_errors
from chat_client.door import Door, TokenRefused
from chat_client.events import ConnectionLost, Ended, Event, Waiting
from chat_client.language import _, marked
from chat_client.link import Link
from chat_client.member import Member
from chat_client.places import Query
from chat_client.sending import SERVICES_MISSING
from chat_client.settings import broker_name
from chat_wire.messages import Post
from chat_wire.names import name_key
from chat_wire.text import check_text

TOKEN_REFUSED = marked(
    "waiting for the broker at {broker} (it does not accept the tokens of the chat: tell the operator)"
)
NOT_THE_ENTRANCE = marked(
    "waiting for the broker at {broker} (the user in AMQP_URL may not join: ask the operator for the present AMQP_URL)"
)
CLOSE_SECONDS = 2.0
TOKEN_REFUSED_SECONDS = 10.0  # an operator has to act, and each new token costs the registry an entry in its journal
RETRY_PAUSE = wait_random_exponential(multiplier=0.2, max=3)


class Session:
    """One person in the chat; the `ChatSession` of the frontends.

    All methods except `close` return at once. Their outcomes arrive as events, in the order in which they happened.
    The session's own thread calls `emit`, except for the events that `close` emits. If OpenTelemetry has a current span
    when a method is called, the message that follows carries its context.
    """

    def __init__(self, url: str, secret: str, emit: Callable[[Event], None]) -> None:
        """Make a session that is not connected.

        Args:
            url: The AMQP URLs of the broker's nodes, separated by semicolons.
            secret: The author secret, 64 hexadecimal digits (`state.author_secret`).
            emit: Receives each event. It must not block.

        Raises:
            BadUrl: The URL is not the address of a broker.
        """
        self._broker = broker_name(url)
        self._emit = emit
        self._member = Member(secret, emit)
        self._door = Door(url, self._member.access)
        self._left: list[Connection] = []
        self._calls: queue.SimpleQueue[tuple[contextvars.Context, Callable[..., None], tuple[Any, ...]]]
        self._calls = queue.SimpleQueue()
        self._sequence = itertools.count(1)
        self._closing = threading.Event()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        """Start to connect. The session keeps trying until it is closed, and reports Waiting meanwhile."""
        self._thread.start()

    def join(self, name: str, *, quiet: bool = False) -> None:
        """Claim a name: Joined or NameRefused follows.

        Args:
            name: The name as typed.
            quiet: Whether the room hears nothing of the member's presence.

        Raises:
            InvalidName: The name breaks a rule (`chat_wire.names`).
        """
        name_key(name)
        self._call(self._member.claim_request.ask, name, quiet)

    def post(self, text: str) -> int:
        """Post a message to the room.

        Args:
            text: The text, 1 to 4,096 characters in at most 200 lines.

        Returns:
            The sequence of the message, which MessageReceived, Delayed and NotSent carry.

        Raises:
            InvalidText: The text breaks a rule (`chat_wire.text`).
        """
        check_text(text)
        post = Post(sequence=next(self._sequence), client_ts=time.time_ns() // 1000, text=text)
        self._call(self._member.posting.post, post, time.monotonic())
        return post.sequence

    def users(self) -> None:
        """Ask for the users: UsersListed follows once the session has joined."""
        self._call(self._member.users_request.ask)

    def my_messages(self) -> None:
        """Ask for all messages of this person under this name: one or more MyMessagesListed follow."""
        self._call(self._member.my_messages_request.want)

    def history(self, query: Query) -> None:
        """Ask for a page of the room's history: HistoryListed follows."""
        self._call(self._member.history_requests.ask, query)

    def search(self, words: str) -> None:
        """Ask for the newest messages that have all words: SearchListed follows.

        Args:
            words: The words, separated by spaces. This cancels a search that is not answered yet.
        """
        encodable = words.encode(errors="replace").decode()  # UTF-8 cannot encode half of a surrogate pair
        self._call(self._member.search_request.ask, encodable)

    def search_more(self) -> None:
        """Ask for the page of messages before those found: SearchListed follows."""
        self._call(self._member.search_request.ask_more)

    def exit(self) -> None:
        """Leave and free the name once all posts have come back and all requests are answered: Ended follows."""
        self._call(self._member.leave_request.want)

    def close(self) -> None:
        """Stop at once, within 2 s. NotSent reports each post that has not come back.

        Without an `exit` before, the session keeps the name. The calling thread emits these events: the session's
        thread may be stuck in a broken network for longer than a person waits.
        """
        self._closing.set()
        self._wake_thread()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)
        self._do_calls()
        self._member.closed()

    def _call(self, method: Callable[..., None], *arguments: Any) -> None:
        self._calls.put((contextvars.copy_context(), method, arguments))
        self._wake_thread()

    def _wake_thread(self) -> None:
        with contextlib.suppress(BlockingIOError):  # the socket is full, so the thread will wake
            self._wake_writer.send(b"!")

    def _run(self) -> None:
        try:
            while not self._done():
                self._keep_connected()
            for connection in self._left:
                connection.release()
        except Exception as error:
            self._emit(Ended(text=_("the client failed: {error!r}").format(error=error), freed=False))
            raise

    def _done(self) -> bool:
        return self._closing.is_set() or self._member.over

    def _keep_connected(self) -> None:
        opened = self._open()
        if opened is None:
            return
        connection, session = opened
        try:
            self._serve(connection, session)
        except recoverable_errors() as error:
            self._member.lost(self._loss(error, session))
            connection.collect(CLOSE_SECONDS)
            self._pause(random.uniform(0.1, 1))
        else:
            self._left.append(connection)

    def _open(self) -> tuple[Connection, str | None] | None:
        """Return a connection and its session, after any time that it takes; None if the session is closed first."""
        retrying = Retrying(
            retry=retry_if_exception_type(recoverable_errors()),
            wait=_retry_pause,
            stop=lambda _state: self._done(),
            sleep=self._pause,
            before_sleep=self._report_waiting,
            retry_error_callback=lambda _state: None,
        )
        return retrying(lambda: self._door.open(time.monotonic()))

    def _close_left(self) -> None:
        """Close the connection of the entrance, once nothing waits for it: closing costs the broker time, too."""
        while self._left:
            threading.Thread(target=self._left.pop().release, name="closing", daemon=True).start()

    def _report_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        text = _("waiting for the broker at {broker}")
        if isinstance(error, AccessRefused):
            text = _("waiting for the broker at {broker} (it refuses the user or password in AMQP_URL)")
        if isinstance(error, TokenRefused):
            text = _(TOKEN_REFUSED)
        self._member.status.wait_for(text.format(broker=self._broker))

    def _loss(self, error: Exception, session: str | None) -> ConnectionLost | Waiting:
        """Return the event that reports the error which ended a connection."""
        if isinstance(error, NotFound):
            return Waiting(text=_(SERVICES_MISSING))
        if isinstance(error, AccessRefused) and session is None:
            return Waiting(text=_(NOT_THE_ENTRANCE).format(broker=self._broker))
        if isinstance(error, AccessRefused) and not self._has_expired():
            text = _("the broker at {broker} refused a request of this client: {why}")
            return Waiting(text=text.format(broker=self._broker, why=error.reply_text))
        return ConnectionLost(broker=self._broker)

    def _has_expired(self) -> bool:
        """Return whether the token has expired: RabbitMQ 3 then refuses requests, and does not close the connection."""
        return self._member.access.grant is not None and self._member.access.login(time.monotonic()) is None

    def _serve(self, connection: Connection, session: str | None) -> None:
        link = Link(connection, self._wake_reader, session)
        try:
            self._member.opened(link, time.monotonic())
            while self._work(link):
                link.gather()
                now = time.monotonic()
                link.wait(self._member.next_time(now) - now)
                link.drain()
        finally:
            link.close()

    def _work(self, link: Link) -> bool:
        """Do what is to do now, and return whether the connection is still of use."""
        self._do_calls()
        now = time.monotonic()
        self._member.work(link, now)
        if link.session and self._member.joined:
            self._close_left()
        return not (self._done() or self._member.is_through(link, now))

    def _pause(self, seconds: float) -> None:
        """Wait without a connection, but carry out the frontend's calls."""
        self._close_left()
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while not self._done() and time.monotonic() < until:
                selector.select(max(0.0, until - time.monotonic()))
                self._do_calls()
                self._member.report_late(time.monotonic())

    def _do_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_reader.recv(4096)
        while not self._calls.empty():
            context, method, arguments = self._calls.get()
            context.run(method, *arguments, time.monotonic())


def _retry_pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return TOKEN_REFUSED_SECONDS if isinstance(error, TokenRefused) else RETRY_PAUSE(state)

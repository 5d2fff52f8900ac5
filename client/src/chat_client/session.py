"""The session object that a face talks to: one thread that keeps a connection and does the work."""

import contextlib
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

from chat_amqp.connection import connect, recoverable_errors
from chat_client.events import ConnectionLost, Ended, Event, Waiting
from chat_client.language import _
from chat_client.link import Link
from chat_client.member import Member
from chat_client.sending import SERVICES_MISSING
from chat_client.settings import broker_name
from chat_wire.messages import Post
from chat_wire.names import name_key
from chat_wire.text import check_text

CLOSE_SECONDS = 2.0


class Session:
    """One person in the chat. Its methods return at once; what comes of them is told as events.

    `emit` is called in the session's own thread, with each event in the order it happened; at last by `close`.
    """

    def __init__(self, url: str, secret: str, emit: Callable[[Event], None]) -> None:
        self._url = url
        self._broker = broker_name(url)
        self._emit = emit
        self._member = Member(secret, emit)
        self._asked: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = queue.SimpleQueue()
        self._sequence = itertools.count(1)
        self._closing = threading.Event()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def join(self, name: str) -> None:
        """Claim a name: Joined follows, or NameRefused. Raises InvalidName for one that cannot be had."""
        name_key(name)
        self._ask(self._member.join, name)

    def post(self, text: str) -> int:
        """Say something in the room; returns the sequence by which MessageReceived or NotSent will name it.

        Raises InvalidText.
        """
        check_text(text)
        post = Post(sequence=next(self._sequence), client_ts=time.time_ns() // 1000, text=text)
        self._ask(self._member.post, post)
        return post.sequence

    def users(self) -> None:
        """Ask who is there, once joined: UsersListed follows."""
        self._ask(self._member.users)

    def my_messages(self) -> None:
        """Ask for all that this person has said under this name, once joined: MineListed follows."""
        self._ask(self._member.my_messages)

    def older(self) -> None:
        """Ask for what was said before all that was told, once joined: OlderListed follows."""
        self._ask(self._member.older)

    def search(self, words: str) -> None:
        """Ask for the newest messages that hold all words, once joined: SearchListed follows."""
        self._ask(self._member.search, words.encode(errors="replace").decode())  # half a surrogate pair has no bytes

    def search_more(self) -> None:
        """Ask for older messages that hold the words searched for: SearchListed follows."""
        self._ask(self._member.search_more)

    def exit(self) -> None:
        """Leave and free the name, once all posts have come back and all questions are answered: Ended follows."""
        self._ask(self._member.leave)

    def close(self) -> None:
        """Stop at once. Without an exit before, the name is kept. What had not come back is told as NotSent.

        Told here, and not by the session's thread: that may be stuck in a broken network for longer than anybody waits.
        """
        self._closing.set()
        self._rouse()
        self._thread.join(CLOSE_SECONDS)
        self._do_asked()
        self._member.closed()

    def _ask(self, method: Callable[..., None], *arguments: Any) -> None:
        self._asked.put((method, arguments))
        self._rouse()

    def _rouse(self) -> None:
        with contextlib.suppress(BlockingIOError):  # so many calls are waiting that one more says nothing new
            self._waker.send(b"!")

    def _run(self) -> None:
        try:
            while not self._done():
                self._keep_connected()
        except Exception as error:
            self._emit(Ended(text=_("the client failed: {error!r}").format(error=error), freed=False))
            raise

    def _done(self) -> bool:
        return self._closing.is_set() or self._member.over

    def _keep_connected(self) -> None:
        connection = self._connect()
        if connection is None:
            return
        try:
            self._serve(connection)
        except recoverable_errors() as error:
            self._member.lost(self._loss(error))
            connection.collect(CLOSE_SECONDS)
            self._pause(random.uniform(0.1, 1))
        else:
            connection.release()

    def _connect(self) -> Connection | None:
        """A connection, however long it takes; None if the client is closed first."""
        retrying = Retrying(
            retry=retry_if_exception_type(recoverable_errors()),
            wait=wait_random_exponential(multiplier=0.2, max=3),
            stop=lambda _state: self._done(),
            sleep=self._pause,
            before_sleep=self._tell_waiting,
            retry_error_callback=lambda _state: None,
        )
        return retrying(connect, self._url, "chat client")

    def _tell_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        text = _("waiting for the broker at {broker}")
        if isinstance(error, AccessRefused):
            text = _("waiting for the broker at {broker} (it refuses the user or password in AMQP_URL)")
        self._member.wait_for(text.format(broker=self._broker))

    def _loss(self, error: Exception) -> ConnectionLost | Waiting:
        """What to tell of an error that ended a connection: is it the broker, or something that is not there?"""
        if isinstance(error, NotFound):
            return Waiting(text=_(SERVICES_MISSING))
        if isinstance(error, AccessRefused):
            text = _("the broker at {broker} refused a request of this client: {why}")
            return Waiting(text=text.format(broker=self._broker, why=error.reply_text))
        return ConnectionLost(broker=self._broker)

    def _serve(self, connection: Connection) -> None:
        link = Link(connection, self._wake)
        try:
            self._member.opened(time.monotonic())
            while not self._done():
                self._do_asked()
                self._member.work(link, time.monotonic())
                link.gather()
                now = time.monotonic()
                link.wait(self._member.next_time(now) - now)
                link.drain()
        finally:
            link.close()

    def _pause(self, seconds: float) -> None:
        """Wait without a connection, taking in what the face asks for."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._done() and time.monotonic() < until:
                selector.select(max(0.0, until - time.monotonic()))
                self._do_asked()
                self._member.tell_late()

    def _do_asked(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)
        while not self._asked.empty():
            method, arguments = self._asked.get()
            method(*arguments, time.monotonic())

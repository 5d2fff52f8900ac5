"""A session of the real client that records its requests and events."""

import hashlib
import threading
from typing import Literal

from chat_client.events import (
    Ended,
    Event,
    HistoryListed,
    Joined,
    MessageReceived,
    MyMessagesListed,
    NameRefused,
    NotSent,
    Remark,
    SearchListed,
    UsersListed,
)
from chat_client.places import Older, Place
from chat_client.session import Session
from tests.faults.event_texts import INDEX_FAILED, MINE_FAILED
from tests.faults.history import LAST, HistoryWriter

Archived = Literal["mine", "page", "search"]


class RecordedSession:
    """One session, from the claim of a name to its end; its attributes follow its events.

    Attributes:
        label: The label of the session in the history.
        name: The claimed name.
        posted: The number of posts so far.
        waiting: The numbers of the posts that have neither come back nor been refused.
        refused: Whether the name was refused.
        joined: Whether the session joined the room.
        over: Whether it has ended.
        heard_last: Whether it received the last post of the run.
        users_told: Whether the last /users was answered.
        asking: The questions to the archive that are neither answered nor given up: `mine`, `page` or `search`.
        failed: Those that failed and have to be asked again.
        page: The last page of the history that it received.
        connected: The connected members in the last answer to /users.
    """

    def __init__(self, url: str, secret: str, label: str, writer: HistoryWriter) -> None:
        """Start the session.

        Args:
            url: The URL of the broker.
            secret: The author secret.
            label: The label of the session in the history.
            writer: Where to record it.
        """
        self.label = label
        self.name = ""
        self.posted = 0
        self.waiting: set[int] = set()
        self.refused = self.joined = self.over = self.heard_last = False
        self.users_told = False
        self.asking: set[str] = set()
        self.failed: set[str] = set()
        self.page: HistoryListed | None = None
        self.connected: tuple[str, ...] = ()
        self._author = hashlib.sha256(secret.encode()).hexdigest()
        self._writer = writer
        self._session = Session(url, secret, self._on_event)
        self._session.start()

    def claim(self, name: str) -> None:
        """Claim a name."""
        self.name, self.refused = name, False
        self._writer.asked(self.label, "claim", name, self._author)
        self._session.join(name)

    def post(self, text: str) -> None:
        """Post a text."""
        self.posted += 1
        self.waiting.add(self.posted)
        self._writer.asked(self.label, "post", text)
        self._session.post(text)

    def ask_users(self) -> None:
        """Send /users, after all has come to rest."""
        self.users_told = False
        self._writer.asked(self.label, "users", final=True)
        self._session.users()

    def ask_mine(self, *, final: bool = True) -> None:
        """Send /mymsgs; the final questions follow when all has come to rest."""
        self._ask("mine", final=final)
        self._session.my_messages()

    def ask_search(self, *, final: bool = True) -> None:
        """Search for the messages of this session's name."""
        self._ask("search", self.name, final=final)
        self._session.search(f"from:{self.name}")

    def ask_page(self, before: Place | None = None, *, final: bool = True) -> None:
        """Ask for the newest page of the history, or for the one before a place."""
        self._ask("page", f"{before.offset}/{before.index}" if before else "", final=final)
        self._session.history(Older(before))

    def exit(self) -> None:
        """Leave and free the name."""
        self._writer.asked(self.label, "exit")
        self._session.exit()

    def close(self) -> None:
        """Close the connection without an exit, in a thread because this can take 2 s; one that is over is closed."""
        if not self.over:
            self._writer.asked(self.label, "close")
            threading.Thread(target=self._session.close, name="close").start()

    def stuck(self, step: str) -> None:
        """Record a step that did not end."""
        self._writer.asked(self.label, "stuck", step)

    def _ask(self, verb: Archived, text: str = "", *, final: bool) -> None:
        self.failed.discard(verb)
        self.asking.add(verb)
        self._writer.asked(self.label, verb, text, final=final)

    def _answered(self, verb: Archived, *, failed: bool = False) -> None:
        if failed:
            self.failed.add(verb)
        self.asking.discard(verb)

    def _on_event(self, event: Event) -> None:
        """Record an event, in the session's own thread."""
        self._writer.told(self.label, event)
        match event:
            case Joined():
                self.joined = True
            case NameRefused():
                self.refused = True
            case MessageReceived():
                self.waiting.discard(event.sequence or 0)
                self.heard_last = self.heard_last or event.text.endswith(LAST)
            case NotSent():
                self.waiting.discard(event.sequence)
            case UsersListed():
                self.connected = event.connected
                self.users_told = True
            case MyMessagesListed():
                if event.total is not None:
                    self._answered("mine")
            case HistoryListed():
                self.page = event
                self._answered("page", failed=event.failed)
            case SearchListed():
                self._answered("search", failed=event.more and not event.messages)
            case Remark():
                if event.text.startswith((MINE_FAILED, INDEX_FAILED)):
                    self._answered("mine", failed=True)
            case Ended():
                self.over = True

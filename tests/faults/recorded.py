"""A session of the real client that records its requests and events."""

import hashlib
import threading

from chat_client.events import (
    Ended,
    Event,
    Joined,
    MessageReceived,
    MyMessagesListed,
    NameRefused,
    NotSent,
    Remark,
    UsersListed,
)
from chat_client.session import Session
from tests.faults.event_texts import MINE_FAILED
from tests.faults.history import LAST, HistoryWriter


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
        mine_told: Whether the last /mymsgs was answered completely.
        mine_failed: Whether the last /mymsgs failed, and has to be sent again.
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
        self.users_told = self.mine_told = self.mine_failed = False
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

    def ask_mine(self) -> None:
        """Send /mymsgs, after all has come to rest."""
        self.mine_told = self.mine_failed = False
        self._writer.asked(self.label, "mine", final=True)
        self._session.my_messages()

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
                self.mine_told = event.total is not None
            case Remark():
                self.mine_failed = self.mine_failed or event.text.startswith(MINE_FAILED)
            case Ended():
                self.over = True

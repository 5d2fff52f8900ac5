"""A session of the real client, of which everything that it is asked and told is written down."""

import hashlib
import threading

from chat_client.events import (
    Ended,
    Event,
    Joined,
    MessageReceived,
    MineListed,
    NameRefused,
    NotSent,
    Remark,
    UsersListed,
)
from chat_client.session import Session
from tests.faults.history import LAST, HistoryWriter


class RecordedSession:
    """One session, from the claim of a name to its end. Its attributes say what it has been told so far."""

    def __init__(self, url: str, secret: str, label: str, recorder: HistoryWriter) -> None:
        self.label = label
        self.name = ""
        self.posted = 0
        self.waiting: set[int] = set()  # posts of which nothing has been told
        self.refused = self.joined = self.over = self.heard_last = False
        self.users_told = self.mine_told = self.mine_failed = False
        self.connected: tuple[str, ...] = ()  # as told last
        self._author = hashlib.sha256(secret.encode()).hexdigest()
        self._recorder = recorder
        self._session = Session(url, secret, self._told)
        self._session.start()

    def claim(self, name: str) -> None:
        """Ask for a name."""
        self.name, self.refused = name, False
        self._recorder.asked(self.label, "claim", name, self._author)
        self._session.join(name)

    def post(self, text: str) -> None:
        """Say something."""
        self.posted += 1
        self.waiting.add(self.posted)
        self._recorder.asked(self.label, "post", text)
        self._session.post(text)

    def ask_users(self) -> None:
        """Ask who is there, when all is at rest."""
        self.users_told = False
        self._recorder.asked(self.label, "users", final=True)
        self._session.users()

    def ask_mine(self) -> None:
        """Ask for the person's own messages, when all is at rest."""
        self.mine_told = self.mine_failed = False
        self._recorder.asked(self.label, "mine", final=True)
        self._session.my_messages()

    def exit(self) -> None:
        """Leave and free the name."""
        self._recorder.asked(self.label, "exit")
        self._session.exit()

    def close(self) -> None:
        """Go without a word, in a thread as it can take 2 s; of one that is over nothing remains to be closed."""
        if not self.over:
            self._recorder.asked(self.label, "close")
            threading.Thread(target=self._session.close, name="close").start()

    def stuck(self, what: str) -> None:
        """Write down that something did not come to its end."""
        self._recorder.asked(self.label, "stuck", what)

    def _told(self, event: Event) -> None:
        """In the session's own thread."""
        self._recorder.told(self.label, event)
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
            case MineListed():
                self.mine_told = event.total is not None
            case Remark():
                self.mine_failed = self.mine_failed or "ask for your messages again" in event.text
            case Ended():
                self.over = True

"""The rules that say when the terminal's bell rings, and which message the desktop shows."""

import math

from chat_client.events import MessageReceived
from chat_client.fullscreen.mentions import mentions_any
from chat_client.language import _
from chat_client.preferences_file import PreferenceStore

PAUSE_SECONDS = 3


class Bell:
    """Rings for messages of other people while this person is in the room.

    The mode is one of preferences.BELL_MODES: all messages, none, or those that mention this person.
    """

    def __init__(self, own_name: str, preferences: PreferenceStore) -> None:
        """Start without messages.

        Args:
            own_name: The name of this person, which others may mention.
            preferences: Have the mode, and the words that count as a mention too.
        """
        self._own_name = own_name
        self._preferences = preferences
        self.enabled = False  # history, which arrives before Joined, rings nothing
        self._due = False
        self._rang_at = -math.inf
        self._mention: MessageReceived | None = None
        self._notified_at = -math.inf

    @property
    def mode(self) -> str:
        """The mode in words."""
        return {
            "on": _("the bell rings for every message: /bell off or /bell mention changes that"),
            "off": _("the bell does not ring: /bell on or /bell mention changes that"),
            "mention": _("the bell rings when somebody names you: /bell on or /bell off changes that"),
        }[self._preferences.current.bell]

    def record(self, message: MessageReceived) -> None:
        """Record a message, which may make the bell due."""
        if self.enabled and message.sequence is None and message.user != self._own_name:
            mentioned = mentions_any(message.text, (self._own_name, *self._preferences.current.highlight))
            mode = self._preferences.current.bell
            self._due = self._due or mode == "on" or (mentioned and mode == "mention")
            self._mention = message if mentioned else self._mention

    def pop_due(self, now: float) -> bool:
        """Return whether the bell is due, once for all messages since the last call.

        It is never due within PAUSE_SECONDS after it was due: a person who has just heard it knows.

        Args:
            now: The time in seconds, by a clock that nobody sets.
        """
        due, self._due = self._due and now - self._rang_at >= PAUSE_SECONDS, False
        if due:
            self._rang_at = now
        return due

    def pop_mention(self, now: float) -> MessageReceived | None:
        """Return the latest message that mentions the person, if one has arrived since the last call.

        Return None within PAUSE_SECONDS after a message was returned.

        Args:
            now: The time in seconds, by a clock that nobody sets.
        """
        found, self._mention = self._mention, None
        if found is None or now - self._notified_at < PAUSE_SECONDS:
            return None
        self._notified_at = now
        return found

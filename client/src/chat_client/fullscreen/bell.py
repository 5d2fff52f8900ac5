"""When the terminal's bell rings. Pure."""

from chat_client.events import MessageReceived
from chat_client.fullscreen.rows import mentions
from chat_client.language import _


class Bell:
    """Rings for what is said by others while one is in the room: for all, for nothing, or for one's name."""

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name
        self._choice = "mention"
        self.on = False  # what was said before joining rings nothing
        self._due = False

    def choose(self, choice: str) -> str:
        """Take one of commands.BELL_MODES, or leave it as it is for an empty one; returns what is so now, in words."""
        self._choice = choice or self._choice
        return {
            "on": _("the bell rings for every message: /bell off or /bell mention changes that"),
            "off": _("the bell does not ring: /bell on or /bell mention changes that"),
            "mention": _("the bell rings when somebody names you: /bell on or /bell off changes that"),
        }[self._choice]

    def hear(self, said: MessageReceived) -> None:
        """Something was said; it may make the bell due."""
        if self.on and said.sequence is None and said.user != self._own_name:
            named = self._choice == "mention" and mentions(said.text, self._own_name)
            self._due = self._due or named or self._choice == "on"

    def due(self) -> bool:
        """Whether the bell is to ring for what was heard since this was asked last: once, however much that was."""
        due, self._due = self._due, False
        return due

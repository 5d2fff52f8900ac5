"""When the terminal's bell rings. Pure."""

from chat_client.events import Said
from chat_client.fullscreen.rows import mentions
from chat_client.language import _


class Bell:
    """Rings for what is said by others while one is in the room: for all, for nothing, or for one's name."""

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name
        self._choice = "mention"
        self.on = False  # what was said before joining rings nothing

    def choose(self, choice: str) -> str:
        """Take one of commands.BELL_MODES, or leave it as it is for an empty one; returns what is so now, in words."""
        self._choice = choice or self._choice
        return {
            "on": _("the bell rings for every message: /bell off or /bell mention changes that"),
            "off": _("the bell does not ring: /bell on or /bell mention changes that"),
            "mention": _("the bell rings when somebody names you: /bell on or /bell off changes that"),
        }[self._choice]

    def rings(self, said: Said) -> bool:
        """Whether this is to be heard."""
        if not self.on or said.sequence is not None or said.user == self._own_name:
            return False
        return self._choice == "on" or (self._choice == "mention" and mentions(said.text, self._own_name))

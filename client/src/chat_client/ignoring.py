"""The people whose messages this client hides."""

from functools import lru_cache

from chat_client.language import _
from chat_client.preferences_file import PreferenceStore
from chat_client.texts import explained
from chat_wire.errors import InvalidName


def key_of(name: str) -> str:
    """Return the form that makes a name unique; a name that is invalid is its own."""
    try:
        return _key(name)
    except InvalidName:
        return name


@lru_cache(maxsize=8)
def keys_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of names."""
    return frozenset(map(key_of, names))


class Ignoring:
    """Hides people, and shows them again. The preferences keep their names."""

    def __init__(self, preferences: PreferenceStore) -> None:
        """Hide those that the preferences name.

        Args:
            preferences: The preferences of the person who reads.
        """
        self._preferences = preferences

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the names of hidden people."""
        return keys_of(self._names)

    def hides(self, user: str, own_name: str) -> bool:
        """Return whether the messages of a user are hidden. One's own never are."""
        return bool(self._names) and user != own_name and key_of(user) in self.keys

    def ignore(self, name: str, own_name: str) -> list[str]:
        """Hide the messages of a person, or list the hidden people if there is no name. Return lines to show."""
        if not name:
            return [self._listed()]
        try:
            key = _key(name)
        except InvalidName as error:
            return [explained(error)]
        if key == key_of(own_name):
            return [_("{name} is you: you see your own messages").format(name=name)]
        text = _("you do not see what {name} says, on this client: /unignore {name} ends that").format(name=name)
        return [text, *(self._put((*self._names, name)) if key not in self.keys else [])]

    def unignore(self, name: str) -> list[str]:
        """Show the messages of a hidden person again. Return lines to show."""
        key = key_of(name)
        if key not in self.keys:
            return [_("you do not ignore {name}: {listed}").format(name=name, listed=self._listed())]
        kept = tuple(each for each in self._names if key_of(each) != key)
        return [_("you see again what {name} says").format(name=name), *self._put(kept)]

    @property
    def _names(self) -> tuple[str, ...]:
        return self._preferences.current.ignore

    def _listed(self) -> str:
        if not self._names:
            return _("you ignore nobody: /ignore NAME hides what somebody says")
        return _("you ignore {names}: /unignore NAME ends that").format(names=", ".join(self._names))

    def _put(self, names: tuple[str, ...]) -> list[str]:
        unsaved = self._preferences.put("ignore", names)
        return [unsaved] if unsaved else []


def _key(name: str) -> str:
    from chat_wire.names import name_key  # takes time to load, and the question for the name does not need it

    return name_key(name)

"""The preferences: what a person can set in the file `settings.toml`, or by /set in the chat.

The table `PREFERENCES` gives each its values. /set, its completion, the file and the reference page are made from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chat_client.errors import BadPreference
from chat_client.language import _, marked
from chat_client.texts import explained
from chat_wire.errors import InvalidName

NOTHING = "—"  # shown for a preference without a value
DEFAULT = "default"  # the value in /set that stands for the default
ON, OFF = "on", "off"
BELL_MODES = (ON, OFF, "mention")
# Themes of Textual, which is not imported here: the line client reads this table as well.
THEMES = (
    "auto",
    "textual-dark",
    "textual-light",
    "ansi-dark",
    "ansi-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "tokyo-night",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The preferences of a person. `PREFERENCES` has their meanings."""

    theme: str = "auto"
    local_time: bool = False
    bell: str = "mention"
    members: str = "auto"
    joins: bool = True
    name: str = ""
    highlight: tuple[str, ...] = ()
    notify: str = OFF
    ignore: tuple[str, ...] = ()


Value = str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values.

    Attributes:
        read: Returns the preference that a value of the file stands for. Raises ValueError.
        parse: Returns the preference that a typed text stands for. Raises ValueError or InvalidName.
        choices: All values as they are typed, if they are limited.
        form: The msgid of what is typed, unless there are choices.
    """

    read: Callable[[object], Value]
    parse: Callable[[str], Value]
    choices: tuple[str, ...] = ()
    form: str = ""

    @property
    def values(self) -> str:
        """The values that can be typed, in words."""
        return ", ".join(self.choices) or _(self.form)


def _choice(*choices: str) -> Kind:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in choices:
            raise ValueError
        return value.lower()

    return Kind(parse, parse, choices)


def _read_switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _parse_switch(text: str) -> bool:
    if text.lower() not in {ON, OFF}:
        raise ValueError
    return text.lower() == ON


def _read_name(value: object) -> str:
    """Return a name. The registry checks it when the client joins."""
    if not isinstance(value, str):
        raise ValueError
    return value.strip()


def _parse_name(text: str) -> str:
    from chat_wire.names import name_key  # the rules of names take time to load

    name_key(text)
    return text


def _read_words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError
    return tuple(dict.fromkeys(each.strip() for each in value if each.strip()))


def _parse_words(text: str) -> tuple[str, ...]:
    words = _read_words(text.split(","))
    if not words:
        raise ValueError
    return words


SWITCH = Kind(_read_switch, _parse_switch, (ON, OFF))
NAME = Kind(_read_name, _parse_name, form=marked("a name"))
WORDS = Kind(_read_words, _parse_words, form=marked("words with commas between them"))


@dataclass(frozen=True, slots=True)
class Preference:
    """A row of the table.

    Attributes:
        name: Its name in /set and in the file, an attribute of Preferences.
        kind: The kind of its values.
        help: The msgid of what it does.
    """

    name: str
    kind: Kind
    help: str

    @property
    def default(self) -> str:
        """The default as it is typed."""
        return typed(getattr(Preferences(), self.name))


PREFERENCES = (
    Preference("theme", _choice(*THEMES), marked("the colours; auto: dark or light, as the terminal is")),
    Preference("local_time", SWITCH, marked("show local times instead of UTC")),
    Preference(
        "bell",
        _choice(*BELL_MODES),
        marked("ring for every message, for none, or when somebody names you"),
    ),
    Preference(
        "members", _choice("auto", ON, OFF), marked("show the list of members; auto: if the terminal is wide enough")
    ),
    Preference("joins", SWITCH, marked("show who joins, leaves, and loses the connection")),
    Preference("name", NAME, marked("the name to join with at a terminal")),
    Preference("highlight", WORDS, marked("words that count as your name: they are marked, and ring")),
    Preference(
        "notify",
        _choice(OFF, "osc9", "osc777"),
        marked(
            "show on the desktop who names you while you look elsewhere, by the terminal's sequence OSC 9 or OSC 777"
        ),
    ),
    Preference("ignore", WORDS, marked("the people whose messages this client hides; see /ignore")),
)
_BY_NAME = {preference.name: preference for preference in PREFERENCES}


def preference_named(name: str) -> Preference:
    """Return a preference by its name, in upper or lower case, with `-` or `_`.

    Raises:
        BadPreference: There is none. The error lists all.
    """
    found = _BY_NAME.get(name.lower().replace("-", "_"))
    if found is None:
        text = _("there is no setting {name}: the settings are {names}")
        raise BadPreference(text.format(name=name, names=", ".join(_BY_NAME)))
    return found


def with_typed(preferences: Preferences, name: str, text: str) -> Preferences:
    """Return preferences with one changed to a typed value; `DEFAULT` stands for its default.

    Raises:
        BadPreference: The value is wrong. The error has the choices.
    """
    preference = preference_named(name)
    if text.lower() == DEFAULT:
        return replace(preferences, **{preference.name: getattr(Preferences(), preference.name)})
    try:
        value = preference.kind.parse(text)
    except ValueError:
        raise BadPreference(_wrong(preference, text)) from None
    except InvalidName as error:
        raise BadPreference(explained(error)) from None
    changed: Any = {preference.name: value}
    return replace(preferences, **changed)


def from_file(values: Mapping[str, object]) -> tuple[Preferences, list[str]]:
    """Return the preferences of a file, and a remark for each value that is wrong, and for the unknown ones."""
    found: dict[str, Any] = {}
    remarks = []
    for name, value in values.items():
        if preference := _BY_NAME.get(name):
            try:
                found[name] = preference.kind.read(value)
            except ValueError:
                remarks.append(_wrong(preference, str(value)))
    unknown = [name for name in values if name not in _BY_NAME]
    if unknown:
        remarks.append(_("unknown settings, which stay as they are: {names}").format(names=", ".join(unknown)))
    return Preferences(**found), remarks


def completions(typed_before: Sequence[str]) -> tuple[str, ...]:
    """Return what may follow in /set: a name first, then a value."""
    match typed_before:
        case []:
            return tuple(_BY_NAME)
        case [name] if preference := _BY_NAME.get(name.lower()):
            return (*preference.kind.choices, DEFAULT)
        case _:
            return ()


def shown_briefly(preferences: Preferences, name: str) -> str:
    """Return a line with the value of a preference. Raises BadPreference."""
    return _line(preferences, preference_named(name))


def shown(preferences: Preferences, name: str) -> str:
    """Return a line with the value and the choices of a preference. Raises BadPreference."""
    preference = preference_named(name)
    return _("{line} ({help}; values: {values}, default)").format(
        line=_line(preferences, preference), help=_(preference.help), values=preference.kind.values
    )


def all_shown(preferences: Preferences) -> list[str]:
    """Return a line with the name and the value of each preference."""
    return [_line(preferences, preference) for preference in PREFERENCES]


def typed(value: Value) -> str:
    """Return a preference as it is typed; empty for one without a value."""
    if isinstance(value, bool):
        return ON if value else OFF
    return value if isinstance(value, str) else ",".join(value)


def _line(preferences: Preferences, preference: Preference) -> str:
    return f"{preference.name} = {typed(getattr(preferences, preference.name)) or NOTHING}"


def _wrong(preference: Preference, value: str) -> str:
    text = _("{name} cannot be {value}: the values are {values}, default")
    return text.format(name=preference.name, value=value or NOTHING, values=preference.kind.values)

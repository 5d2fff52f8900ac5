"""The table of the full screen's keys: one row gives a key its effect and its actions.

The bindings, F1, the palette, the reference page and the README come from this table. Textual is not imported here, as
the table is read before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, groupby

from chat_client.language import _, marked


class Where(StrEnum):
    """A widget or screen that binds keys, by the name of its class."""

    APP = "ChatApp"
    ROOM = "RoomScreen"
    TRANSCRIPT = "TranscriptView"
    COMPOSER = "Composer"
    RESULTS = "ResultsScreen"
    HELP = "HelpScreen"
    PASTE = "PasteScreen"


@dataclass(frozen=True, slots=True)
class Key:
    """A row of the table.

    Attributes:
        keys: The keys by their names in Textual, separated by spaces. Each has the same effect.
        effect: The msgid of the effect. F1 joins neighbours with the same effect into one line.
        actions: The action of each widget or screen that binds the keys.
        priority: Whether the keys work before the widget that has the focus can use them.
    """

    keys: str
    effect: str
    actions: Mapping[Where, str]
    priority: bool = False


_MOVE = marked("move the cursor")
_MOVE_WORD = marked("move the cursor by a word")
_SELECT = marked("select text")
_SELECT_WORD = marked("select text by words")
_SCROLL = marked("scroll by a page; up to the first message of the room")

_WRITE = (
    Key("enter", marked("send the message"), {Where.COMPOSER: "submit", Where.PASTE: "dismiss(True)"}),
    Key("ctrl+j", marked("insert a line break"), {Where.COMPOSER: "break_line"}),
    Key(
        "shift+enter alt+enter",
        marked("insert a line break, if the terminal reports these keys"),
        {Where.COMPOSER: "break_line"},
    ),
    Key("tab", marked("complete a name or a command"), {Where.COMPOSER: "complete(1)"}),
    Key("shift+tab", marked("complete to the choice before"), {Where.COMPOSER: "complete(-1)"}),
    Key("up", marked("go to the row above, or to the line typed before"), {Where.COMPOSER: "older"}),
    Key("down", marked("go to the row below, or to the line typed after"), {Where.COMPOSER: "newer"}),
    Key("ctrl+r", marked("search the lines typed earlier; again: older ones"), {Where.COMPOSER: "search_history"}),
    Key("f2", marked("send a refused message again"), {Where.ROOM: "send_again"}),
    Key("f3", marked("discard a refused message"), {Where.ROOM: "discard"}),
)
_READ = (
    Key("pageup", _SCROLL, {Where.ROOM: "page(-1)", Where.RESULTS: "page(-1)"}),
    Key("pagedown", _SCROLL, {Where.ROOM: "page(1)", Where.RESULTS: "page(1)"}),
    Key("ctrl+end", marked("go to the newest message"), {Where.ROOM: "newest"}),
    Key("ctrl+home", marked("go to the oldest message of the room"), {Where.ROOM: "oldest"}),
    Key("f4", marked("show or hide the members"), {Where.ROOM: "toggle_members"}),
)
_CHOOSE = (
    Key("f6", marked("choose a message, or return to typing"), {Where.ROOM: "choose_message"}),
    Key("up", marked("choose the message before"), {Where.TRANSCRIPT: "choose(-1)"}),
    Key("down", marked("choose the message after"), {Where.TRANSCRIPT: "choose(1)"}),
    Key("enter", marked("open the link of the chosen message"), {Where.TRANSCRIPT: "open_link"}),
    Key(
        "enter",
        marked("in a list of messages: go to the chosen one in the room"),
        {Where.RESULTS: "go_to_chosen"},
        priority=True,
    ),
    Key("space", marked("open a folded message, or fold it again"), {Where.TRANSCRIPT: "toggle_fold"}),
)
_EDIT = (
    Key("left", _MOVE, {Where.COMPOSER: "cursor_left"}),
    Key("right", _MOVE, {Where.COMPOSER: "cursor_right"}),
    Key("ctrl+left alt+b", _MOVE_WORD, {Where.COMPOSER: "cursor_word_left"}),
    Key("ctrl+right alt+f", _MOVE_WORD, {Where.COMPOSER: "cursor_word_right"}),
    Key("home ctrl+a", marked("go to the beginning of the line"), {Where.COMPOSER: "cursor_line_start"}),
    Key("end ctrl+e", marked("go to the end of the line"), {Where.COMPOSER: "cursor_line_end"}),
    Key("shift+left", _SELECT, {Where.COMPOSER: "cursor_left(True)"}),
    Key("shift+right", _SELECT, {Where.COMPOSER: "cursor_right(True)"}),
    Key("shift+up", _SELECT, {Where.COMPOSER: "cursor_up(True)"}),
    Key("shift+down", _SELECT, {Where.COMPOSER: "cursor_down(True)"}),
    Key("shift+home", _SELECT, {Where.COMPOSER: "cursor_line_start(True)"}),
    Key("shift+end", _SELECT, {Where.COMPOSER: "cursor_line_end(True)"}),
    Key("ctrl+shift+left", _SELECT_WORD, {Where.COMPOSER: "cursor_word_left(True)"}),
    Key("ctrl+shift+right", _SELECT_WORD, {Where.COMPOSER: "cursor_word_right(True)"}),
    Key("backspace", marked("delete the character before the cursor"), {Where.COMPOSER: "delete_left"}),
    Key("delete", marked("delete the character after the cursor"), {Where.COMPOSER: "delete_right"}),
    Key(
        "ctrl+w ctrl+backspace alt+backspace",
        marked("delete the word before the cursor"),
        {Where.COMPOSER: "delete_word_left"},
    ),
    Key("alt+d alt+delete", marked("delete the word after the cursor"), {Where.COMPOSER: "delete_word_right"}),
    Key("ctrl+u", marked("delete to the beginning of the line"), {Where.COMPOSER: "delete_to_start_of_line"}),
    Key("ctrl+k", marked("delete to the end of the line"), {Where.COMPOSER: "delete_to_end_of_line_or_delete_line"}),
    Key("ctrl+shift+k", marked("delete the line"), {Where.COMPOSER: "delete_line"}),
    Key("ctrl+x", marked("cut the selected text"), {Where.COMPOSER: "cut"}),
    Key("ctrl+v", marked("paste the text that was copied in the client"), {Where.COMPOSER: "paste"}),
    Key("ctrl+underscore", marked("undo"), {Where.COMPOSER: "undo"}),
    Key("ctrl+y", marked("redo"), {Where.COMPOSER: "redo"}),
)
_GENERAL = (
    Key("f1", marked("show this help"), {Where.ROOM: "help", Where.HELP: "dismiss"}),
    Key("ctrl+p", marked("search the commands and keys"), {Where.APP: "command_palette"}, priority=True),
    Key(
        "escape",
        marked("close a list or this help; return to typing"),
        {Where.ROOM: "type", Where.RESULTS: "dismiss", Where.HELP: "dismiss", Where.PASTE: "dismiss(False)"},
    ),
    Key("q", marked("close a list or this help"), {Where.RESULTS: "dismiss", Where.HELP: "dismiss"}),
    Key(
        "ctrl+c",
        marked("copy the selected text or the chosen message"),
        {Where.COMPOSER: "copy", Where.ROOM: "copy_text", Where.RESULTS: "copy_text", Where.APP: "help_quit"},
    ),
    Key(
        "ctrl+d",
        marked("on an empty line: leave and free your name; else delete a character"),
        {Where.COMPOSER: "delete_right_or_leave"},
    ),
    Key("ctrl+z", marked("suspend the client; fg in the shell brings it back"), {Where.APP: "suspend_process"}),
    Key("ctrl+q", marked("leave and free your name; again: at once, keeping it"), {Where.APP: "quit"}, priority=True),
)

# The msgid of each category, with its keys.
KEYS = (
    (marked("Write"), _WRITE),
    (marked("Read"), _READ),
    (marked("Choose a message"), _CHOOSE),
    (marked("Help and leaving"), _GENERAL),
    (marked("Edit"), _EDIT),
)
MOUSE = marked("Mouse")
# The msgid of each gesture, with that of its effect. Widgets handle them in methods, not by bindings.
GESTURES = (
    (marked("wheel"), marked("scroll")),
    (marked("click on a link"), marked("open it in the browser")),
    (marked("click on … more rows"), marked("open the folded message")),
    (marked("drag"), marked("select text; Ctrl+C copies it")),
    (marked("double click"), marked("select a word")),
)

# Names of keys that are not simply their capital letter.
_NAMES = {
    "ctrl": marked("Ctrl"),
    "shift": marked("Shift"),
    "alt": "Alt",
    "enter": marked("Enter"),
    "tab": marked("Tab"),
    "escape": marked("Esc"),
    "backspace": marked("Backspace"),
    "delete": marked("Del"),
    "home": marked("Home"),
    "end": marked("End"),
    "space": marked("Space"),
    "pageup": marked("PgUp"),
    "pagedown": marked("PgDn"),
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "underscore": "_",
}


def rows() -> list[Key]:
    """Return all rows of the table, in order."""
    return list(chain.from_iterable(group for _category, group in KEYS))


def written(keys: str) -> str:
    """Return keys as they are labelled on a keyboard of the language in use."""
    return " ".join("+".join(_label(part) for part in key.split("+")) for key in keys.split())


def help_sections() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each category with its keys and their effects, and the mouse, in the language in use."""
    sections = [(_(category), _lines(group)) for category, group in KEYS]
    return [*sections, (_(MOUSE), [(_(gesture), _(effect)) for gesture, effect in GESTURES])]


def _lines(group: tuple[Key, ...]) -> list[tuple[str, str]]:
    joined = groupby(group, key=lambda row: row.effect)
    return [(" ".join(written(row.keys) for row in same), _(effect)) for effect, same in joined]


def _label(part: str) -> str:
    name = _NAMES.get(part)
    return _(name) if name else part.upper()

"""The table of the full screen's keys: F1, the reference page and the README show it."""

from chat_client.language import marked

# Each key as it is written, with the msgid of its effect.
KEYS = (
    ("Enter", marked("send the message")),
    ("Ctrl+J", marked("insert a line break")),
    ("Tab", marked("complete a name or a command")),
    ("↑ ↓", marked("go through the lines typed earlier")),
    ("PgUp PgDn", marked("scroll; up to the first message of the room")),
    ("F1", marked("show this help")),
    ("F2 F3", marked("send a refused message again, or discard it")),
    ("F4", marked("show or hide the members")),
    ("F6", marked("select a message; Ctrl+C copies, Enter opens a link")),
    ("Ctrl+P", marked("search all commands and themes")),
    ("Ctrl+Q", marked("leave and free your name; again: at once, keeping it")),
)

"""The table of the full screen's keys, which F1 and the reference page show.

It has every key that `fullscreen/bindings.py` and the app bind. It does not have the keys that move the cursor, edit
text or scroll as in any Textual widget.
"""

from chat_client.language import marked

# Keys as they are written, separated by spaces, with the msgid of their effect.
KEYS = (
    ("Enter", marked("send the message")),
    ("Ctrl+J", marked("insert a line break")),
    ("Shift+Enter Alt+Enter", marked("insert a line break, if the terminal reports these keys")),
    ("Tab Shift+Tab", marked("complete a name or a command; forwards, backwards")),
    ("↑ ↓", marked("go through the lines typed earlier")),
    ("PgUp PgDn", marked("scroll; up to the first message of the room")),
    ("Ctrl+End", marked("scroll to the newest message")),
    ("F1", marked("show this help")),
    ("F2 F3", marked("send a refused message again, or discard it")),
    ("F4", marked("show or hide the members")),
    ("F6", marked("choose a message with ↑ ↓; Ctrl+C copies it, Enter opens its link")),
    ("Esc Q", marked("close a list or this help; Esc also returns to typing")),
    ("Ctrl+C", marked("copy the selected text")),
    ("Ctrl+D", marked("on an empty line: leave and free your name")),
    ("Ctrl+P", marked("open a menu: help, your messages, members, themes, leave")),
    ("Ctrl+Q", marked("leave and free your name; again: at once, keeping it")),
)

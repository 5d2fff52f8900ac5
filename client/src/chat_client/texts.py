"""Texts for people about things that were refused, not sent or ended; both frontends show them.

The services explain a refusal in English, with details, and give the reason as a code. In another language the client
shows the meaning of the code instead, if it knows it.
"""

from chat_client.language import _, marked
from chat_wire.errors import WireError

TEXTS = {
    "busy": marked("the chat is busy: try again"),
    "deceptive_name": marked(
        "the name could deceive: use letters of one script and digits, with . - _ or ' between them"
    ),
    "full": marked("the chat has no room for another name: try again later"),
    "invalid_date": marked("before: and after: need a day: type it as in before:2026-11-30"),
    "invalid_name": marked(
        "this is not a valid name: type 1 to 32 letters, digits or punctuation marks, without spaces, "
        "and begin and end with a letter or digit"
    ),
    "invalid_sender": marked("from: needs one user name: type it as in from:ann"),
    "invalid_text": marked("a message has 1 to 4,096 characters in at most 200 lines: type something, or split it"),
    "invalid_token": marked("the session has expired: join again"),
    "invalid_words": marked("a search takes 1 to 32 words: type letters or digits"),
    "missing_setting": marked(
        "AMQP_URL is not set, or AMQP_URL_FILE cannot be read: set one of them to the address of the broker"
    ),
    "name_alike": marked("the name looks like one in use: choose another name"),
    "name_taken": marked("the name is taken: choose another name"),
    "no_answer": marked("the archive is not available: try again later"),
    "not_recorded": marked("the archive has not recorded these messages yet: try again"),
    "reserved_name": marked("this word has a meaning in the chat, or looks like one that has: choose another name"),
    "search_too_wide": marked("too many messages have these words: add a word, from:NAME, before:DATE or after:DATE"),
    "session_ended": marked("this session is over: join again"),
    "too_fast": marked("too many messages per second: wait a moment, then send again"),
    "too_many_names": marked("you hold as many names as one person may: leave the chat with one of them"),
    "unknown_room": marked("the room does not exist"),
}
ENDINGS = {
    "exited": marked("the session has ended"),
    "taken": marked("you joined under this name in another terminal: this one has left"),
    "released": marked("an operator released your name: start the client again to choose a name"),
}


def refusal(reason: str, text: str) -> str:
    """Return the text for a refusal, from its code and the service's own words."""
    meaning = TEXTS.get(reason)
    if meaning is None or _(meaning) == meaning:
        return text
    return _(meaning)


def explained(error: WireError) -> str:
    """Return the text for a name or a message that breaks a rule."""
    return refusal(error.reason, str(error))


def not_sent(text: str, reason: str) -> str:
    """Return the text for a message that is not in the room."""
    return _("not sent: {text} ({reason})").format(text=text, reason=reason)

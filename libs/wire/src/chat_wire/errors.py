"""Errors in what a person typed or a message contains.

    WireError
    ├── DecodeError       the body is not a message
    ├── UnknownType       the message has a type that the reader does not accept
    ├── InvalidName       a user name breaks a rule
    │   ├── DeceptiveName a user name mixes scripts, or has characters that few people know or see
    │   └── ReservedName  a user name stands for a word that has a meaning in the chat
    ├── InvalidText       the text of a post breaks a rule
    ├── InvalidToken      a token is forged, has expired, or its session has ended
    ├── UnknownRoom       the room does not exist
    └── UnreadableLine    the archive did not write this line of log.txt

The text of each error is for people: it says what happened and what to do.
"""


class WireError(Exception):
    """Base of the errors of the wire contract. `reason` is the code that refusals carry."""

    reason = "invalid"


class DecodeError(WireError):
    """The body is not JSON, or not of the shape that its type has."""

    reason = "undecodable"


class UnknownType(WireError):
    """The message has a type that the reader does not accept."""

    reason = "unknown_type"


class InvalidName(WireError):
    """The user name breaks a rule; the text says which."""

    reason = "invalid_name"


class DeceptiveName(InvalidName):
    """The user name mixes scripts, or has characters that few people know or see; the text says which."""

    reason = "deceptive_name"


class ReservedName(InvalidName):
    """The user name stands for a word that has a meaning in the chat."""

    reason = "reserved_name"


class InvalidText(WireError):
    """The text of a post is blank, too long, or has a lone surrogate."""

    reason = "invalid_text"


class InvalidToken(WireError):
    """The token is forged, has expired, or its session has ended."""

    reason = "invalid_token"


class UnknownRoom(WireError):
    """The room does not exist."""

    reason = "unknown_room"


class UnreadableLine(WireError):
    """The archive did not write this line of log.txt."""

    reason = "unreadable_line"

"""Everything that can be wrong with what comes in.

    WireError
    ├── DecodeError       the body is not a message at all
    ├── UnknownType       it is a message, but not one that belongs here
    ├── InvalidName       a user name outside the rules
    ├── InvalidText       a text outside the rules
    ├── InvalidToken      forged, expired, or not a token
    └── UnknownRoom       there is no such room

The text of each says what to do about it and is fit to be shown to a person.
"""


class WireError(Exception):
    """Base of all errors of the wire contract; `reason` is the code that travels in refusals."""

    reason = "invalid"


class DecodeError(WireError):
    """The body is no JSON, or not of the shape its type asks for."""

    reason = "undecodable"


class UnknownType(WireError):
    """The message's type is not one that this reader takes."""

    reason = "unknown_type"


class InvalidName(WireError):
    """The user name breaks a rule; the text says which."""

    reason = "invalid_name"


class InvalidText(WireError):
    """The text of a post is empty or too long, or has half of a character."""

    reason = "invalid_text"


class InvalidToken(WireError):
    """The token is forged, has expired, or is none."""

    reason = "invalid_token"


class UnknownRoom(WireError):
    """There is no such room."""

    reason = "unknown_room"

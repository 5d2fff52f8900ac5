"""Messages about recorded posts: between clients, operators and the archive."""

from dataclasses import dataclass, field
from typing import Literal

from chat_wire.messages.numbers import Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A session asks for posts of the room in the routing key: the newest, or those near a place or time.

    The archive answers with `Page`. At most one of `before`, `after`, `since`, `before_offset` and `after_offset` has a
    value. The archive refuses a place that it has not recorded yet, with the reason `not_recorded`.

    Attributes:
        request: A random id.
        card: The session's identity card; clients of 0.3.0 send none.
        token: The session's token; only clients of 0.3.0 send it.
        room: The room's name; only clients of 0.3.0 send it.
        before: Return the newest posts with a lower number than this; null for the newest posts of the room.
        limit: The largest number of posts to return; the archive returns fewer if this is large.
        after: Return the oldest posts with a higher number than this.
        since: Return the first post that arrived at a router at this time or later, and the posts after it.
        before_offset: Return the newest posts before the place with this offset in the room's stream.
        before_index: The index of that place.
        after_offset: Return the oldest posts after the place with this offset in the room's stream.
        after_index: The index of that place.
    """

    type: Literal["history"] = "history"
    request: str
    card: str = ""
    token: str = ""
    room: str = ""
    before: Int64 | None
    limit: Int64
    after: Int64 | None = None
    since: Int64 | None = None
    before_offset: Int64 | None = None
    before_index: Int64 = 0
    after_offset: Int64 | None = None
    after_index: Int64 = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A session asks for the oldest posts that its author sent under its name. The archive answers with `Page`.

    Attributes:
        request: A random id.
        card: The session's identity card; clients of 0.3.0 send none.
        token: The session's token; only clients of 0.3.0 send it.
        after: Return posts with a higher number than this.
        limit: The largest number of posts to return; the archive returns fewer if this is large.
    """

    type: Literal["mine"] = "mine"
    request: str
    card: str = ""
    token: str = ""
    after: Int64
    limit: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A session asks for the newest posts of the room in the routing key that hold some words.

    The archive answers with `Page`.

    Attributes:
        request: A random id.
        card: The session's identity card; clients of 0.3.0 send none.
        token: The session's token; only clients of 0.3.0 send it.
        room: The room's name; only clients of 0.3.0 send it.
        words: The search as typed: words, phrases in quotation marks, `from:NAME`, `before:DATE` and `after:DATE`. A
            post has to fit all of them. A word matches the beginning of a word in the post, without regard to case and
            accents.
        before: Return posts with a lower number than this; null for the newest posts.
        limit: The largest number of posts to return; the archive returns fewer if this is large.
    """

    type: Literal["search"] = "search"
    request: str
    card: str = ""
    token: str = ""
    room: str = ""
    words: str
    before: Int64 | None
    limit: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A post as the archive has recorded it.

    Attributes:
        number: The number of its line in `log.txt`, from 1: the order of all posts.
        room: The room's name.
        offset: The offset of its batch in the room's stream.
        index: Its index in the batch, from 0.
        session: The id of the sender's session.
        sequence: Its number within the session, from 1.
        user: The sender's name as typed.
        author: The sender's id under this name, or the SHA-256 of the sender's secret if a router of 0.3.0 or older
            published the post. It is empty in answers to sessions.
        client_ts: The time when the person sent it, by the client's clock.
        server_ts: The time when it arrived at the router.
        text: The text.
    """

    number: int
    room: str
    offset: int
    index: int
    session: str
    sequence: int
    user: str
    author: str
    client_ts: int
    server_ts: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a room's stream, up to which a reader has read.

    Attributes:
        offset: The offset of an entry.
        id: The id of a post in that entry; a reader that does not find it there reads another stream.
    """

    offset: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Recorded posts, oldest first: the answer to `History`, `Mine` and `Search`.

    Attributes:
        request: The id of the question.
        messages: The posts.
        more: Whether more posts match the question.
        position: For `History`: the place of the newest post on the page, where a reader continues with the stream.
            For `Mine`: the place of the newest recorded post of the lobby, up to which the answer is complete.
        last: On the newest page of `History`: the last recorded sequence of each session that may still post. With it,
            a reader drops posts that come again in the stream.
        placed: Whether this answers a question with `after`, `since`, `before_offset` or `after_offset`. For all but
            `before_offset`, `more` stands for newer posts. An archive of the last version ignores these fields, and
            answers with its newest posts and without this field.
    """

    type: Literal["page"] = "page"
    request: str
    messages: tuple[Recorded, ...]
    more: bool
    position: Position | None
    last: dict[str, int] = field(default_factory=dict)
    placed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An operator asks for the oldest recorded posts. The archive answers with `Exported`.

    The archive accepts this from `chat.operator` only.

    Attributes:
        request: A random id.
        after: Return posts with a higher number than this.
        room: The room's name; null for all rooms.
        since: Return only posts that arrived at a router at this time or later; null for any time.
    """

    type: Literal["export"] = "export"
    request: str
    after: Int64
    room: str | None = None
    since: Int64 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Recorded posts, oldest first: the answer to `Export`.

    Attributes:
        request: The id of the question.
        messages: The posts; there may be none, and yet more after `through`.
        through: The answer has all posts up to this number. The next question has it as `after`.
        newest: The number of the newest recorded post, 0 without one.
    """

    type: Literal["exported"] = "exported"
    request: str
    messages: tuple[Recorded, ...]
    through: int
    newest: int

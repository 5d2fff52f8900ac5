"""Messages about rooms: from clients to routers, and the entries of the rooms' streams."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from chat_wire.messages.numbers import Int64

# The name in the field `router` of the batches that `chat-admin import` publishes, whose times are old on purpose.
IMPORTER = "chat-admin"
NoticeKind = Literal["joined", "left", "lost", "back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One text of a sender.

    Attributes:
        sequence: The number of the post within its session: 1, 2, 3.
        client_ts: The time when the person sent it, by the client's clock.
        text: The text, at most 4,096 characters in 200 lines.
    """

    sequence: Int64
    client_ts: Int64
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """A session sends posts to the room in the routing key.

    Attributes:
        card: The session's identity card; clients of 0.3.0 send none.
        token: The session's token; only clients of 0.3.0 send it.
        room: The room's name; only clients of 0.3.0 send it.
        posts: 1 to 256 posts with consecutive sequences.
        traceparents: The contexts of posts that belong to a trace, by sequence, in the form of W3C Trace Context. The
            field is missing if there are none.
    """

    type: Literal["posts"] = "posts"
    card: str = ""
    token: str = ""
    room: str = ""
    posts: tuple[Post, ...]
    traceparents: dict[int, str] | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsRefused:
    """The router has refused posts and does not publish them.

    In one rare case a refused post is in the room: the router published it, was disconnected before it acknowledged
    the delivery, and the broker delivered the post again after the session had ended or its token had expired.

    Attributes:
        sequences: The sequences of the posts.
        reason: A code for programs.
        text: An explanation for people, in English.
    """

    type: Literal["posts_refused"] = "posts_refused"
    sequences: tuple[int, ...]
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive posts of one session in a batch.

    Attributes:
        session: The session's id.
        user: The sender's name as typed.
        author: The sender's id under this name (`chat_wire.names.sender_id`). It shows that two sessions with one name
            belong to one person, and says nothing about other names of that person.
        posts: The posts.
        traceparents: As in `Posts`, with the contexts of the router's spans.
    """

    session: str
    user: str
    author: str
    posts: tuple[Post, ...]
    traceparents: dict[int, str] | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The posts that one router publishes to a room at one moment: an entry of the room's stream.

    Attributes:
        room: The room's name.
        router: The name of the router replica.
        server_ts: The time when the posts arrived at the router; it never decreases within a router process.
        runs: The posts. A post's position is the stream offset and its index, counted through all runs from 0.
    """

    type: Literal["batch"] = "batch"
    room: str
    router: str
    server_ts: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A member joined, left, lost the connection, or is back: an entry of a room's stream.

    The registry may publish a notice twice; readers ignore an id that they have seen.

    Attributes:
        id: The notice's id.
        room: The room's name.
        kind: What happened.
        user: The member's name as typed.
        at: The time when it happened.
    """

    type: Literal["notice"] = "notice"
    id: str
    room: str
    kind: NoticeKind
    user: str
    at: int


def post_id(session: str, sequence: int) -> str:
    """Return the id of a post, which log lines, log.txt and positions use.

    Args:
        session: The session's id.
        sequence: The number of the post within its session.
    """
    return f"{session}-{sequence}"


def entry_ids(entry: Batch | Notice) -> list[str]:
    """Return the ids in an entry of a room's stream, in order.

    Args:
        entry: The entry. A reader that resumes looks for a known id in it.
    """
    if isinstance(entry, Notice):
        return [entry.id]
    return [post_id(run.session, post.sequence) for run in entry.runs for post in run.posts]


def id_ranges(posts: Iterable[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Return posts in a short form for log lines.

    Args:
        posts: The session and the sequence of each post.

    Returns:
        Ranges of posts with consecutive sequences: session, first sequence, last sequence.
    """
    ranges: list[tuple[str, int, int]] = []
    for session, sequence in posts:
        if ranges and ranges[-1][0] == session and ranges[-1][2] + 1 == sequence:
            ranges[-1] = (session, ranges[-1][1], sequence)
        else:
            ranges.append((session, sequence, sequence))
    return ranges

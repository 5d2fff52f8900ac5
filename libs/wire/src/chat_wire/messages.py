"""Every message of the system, as frozen data.

Times are integers: microseconds since 1970-01-01 UTC. A message says in `type` which one it is.
What only one service reads and writes (the registry's journal) is that service's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta

# Of what clients send: JSON knows no bounds, but databases do.
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

NoticeKind = Literal["joined", "left", "lost", "back"]
EndReason = Literal["exited", "taken", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A client asks for a name. The answer, `Granted` or `Refused`, goes to the AMQP `reply_to`.

    `request` is random and stays the same when the claim is sent again: the answer is then the same.
    `secret` is what the client's state directory keeps; who shows it again is the same person.
    """

    type: Literal["claim"] = "claim"
    request: str
    name: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A client that has a token is back, with a new inbox, or asks for a token of a later expiry.

    With the `secret` of its claim a token that has expired will do: who slept for days is still there.
    """

    type: Literal["resume"] = "resume"
    request: str
    token: str
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A client ends its session and gives its name back; answered by `Exited`."""

    type: Literal["exit"] = "exit"
    request: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    """Who is there? Answered by `Users`, once the replica's view has come to journal offset `after`."""

    type: Literal["list_users"] = "list_users"
    request: str
    token: str
    after: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An operator frees a name, whoever holds it; answered by `Released`. Taken from chat.operator only."""

    type: Literal["release"] = "release"
    request: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The name is the session's since `at`. `offset` is the journal's: a later `ListUsers` waits for it."""

    type: Literal["granted"] = "granted"
    request: str
    session: str
    name: str
    author: str
    partition: int
    token: str
    expires: int
    at: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request, or a whole message that carried none, was not carried out; `text` is for people."""

    type: Literal["refused"] = "refused"
    request: str | None
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The session is over and its name is free."""

    type: Literal["exited"] = "exited"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Names in use, as typed, sorted: whose client is connected, and whose is not."""

    type: Literal["users"] = "users"
    request: str
    connected: tuple[str, ...]
    disconnected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The operator's release was carried out."""

    type: Literal["released"] = "released"
    request: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """A session's token is void from now on; it could have been used until `expires`.

    Goes to the stream sessions.ended, and to the session's inbox when somebody else ended it.
    """

    type: Literal["session_ended"] = "session_ended"
    session: str
    expires: int
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Published to a client's inbox to learn whether that queue exists; clients ignore it."""

    type: Literal["probe"] = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Written into a stream by a reader: once it comes back, all that was there before has been read."""

    type: Literal["marker"] = "marker"
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One text of a sender; `sequence` counts 1, 2, 3 within its session."""

    sequence: Int64
    client_ts: Int64
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """What a session has waiting for a room: 1 to 256 (`MAX_POSTS`) posts of consecutive sequence."""

    type: Literal["posts"] = "posts"
    token: str
    room: str
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsRefused:
    """These posts of the session are not in the room and never will be."""

    type: Literal["posts_refused"] = "posts_refused"
    sequences: tuple[int, ...]
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive posts of one session in a batch."""

    session: str
    user: str
    author: str
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """An entry of a room's stream: what one router had for the room at `server_ts`.

    A post's position is (stream offset, index), the index counting through all runs from 0.
    """

    type: Literal["batch"] = "batch"
    room: str
    router: str
    server_ts: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An entry of a room's stream: somebody joined, left, lost the connection, or is back.

    May be published twice with one `id`; counts once.
    """

    type: Literal["notice"] = "notice"
    id: str
    room: str
    kind: NoticeKind
    user: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The newest `limit` posts of a room recorded before number `before`; answered by `Page`."""

    type: Literal["history"] = "history"
    request: str
    token: str
    room: str
    before: Int64 | None
    limit: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """The oldest `limit` posts after number `after` that this author sent under this name; answered by `Page`."""

    type: Literal["mine"] = "mine"
    request: str
    token: str
    after: Int64
    limit: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The newest `limit` posts of a room recorded before number `before` that hold all of `words`; answered by `Page`.

    A word is found where one begins with it, whatever the case and the accents of both.
    """

    type: Literal["search"] = "search"
    request: str
    token: str
    room: str
    words: str
    before: Int64 | None
    limit: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A post as the archive has it; `number` counts the lines of log.txt from 1 and is the order of all."""

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
    """Up to where a room's stream has been read: the offset of an entry, and the id of a post in it."""

    offset: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Recorded posts, oldest first; `more` says whether the question had more to give.

    `position` is that of the page's newest post, for `History`: the stream goes on from there. For `Mine` it is
    that of the newest post recorded of the lobby: up to there the answer is complete.

    `last` comes with the newest page of `History`: the last sequence, before the position, of each session that may
    still be heard. A post that comes again in the stream is known by it to who has not heard it the first time.
    """

    type: Literal["page"] = "page"
    request: str
    messages: tuple[Recorded, ...]
    more: bool
    position: Position | None
    last: dict[str, int] = field(default_factory=dict)


def post_id(session: str, sequence: int) -> str:
    """The id by which a post is known everywhere: in log lines, in log.txt, in positions."""
    return f"{session}-{sequence}"


def entry_ids(entry: Batch | Notice) -> list[str]:
    """The ids in an entry of a room's stream, in order: a reader that resumes looks for one it knows."""
    if isinstance(entry, Notice):
        return [entry.id]
    return [post_id(run.session, post.sequence) for run in entry.runs for post in run.posts]


def id_ranges(posts: Iterable[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Posts (session, sequence) in short, for logs: session, first and last sequence of those that count up by one."""
    ranges: list[tuple[str, int, int]] = []
    for session, sequence in posts:
        if ranges and ranges[-1][0] == session and ranges[-1][2] + 1 == sequence:
            ranges[-1] = (session, ranges[-1][1], sequence)
        else:
            ranges.append((session, sequence, sequence))
    return ranges

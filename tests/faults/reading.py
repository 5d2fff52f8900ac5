"""Conversion of the lines of a history into the operations that the checker judges."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from chat_wire.names import name_key
from tests.faults.event_texts import CLIENT_FAILED, INDEX_FAILED, NAME_TAKEN, NO_HISTORY
from tests.faults.history import Asked, Line, Told
from tests.faults.operations import NEVER, Heard, History, MineOp, NameOp, PageOp, PostOp, SearchOp, Stay, UsersOp


def history_of(lines: Iterable[Line]) -> History:
    """Return the operations in the lines of a history."""
    shared: dict[Heard, Heard] = {}  # all members receive the same posts: keep each post once
    sessions: dict[str, _Session] = {}
    for line in lines:
        session = sessions.get(line.session)
        if session is None:
            session = sessions[line.session] = _Session(line.session, shared)
        session.add(line)
    return _joined([session.end() for session in sessions.values()])


def _joined(parts: list[History]) -> History:
    return History(
        posts=tuple(each for part in parts for each in part.posts),
        names=tuple(each for part in parts for each in part.names),
        stays=tuple(each for part in parts for each in part.stays),
        mine=tuple(each for part in parts for each in part.mine),
        pages=tuple(each for part in parts for each in part.pages),
        searches=tuple(each for part in parts for each in part.searches),
        users=tuple(each for part in parts for each in part.users),
        stuck=tuple(each for part in parts for each in part.stuck),
    )


@dataclass
class _Cut:
    since: int
    until: int = NEVER


@dataclass
class _Session:
    """Collects the operations of one session; an operation that stays open has no answer."""

    session: str
    shared: dict[Heard, Heard]
    author: str = ""
    name: str = ""
    posts: dict[int, PostOp] = field(default_factory=dict)
    names: list[NameOp] = field(default_factory=list)
    asking: NameOp | None = None
    joined: int = NEVER
    left: int = NEVER
    closed: int = NEVER
    cuts: list[_Cut] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    uninformed: bool = False
    mine: list[MineOp] = field(default_factory=list)
    mine_heard: list[Heard] = field(default_factory=list)
    pages: list[PageOp] = field(default_factory=list)
    searches: list[SearchOp] = field(default_factory=list)
    users: list[UsersOp] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Add a line to the operations."""
        if isinstance(line, Told):
            if line.event in _TOLD:
                _TOLD[line.event](self, line.at, line.data)
        else:
            _ASKED[line.verb](self, line)

    def end(self) -> History:
        """Return all operations of the session."""
        pending = [self.asking] if self.asking else []
        stays = [self._stay()] if self.joined != NEVER else []
        return History(
            posts=tuple(self.posts.values()),
            names=(*self.names, *pending),
            stays=tuple(stays),
            mine=tuple(self.mine),
            pages=tuple(self.pages),
            searches=tuple(self.searches),
            users=tuple(self.users),
            stuck=tuple(self.stuck),
        )

    def _stay(self) -> Stay:
        return Stay(
            session=self.session,
            key=name_key(self.name),
            joined=self.joined,
            left=self.left,
            closed=self.closed,
            cuts=tuple((cut.since, cut.until) for cut in self.cuts),
            heard=tuple(self.heard),
            to_end=any(question.final for question in self.users),
            uninformed=self.uninformed,
        )

    # The requests of the session.

    def claim(self, line: Asked) -> None:
        self.author, self.name = line.author, line.text
        self.asking = self._name_op("claim", line.at)

    def post(self, line: Asked) -> None:
        number = len(self.posts) + 1
        self.posts[number] = PostOp(
            session=self.session,
            author=self.author,
            name=self.name,
            number=number,
            text=line.text,
            asked=line.at,
        )

    def exit(self, line: Asked) -> None:
        self._answer("unknown", NEVER)
        self.asking = self._name_op("exit", line.at)
        self.left = min(self.left, line.at)

    def close(self, line: Asked) -> None:
        self._answer("unknown", NEVER)
        self.closed = line.at
        self.left = min(self.left, line.at)

    def ask_users(self, line: Asked) -> None:
        self.users.append(UsersOp(session=self.session, asked=line.at, final=line.final))

    def ask_mine(self, line: Asked) -> None:
        key = name_key(self.name)
        self.mine.append(MineOp(session=self.session, author=self.author, key=key, asked=line.at, final=line.final))
        self.mine_heard = []

    def ask_page(self, line: Asked) -> None:
        offset, _, index = line.text.partition("/")
        before = (int(offset), int(index)) if line.text else None
        self.pages.append(PageOp(session=self.session, asked=line.at, before=before, final=line.final))

    def ask_search(self, line: Asked) -> None:
        key = name_key(line.text)
        self.searches.append(SearchOp(session=self.session, key=key, asked=line.at, final=line.final))

    def release(self, line: Asked) -> None:
        self.name = line.text
        self.asking = self._name_op("release", line.at)

    def get_stuck(self, line: Asked) -> None:
        self.stuck.append(f"{self.session}: {line.text}")

    # The events and answers that it received.

    def on_joined(self, at: int, _data: Any) -> None:
        self._answer("granted", at)
        self.joined = at

    def on_name_refused(self, at: int, data: Any) -> None:
        # Any other refusal belongs to a repeated claim, whose session was granted and has ended since.
        taken = data["text"] == NAME_TAKEN.format(name=self.name)
        self._answer("refused" if taken else "unknown", at)

    def on_said(self, at: int, data: Any) -> None:
        self.heard.append(self._share(data))
        if data["sequence"] is not None:
            self._settle(data["sequence"], at, confirmed=True)

    def on_not_sent(self, at: int, data: Any) -> None:
        if self.closed == NEVER:
            self._settle(data["sequence"], at, confirmed=False, reason=data["reason"])

    def on_remark(self, _at: int, data: Any) -> None:
        reasons = (NO_HISTORY, INDEX_FAILED) if self.joined == NEVER else (NO_HISTORY,)
        self.uninformed = self.uninformed or data["text"].startswith(reasons)

    def on_cut(self, at: int, _data: Any) -> None:
        self.cuts.append(_Cut(at))

    def on_back(self, at: int, _data: Any) -> None:
        since = self.cuts[-1].since
        self.cuts[-1].until = at
        self.names.append(replace(self._name_op("resume", since), answered=at, outcome="granted"))

    def on_ended(self, at: int, data: Any) -> None:
        self._forget_refusals(data["text"])
        if data["freed"]:
            self._answer("granted", at)
        elif data["text"].startswith(CLIENT_FAILED):
            self.stuck.append(f"{self.session}: {data['text']}")
        elif self.joined != NEVER:
            self.names.append(replace(self._name_op("lost", self.joined + 1), answered=at, outcome="granted"))
        self._answer("unknown", NEVER)
        self.left = min(self.left, at)

    def on_mine(self, at: int, data: Any) -> None:
        self.mine_heard += self._shared(data)
        if data["total"] is not None:
            self.mine[-1] = replace(self.mine[-1], answered=at, heard=tuple(self.mine_heard))
            self.mine_heard = []

    def on_page(self, at: int, data: Any) -> None:
        if not data["failed"]:
            self.pages[-1] = replace(self.pages[-1], answered=at, heard=self._shared(data), more=data["more"])

    def on_found(self, at: int, data: Any) -> None:
        if data["messages"] or not data["more"]:  # else the search failed
            self.searches[-1] = replace(self.searches[-1], answered=at, heard=self._shared(data), more=data["more"])

    def on_users(self, at: int, data: Any) -> None:
        connected, disconnected = tuple(data["connected"]), tuple(data["disconnected"])
        self.users[-1] = replace(self.users[-1], answered=at, connected=connected, disconnected=disconnected)

    def on_released(self, at: int, _data: Any) -> None:
        self._answer("granted", at)

    def on_not_held(self, at: int, _data: Any) -> None:
        self._answer("refused", at)

    def _name_op(self, kind: Any, asked: int) -> NameOp:
        return NameOp(kind=kind, key=name_key(self.name), session=self.session, author=self.author, asked=asked)

    def _answer(self, outcome: Any, at: int) -> None:
        """Record the answer to the open request to the registry, if there is one."""
        if self.asking:
            self.names.append(replace(self.asking, outcome=outcome, answered=at))
            self.asking = None

    def _settle(self, number: int, at: int, *, confirmed: bool, reason: str = "") -> None:
        post = self.posts[number]
        told = "confirmed" if confirmed else "refused"
        outcome: Any = told if post.outcome in ("unknown", told) else "contradicted"
        self.posts[number] = replace(post, outcome=outcome, answered=at, reason=reason or post.reason)

    def _forget_refusals(self, text: str) -> None:
        """Make the outcome of posts unknown that were given up because the session had ended."""
        for number, post in self.posts.items():
            if post.outcome == "refused" and post.reason == text:
                self.posts[number] = replace(post, outcome="unknown", answered=NEVER)

    def _shared(self, data: Any) -> tuple[Heard, ...]:
        return tuple(self._share(said) for said in data["messages"])

    def _share(self, said: Any) -> Heard:
        heard = Heard(said["user"], said["text"])
        return self.shared.setdefault(heard, heard)


_ASKED: dict[str, Callable[[_Session, Asked], None]] = {
    "claim": _Session.claim,
    "post": _Session.post,
    "exit": _Session.exit,
    "close": _Session.close,
    "users": _Session.ask_users,
    "mine": _Session.ask_mine,
    "page": _Session.ask_page,
    "search": _Session.ask_search,
    "release": _Session.release,
    "stuck": _Session.get_stuck,
}

_TOLD: dict[str, Callable[[_Session, int, Any], None]] = {
    "Joined": _Session.on_joined,
    "NameRefused": _Session.on_name_refused,
    "MessageReceived": _Session.on_said,
    "NotSent": _Session.on_not_sent,
    "Remark": _Session.on_remark,
    "ConnectionLost": _Session.on_cut,
    "ConnectedAgain": _Session.on_back,
    "Ended": _Session.on_ended,
    "MyMessagesListed": _Session.on_mine,
    "HistoryListed": _Session.on_page,
    "SearchListed": _Session.on_found,
    "UsersListed": _Session.on_users,
    "Released": _Session.on_released,
    "NotHeld": _Session.on_not_held,
}

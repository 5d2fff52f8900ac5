"""A random run of a chat that keeps every promise, for tests of the checker."""

import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from chat_client.events import (
    ConnectedAgain,
    ConnectionLost,
    Ended,
    Event,
    HistoryListed,
    Joined,
    MessageReceived,
    MyMessagesListed,
    NameRefused,
    NotSent,
    SearchListed,
    UsersListed,
)
from chat_client.places import Older
from tests.faults.event_texts import NAME_TAKEN
from tests.faults.examples import logged
from tests.faults.history import LAST, Asked, Line, Told, Verb
from tests.faults.operations import Entry, Room
from tests.faults.posts import deduplicated

SECOND = 1_000_000_000
NAMES = ("Ann", "ann", "bob", "hot")


@dataclass
class Actor:
    """A person and its current session."""

    author: str
    opened: int = 0
    session: str = ""
    name: str = ""
    posted: int = 0


@dataclass
class MadeUp:
    """The lines and the room of a run that goes on step by step; each step takes effect at once."""

    chance: random.Random
    now: int = 0
    lines: list[Line] = field(default_factory=list)
    stream: list[Entry] = field(default_factory=list)
    offset: int = 0
    holders: dict[str, Actor] = field(default_factory=dict)
    actors: list[Actor] = field(default_factory=lambda: [Actor("a"), Actor("b"), Actor("c")])

    @property
    def room(self) -> Room:
        """The room so far."""
        return Room(stream=tuple(self.stream), copies=logged(tuple(deduplicated(self.stream))))

    def step(self) -> None:
        """Let a random person do something."""
        actor = self.chance.choice(self.actors)
        if not actor.session:
            self.claim(actor, self.chance.choice(NAMES))
            return
        moves = (self.take_over, self.exit, self.close, self.cut, self.repeat, self.ask_archive)
        self.chance.choice((self.post,) * 6 + moves)(actor)

    def end(self) -> None:
        """Add the last post, and the last questions of each person."""
        observer = Actor("o")
        self.actors.append(observer)
        self.claim(observer, "observer")
        self.say(observer, f"{observer.session} 1 {LAST}", heard_by_sender=True)
        for actor in self.present():
            self.ask(actor)

    def present(self) -> list[Actor]:
        """Return the people in the room."""
        return [actor for actor in self.actors if actor.session]

    def claim(self, actor: Actor, name: str) -> None:
        """Claim a name; another person's name is refused."""
        actor.opened += 1
        session = f"{actor.author}.{actor.opened}"
        self._asked(session, "claim", name, actor.author)
        holder = self.holders.get(name.casefold(), actor)
        if holder is not actor:
            self._told(session, NameRefused(text=NAME_TAKEN.format(name=name)))
            return
        if actor.session and actor.name.casefold() == name.casefold():
            self._told(actor.session, Ended(text="you joined under this name in another terminal", freed=False))
        actor.session, actor.name, actor.posted = session, name, 0
        self.holders[name.casefold()] = actor
        for entry in deduplicated(self.stream)[-3:]:
            self._told(session, MessageReceived(at=0, user=entry.user, text=entry.text))
        self._told(session, Joined(name=name, room="lobby"))

    def take_over(self, actor: Actor) -> None:
        """Join again from another terminal."""
        self.claim(actor, actor.name)

    def post(self, actor: Actor) -> None:
        """Post a text; some texts do not arrive."""
        text = f"{actor.session} {actor.posted + 1} {chr(self.chance.randrange(0x10000, 0x110000))}"
        match self.chance.choice(("confirmed", "confirmed", "refused", "arrives unseen", "gets lost")):
            case "confirmed":
                self.say(actor, text, heard_by_sender=True)
            case "refused":
                self._ask_post(actor, text)
                self._told(actor.session, NotSent(sequence=actor.posted, text=text, reason="too fast"))
            case "arrives unseen":
                self.say(actor, text, heard_by_sender=False)
                self.close(actor)
            case _:
                self._ask_post(actor, text)
                self._end(actor, freed=False)

    def say(self, actor: Actor, text: str, *, heard_by_sender: bool) -> None:
        """Put a post into the stream, and let all people in the room receive it."""
        self._ask_post(actor, text)
        entry = Entry(
            offset=self.offset,
            index=0,
            id=f"s{actor.session}-{actor.posted}",
            user=actor.name,
            author=actor.author,
            text=text,
            client_ts=self.now,
            server_ts=self.now,
        )
        self.offset += 1
        self.stream.append(entry)
        for other in self.present():
            if other is not actor or heard_by_sender:
                sequence = actor.posted if other is actor else None
                self._told(other.session, MessageReceived(at=0, user=actor.name, text=text, sequence=sequence))

    def repeat(self, _actor: Actor) -> None:
        """Publish the last entries again, as a router does after a lost connection."""
        self.stream += self.stream[-2:]

    def exit(self, actor: Actor) -> None:
        """Leave and free the name."""
        self._asked(actor.session, "exit")
        del self.holders[actor.name.casefold()]
        self._end(actor, freed=True)

    def close(self, actor: Actor) -> None:
        """Leave without an exit; the name stays held."""
        self._asked(actor.session, "close")
        actor.session = ""

    def cut(self, actor: Actor) -> None:
        """Lose the connection for a moment."""
        self._told(actor.session, ConnectionLost(broker="localhost"))
        self._told(actor.session, ConnectedAgain())

    def ask(self, actor: Actor) -> None:
        """Ask for the members, and for the person's own messages."""
        self.now += 10 * SECOND
        self._asked(actor.session, "users", final=True)
        there = {each.name.casefold() for each in self.present()}
        away = tuple(key for key in sorted(self.holders) if key not in there)
        self._told(actor.session, UsersListed(connected=tuple(sorted(there)), disconnected=away))
        self.ask_archive(actor, final=True)

    def ask_archive(self, actor: Actor, *, final: bool = False) -> None:
        """Ask for the person's own messages, the newest page of the history, and the messages of the person's name."""
        room = deduplicated(self.stream)
        named = [each for each in room if each.user.casefold() == actor.name.casefold()]
        own = said(each for each in named if each.author == actor.author)
        self._asked(actor.session, "mine", final=final)
        self._told(actor.session, MyMessagesListed(messages=own[:2]))
        self._told(actor.session, MyMessagesListed(messages=own[2:], total=len(own)))
        self._asked(actor.session, "page", final=final)
        self._told(actor.session, HistoryListed(query=Older(None), messages=said(room[-5:]), more=len(room) > 5))
        self._asked(actor.session, "search", actor.name, final=final)
        self._told(actor.session, SearchListed(words="", messages=said(named[-3:]), more=len(named) > 3))

    def _ask_post(self, actor: Actor, text: str) -> None:
        actor.posted += 1
        self._asked(actor.session, "post", text)

    def _end(self, actor: Actor, *, freed: bool) -> None:
        if not freed:  # an operator frees the name, and the session ends
            self._asked("operator", "release", actor.name)
            del self.holders[actor.name.casefold()]
            self.lines.append(Told(at=self._moment(), session="operator", event="Released"))
            self._told(actor.session, NotSent(sequence=actor.posted, text="", reason="released"))
        self._told(actor.session, Ended(text="released", freed=freed))
        actor.session = ""

    def _asked(self, session: str, verb: Verb, text: str = "", author: str = "", *, final: bool = False) -> None:
        at = self._moment()
        self.lines.append(Asked(at=at, session=session, verb=verb, text=text, author=author, final=final))

    def _told(self, session: str, event: Event) -> None:
        data: dict[str, Any] = asdict(event)
        self.lines.append(Told(at=self._moment(), session=session, event=type(event).__name__, data=data))

    def _moment(self) -> int:
        self.now += 1
        return self.now


def said(entries: Iterable[Entry]) -> tuple[MessageReceived, ...]:
    """Return posts in the form in which an answer of the archive has them."""
    return tuple(MessageReceived(at=0, user=each.user, text=each.text) for each in entries)

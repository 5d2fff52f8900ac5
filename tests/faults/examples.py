"""Small made-up histories of ann and bob in a room, for tests of the checker."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.faults.operations import NEVER, Entry, Heard, History, NameOp, PostOp, Room, Stay

SECOND = 1_000_000_000


def post(number: int, session: str = "ann.1", **changes: Any) -> PostOp:
    """Return a confirmed post, asked `number` seconds after the start of the run."""
    name = session.partition(".")[0]
    made = PostOp(
        session=session,
        author=f"author of {name}",
        name=name,
        number=number,
        text=f"{session} {number} hola",
        asked=number * SECOND,
        answered=number * SECOND + 1000,
        outcome="confirmed",
    )
    return replace(made, **changes)


def entry(of: PostOp, offset: int, **changes: Any) -> Entry:
    """Return a post in the stream or in log.txt, as the only one of its entry."""
    made = Entry(
        offset=offset,
        index=0,
        id=f"registry-{of.session}-{of.number}",
        user=of.name,
        author=of.author,
        text=of.text,
        client_ts=of.asked // 1000,
        server_ts=of.asked // 1000 + 1,
    )
    return replace(made, **changes)


def heard(sent: Iterable[PostOp]) -> tuple[Heard, ...]:
    """Return posts in the form in which a member receives them."""
    return tuple(Heard(each.name, each.text) for each in sent)


A1, A2, A3 = (post(number) for number in (1, 2, 3))
B1, B2 = (post(number, "bob.1") for number in (1, 2))
SENT = (A1, B1, A2, B2, A3)
STREAM = tuple(entry(each, offset) for offset, each in enumerate(SENT))


def logged(entries: Iterable[Entry]) -> dict[str, tuple[Entry, ...]]:
    """Return the entries as the lines of log.txt, which is the only copy of the room."""
    return {"log.txt": tuple(replace(each, number=number) for number, each in enumerate(entries, start=1))}


GOOD = Room(stream=STREAM, copies=logged(STREAM))


def stay(session: str = "ann.1", of: Iterable[PostOp] = SENT, **changes: Any) -> Stay:
    """Return the stay of a member who joined at the beginning and received some posts."""
    made = Stay(session=session, key=session.partition(".")[0], joined=0, heard=heard(of))
    return replace(made, **changes)


def history(*changed: PostOp, **parts: Any) -> History:
    """Return a history with all posts, some of them changed."""
    by_number = {(each.session, each.number): each for each in (*SENT, *changed)}
    return History(posts=tuple(by_number.values()), **parts)


def without(entries: tuple[Entry, ...], *gone: PostOp) -> tuple[Entry, ...]:
    """Return the entries without some posts."""
    return tuple(each for each in entries if each.text not in {other.text for other in gone})


def swapped(items: tuple[Any, ...], one: int = 1, other: int = 2) -> tuple[Any, ...]:
    """Return the items with two of them exchanged."""
    changed = list(items)
    changed[one], changed[other] = changed[other], changed[one]
    return tuple(changed)


UNKNOWN = replace(A3, outcome="unknown", answered=NEVER)
REFUSED = replace(A3, outcome="refused", reason="too fast")


def op(kind: Any, session: str, asked: int, answered: int = NEVER, outcome: Any = "granted") -> NameOp:
    """Return an operation on the name bob; the first letter of the session is its author."""
    return NameOp(
        kind=kind, key="bob", session=session, author=session[0], asked=asked, answered=answered, outcome=outcome
    )

"""Scenario questions: requests to an archive of 1,000,000 messages, one at a time.

The baseline reads the same rows with sqlite3 alone.
"""

import random
import sqlite3
import string
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from bench.baseline_hops import QUEUE, ROOM, hops
from bench.linked import Link, arrival, linked
from bench.result import Result, Target
from bench.stage import Stage
from bench.times import Times
from bench.usage import memory
from chat_amqp import topology
from chat_amqp.connection import with_login
from chat_archive.owners import owner_number
from chat_archive.search import RECENT_POSTS
from chat_client.history import PAGE as FOUND_PAGE
from chat_client.membership import HISTORY
from chat_client.my_messages import PAGE
from chat_wire.codec import decode, encode
from chat_wire.limits import MAX_INT64
from chat_wire.log_line import to_line
from chat_wire.messages import Granted, History, Mine, Page, Recorded, Refused, Search
from chat_wire.names import sender_id
from testkit.chatter import new_request
from testkit.processes import Process, System
from testkit.tokens import grant
from testkit.wait import until

TARGET = Target(at_most=2.0)
BUILD_SECONDS = 600
AUTHORS = 1_000
ASKING = 100
# Microseconds between two messages: all of them are from the last two days, so all sessions may still resend posts.
APART = 100_000
MOST_SESSIONS = 10_000
# Words have the frequencies of a language (Zipf): the first is in 6 of 10 posts, the last in 1 of 20,000.
VOCABULARY = 20_000
WORDS_PER_POST = 10
RARE = 2_000
COLUMNS = 'number, room, "offset", "index", session, sequence, user, author, client_ts, server_ts, text'
ROWS_OF_MINE = f"SELECT {COLUMNS} FROM posts WHERE owner = ? AND author = ? AND number > ? ORDER BY number LIMIT ?"
ROWS_OF_ROOM = f"SELECT {COLUMNS} FROM posts WHERE room = ? AND number < ? ORDER BY number DESC LIMIT ?"
ROWS_WITH = ROWS_OF_ROOM.replace("ORDER BY", "AND text GLOB ? ORDER BY")
FOUND = (
    f"SELECT {COLUMNS} FROM words CROSS JOIN posts WHERE words MATCH ? AND words.rowid < ? "
    "AND number = words.rowid AND room = ? ORDER BY words.rowid DESC LIMIT ?"
)
LAST = "SELECT session, sequence FROM sessions WHERE room = ? AND server_ts >= ? ORDER BY server_ts DESC LIMIT ?"
POSITION = 'SELECT "offset", session, sequence FROM posts WHERE room = ? ORDER BY number DESC LIMIT 1'

P = ParamSpec("P")
T = TypeVar("T")
Statement = tuple[str, tuple[Any, ...]]
Question = Mine | History | Search


@dataclass(frozen=True, slots=True)
class Asker:
    """A session, and its connection."""

    grant: Granted
    link: Link


@dataclass(frozen=True, slots=True)
class Sample:
    """A question, and the SQL that answers it; the last statement selects the posts, and one more if there are more."""

    link: Link
    question: Question
    statements: tuple[Statement, ...]


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the 99th percentile of the time from a question to its answer, through the broker."""
    messages, times = (20_000, 100) if quick else (1_000_000, 2_000)
    with stage.system() as system:
        begun = time.time_ns() // 1000 - messages * APART
        vocabulary = _vocabulary()
        with (system.data / "log.txt").open("wb") as log:
            log.writelines(map(to_line, _posts(vocabulary, messages, begun)))
        archive = system.start("archive")
        until(lambda: archive.popen.poll() is None and archive.lines("archive.writing"), BUILD_SECONDS)
        yield _built(archive, messages)
        with _askers(system) as askers, hops(stage.operator_url), linked(stage.operator_url) as bare:
            bare.attach(ROOM)
            kinds: dict[str, Callable[[], Sample]] = {
                "/mymsgs, first page": lambda: _mine(askers),
                "newest page of the room": lambda: _newest(askers, begun),
                "any page of the room": lambda: _history(askers, messages),
                "search, a frequent word": lambda: _frequent(askers, vocabulary[0]),
                "search, a rare word": lambda: _rare(askers, random.choice(vocabulary[-RARE:])),
            }
            for case, ask in kinds.items():
                yield _measure(system, case, ask, times, bare)


def _vocabulary() -> list[str]:
    """Return words of 3 to 9 letters; only the first one begins with its letters."""
    some = random.Random(1)
    first, *rest = ("".join(some.choices(string.ascii_lowercase, k=some.randint(3, 9))) for _ in range(VOCABULARY))
    return [first, *(word for word in rest if not word.startswith(first))]


def _posts(vocabulary: list[str], messages: int, begun: int) -> Iterator[Recorded]:
    frequencies = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    for number in range(1, messages + 1):
        text = " ".join(random.choices(vocabulary, cum_weights=frequencies, k=WORDS_PER_POST))
        yield _post(number, begun + number * APART, text)


def _post(number: int, at: int, text: str) -> Recorded:
    """Return one of the posts that all authors send in turn, by its number."""
    author = number % AUTHORS
    return Recorded(
        number=number,
        room="lobby",
        offset=number,
        index=0,
        session=f"{author:032}",
        sequence=1 + number // AUTHORS,
        user=f"user{author}",
        author=sender_id(f"{author:064}", f"user{author}"),
        client_ts=at,
        server_ts=at,
        text=text,
    )


def _built(archive: Process, messages: int) -> Result:
    begun, ended = archive.lines("baton.taken")[0], archive.lines("archive.writing")[0]
    took = datetime.fromisoformat(ended["timestamp"]) - datetime.fromisoformat(begun["timestamp"])
    return Result(
        scenario="questions",
        case="index built from log.txt",
        unit="lines/s",
        ours=messages / took.total_seconds(),
        more={"archive, memory MB": memory(archive.popen.pid)},
    )


@contextmanager
def _askers(system: System) -> Iterator[list[Asker]]:
    """Connect as some of the authors."""
    with ExitStack() as ending:
        askers = []
        for author in range(ASKING):
            granted = grant(system, f"user{author}", f"{author:064}")
            url = with_login(system.url("client"), granted.session, granted.token)
            askers.append(Asker(granted, ending.enter_context(linked(url, granted.session))))
        yield askers


def _mine(askers: list[Asker]) -> Sample:
    asker = random.choice(askers)
    name = asker.grant.name
    author = sender_id(asker.grant.author, name)
    return Sample(
        asker.link,
        Mine(request=new_request(), card=asker.grant.card, after=0, limit=PAGE),
        (
            (POSITION, ("lobby",)),
            (ROWS_OF_MINE, (owner_number(author, name), author, 0, PAGE + 1)),
        ),
    )


def _newest(askers: list[Asker], since: int) -> Sample:
    asker = random.choice(askers)
    return Sample(
        asker.link,
        History(request=new_request(), card=asker.grant.card, before=None, limit=HISTORY),
        ((LAST, ("lobby", since, MOST_SESSIONS)), (ROWS_OF_ROOM, ("lobby", MAX_INT64, HISTORY + 1))),
    )


def _history(askers: list[Asker], messages: int) -> Sample:
    asker = random.choice(askers)
    before = random.randrange(HISTORY + 2, messages)
    return Sample(
        asker.link,
        History(request=new_request(), card=asker.grant.card, before=before, limit=HISTORY),
        ((ROWS_OF_ROOM, ("lobby", before, HISTORY + 1)),),
    )


def _frequent(askers: list[Asker], word: str) -> Sample:
    """Return a search for a frequent word, which the archive answers by a scan."""
    pattern = f'*[ "]{word}*'  # the index has texts as JSON: a word follows a space or a quotation mark
    return _search(askers, word, ((ROWS_WITH, ("lobby", MAX_INT64, pattern, FOUND_PAGE + 1)),))


def _rare(askers: list[Asker], word: str) -> Sample:
    lately = (ROWS_OF_ROOM, ("lobby", MAX_INT64, RECENT_POSTS))
    found = (FOUND, (f'"{word}"*', MAX_INT64, "lobby", FOUND_PAGE + 1))
    return _search(askers, word, (lately, found))


def _search(askers: list[Asker], word: str, statements: tuple[Statement, ...]) -> Sample:
    asker = random.choice(askers)
    question = Search(request=new_request(), card=asker.grant.card, words=word, before=None, limit=FOUND_PAGE)
    return Sample(asker.link, question, statements)


def _measure(system: System, case: str, ask: Callable[[], Sample], times: int, bare: Link) -> Result:
    ours, alone, hops_and_sql = Times(), Times(), Times()
    with closing(_open(system.data)) as index:
        for _ in range(times):
            sample = ask()
            page, answered = _timed(_answer, sample.link, sample.question)
            rows, looked_up = _timed(_look_up, index, sample)
            _, came_back = _timed(_round_trip, bare)
            _check(page, sample.question, rows)
            ours.add(answered)
            alone.add(looked_up)
            hops_and_sql.add(looked_up + came_back)
    return Result(
        scenario="questions",
        case=case,
        unit="ms p99",
        ours=ours.percentile(99),
        baseline=alone.percentile(99),
        baseline_name="the same rows read with sqlite3 alone",
        target=TARGET,
        more={
            "p50, ms": ours.percentile(50),
            "sqlite3 alone, p50, ms": alone.percentile(50),
            "sqlite3 and the bare two hops, p50, ms": hops_and_sql.percentile(50),
            "sqlite3 and the bare two hops, p99, ms": hops_and_sql.percentile(99),
        },
    )


def _timed(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, float]:
    begun = time.perf_counter()
    return call(*args, **kwargs), time.perf_counter() - begun


def _look_up(index: sqlite3.Connection, sample: Sample) -> list[tuple[int, ...]]:
    return [index.execute(*statement).fetchall() for statement in sample.statements][-1]


def _open(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{data / 'index.sqlite'}?mode=ro", uri=True)


def _answer(link: Link, question: Question) -> bytes:
    key = topology.MINE_KEY if isinstance(question, Mine) else topology.question_key("lobby")
    link.publish(topology.QUESTIONS.name, key, encode(question))
    (body,) = arrival(link, link.pop_replies)
    return body


def _round_trip(link: Link) -> None:
    link.publish(QUEUE.exchange.name, QUEUE.routing_key, b"a question" * 30)
    arrival(link, link.pop_entries)


def _check(body: bytes, question: Question, rows: list[tuple[int, ...]]) -> None:
    page: object = decode(body, Page, Refused)
    assert isinstance(page, Page), page
    assert page.request == question.request
    wanted = sorted(row[0] for row in rows[: question.limit])
    assert [message.number for message in page.messages] == wanted
    assert page.more == (len(rows) > question.limit)

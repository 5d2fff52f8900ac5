"""Questions that an archive on a real broker answers, and those that it refuses."""

import signal
from collections.abc import Iterator
from contextlib import closing
from sqlite3 import connect as open_database
from typing import Any

import pytest

from chat_archive.answers import SESSION_MEMORY
from chat_archive.service import QUESTIONS_AT_ONCE
from chat_wire.codec import encode
from chat_wire.messages import History, Mine, Page, Position, Refused, Search
from chat_wire.names import sender_id
from chat_worker.clock import now
from testkit.chatter import Chatter, new_request
from testkit.processes import System
from testkit.stream import Speaker
from testkit.tokens import member
from testkit.wait import until


@pytest.fixture
def speaker(system: System) -> Iterator[Speaker]:
    """Yield a speaker. Start an archive, which declares the stream, before it speaks."""
    made = Speaker(system)
    yield made
    made.close()


def history(chatter: Chatter, before: int | None = None, limit: int = 50, room: str = "lobby") -> Any:
    return chatter.ask(History(request=new_request(), card=chatter.card, before=before, limit=limit), room)


def mine(chatter: Chatter, after: int = 0, limit: int = 50) -> Any:
    return chatter.ask(Mine(request=new_request(), card=chatter.card, after=after, limit=limit))


def search(chatter: Chatter, words: str, before: int | None = None, limit: int = 50, room: str = "lobby") -> Any:
    question = Search(request=new_request(), card=chatter.card, words=words, before=before, limit=limit)
    return chatter.ask(question, room)


def texts(page: Page) -> list[str]:
    return [message.text for message in page.messages]


def newest(chatter: Chatter) -> Position | None:
    page = history(chatter, limit=1)
    assert isinstance(page, Page)
    return page.position


def test_the_history_comes_in_pages_oldest_first_with_the_position_of_the_last_post(
    either_system: System, speaker: Speaker
) -> None:
    either_system.started("archive")
    either_system.started("archive")
    ann = member(either_system, "ann")
    assert history(ann).messages == ()
    assert newest(ann) is None
    for number in range(5):
        speaker.say("s", f"post {number}")
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=4, id="s-5"))

    last = history(ann, limit=2)
    before = history(ann, before=last.messages[0].number, limit=3)

    assert (texts(last), last.more, last.position) == (["post 3", "post 4"], True, Position(offset=4, id="s-5"))
    assert (texts(before), before.more) == (["post 0", "post 1", "post 2"], False)
    assert before.position == Position(offset=2, id="s-3")


def test_the_newest_page_has_the_last_sequence_of_each_session(either_system: System, speaker: Speaker) -> None:
    either_system.started("archive")
    ann = member(either_system, "ann")
    speaker.say("s1", "one", "two")
    speaker.say("s2", "one")
    speaker.say("s1", "three")
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=2, id="s1-3"))

    page = history(ann, limit=1)

    assert page.last == {"s1": 3, "s2": 1}
    assert history(ann, before=page.messages[0].number, limit=1).last == {}


def test_the_newest_page_leaves_out_sessions_that_have_been_silent_for_two_days(
    either_system: System, speaker: Speaker
) -> None:
    either_system.started("archive")
    ann = member(either_system, "ann")
    minute = 60_000_000
    speaker.say("silent", "one", at=now() - SESSION_MEMORY - minute)
    speaker.say("heard", "one", at=now() - SESSION_MEMORY + minute)
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=1, id="heard-1"))

    assert history(ann).last == {"heard": 1}


def test_a_page_of_the_longest_texts_stays_below_a_mebibyte(system: System, speaker: Speaker) -> None:
    system.started("archive")
    ann = member(system, "ann")
    for _ in range(30):
        speaker.say("s", *["\x01" * 4096] * 5)
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=29, id="s-150"))

    page = history(ann, limit=200)

    assert page.more
    assert page.messages[-1].sequence == 150
    assert 2**19 < len(encode(page)) < 2**20


def test_mine_returns_the_posts_of_this_author_under_this_name_however_it_is_typed(
    either_system: System, speaker: Speaker
) -> None:
    either_system.started("archive")
    ann = member(either_system, "Ann")
    own = sender_id(ann.secret, "Ann")
    speaker.say("s1", "through a new router", user="ann", author=own)
    speaker.say("s2", "of a former holder", user="Ann", author="somebody else")
    speaker.say("s3", "through an old router", user="Ann", author=ann.secret)
    speaker.say("s4", "under another name", user="Bob", author=sender_id(ann.secret, "Bob"))
    speaker.say("s5", "before that, under another name", user="Bob", author=ann.secret)
    speaker.say("s6", "of another holder", user="ann", author=sender_id("somebody else", "ann"))
    speaker.say("s7", "last", user="ANN", author=own)
    speaker.confirmed()
    until(lambda: mine(ann).position == Position(offset=6, id="s7-1"))

    page = mine(ann, limit=2)
    rest = mine(ann, after=page.messages[-1].number)

    assert (texts(page), page.more) == (["through a new router", "through an old router"], True)
    assert (texts(rest), rest.more) == (["last"], False)
    assert {message.author for message in (*page.messages, *rest.messages)} == {""}


def test_search_finds_posts_by_the_beginnings_of_all_words_without_case_and_accents(
    either_system: System, speaker: Speaker
) -> None:
    either_system.started("archive")
    ann = member(either_system, "ann")
    speaker.say(
        "s", "Mañana: the GREEN apple", "green tea, tomorrow", "evergreen", "¿Mañana? ¡Té verde!", "\x00green\x00"
    )
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=0, id="s-5"))

    for words, sequences in (
        ("green", [1, 2, 5]),
        ("GRE", [1, 2, 5]),
        ("tea green", [2]),
        ("manana", [1, 4]),
        ("MAÑ", [1, 4]),
        ("mañana green", [1]),
        ("apples", []),
        ('NEAR("green" -tea) OR * : ^apple', []),
        ('"green" -app*', [1]),
    ):
        page = search(ann, words)
        assert [message.sequence for message in page.messages] == sequences, words
        assert (page.more, page.position, page.last) == (False, None, {})


def test_found_posts_come_in_pages_oldest_first_whether_recent_or_old(either_system: System, speaker: Speaker) -> None:
    either_system.started("archive")
    ann = member(either_system, "ann")
    for batch in range(12):
        speaker.say(
            "s",
            *(f"needle {number}" if number % 50 == 1 else "hay" for number in range(100 * batch, 100 * batch + 100)),
        )
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=11, id="s-1200"))

    pages = [search(ann, "needle", limit=7)]
    while pages[-1].more:
        pages.append(search(ann, "needle", before=pages[-1].messages[0].number, limit=7))

    assert [len(page.messages) for page in pages] == [7, 7, 7, 3]
    assert [text for page in pages[::-1] for text in texts(page)] == [f"needle {n}" for n in range(1, 1200, 50)]
    assert len(texts(search(ann, "needle", limit=50))) == 24


def test_an_invalid_search_is_refused_with_a_reason(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    ann = member(system, "ann")
    speaker.say("s", "hola")
    speaker.confirmed()
    until(lambda: newest(ann))

    for words, room, reason in (
        ("hola", "cellar", "unknown_room"),
        ('" * -', "lobby", "invalid_words"),
        (" ".join(map(str, range(33))), "lobby", "invalid_words"),
        ("a" * 4097, "lobby", "invalid_words"),
    ):
        answer = search(ann, words, room=room)
        assert isinstance(answer, Refused)
        assert answer.reason == reason
    assert texts(search(ann, "ho")) == ["hola"]
    assert "hola" not in archive.log.read_text()


def test_the_next_archive_rebuilds_an_index_without_words(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    ann = member(system, "ann")
    speaker.say("s", *["needle", *["hay"] * 600])
    speaker.confirmed()
    until(lambda: newest(ann) == Position(offset=0, id="s-601"))
    archive.kill()
    with closing(open_database(system.data / "index.sqlite")) as index, index:
        index.execute("DROP TABLE words")
        index.execute("ALTER TABLE checkpoint_3 RENAME TO checkpoint_2")

    system.started("archive")

    until(lambda: texts(search(ann, "needle")) == ["needle"])


def test_numbers_out_of_range_are_answered_as_the_nearest_in_range(either_system: System, speaker: Speaker) -> None:
    either_system.started("archive")
    ann = member(either_system, "ann")
    speaker.say("s", "hola", author=ann.secret, user="ann")
    speaker.confirmed()
    until(lambda: newest(ann))

    assert texts(history(ann, before=2**63 - 1, limit=2**63 - 1)) == ["hola"]
    assert texts(mine(ann, after=-(2**63), limit=-1)) == ["hola"]


def test_a_replica_receives_few_questions_at_once_and_leaves_the_others_to_another(system: System) -> None:
    busy = system.started("archive")
    ann = member(system, "ann")
    busy.send(signal.SIGSTOP)
    for number in range(2 * QUESTIONS_AT_ONCE):
        question = History(request=str(number), card=ann.card, before=None, limit=1)
        ann.publish("chat.questions", "room.lobby", encode(question))
    ann.confirmed()
    system.started("archive")

    ann.hear(lambda: len(ann.replies) >= QUESTIONS_AT_ONCE)

    assert all(isinstance(reply, Page) for reply in ann.replies)
    busy.send(signal.SIGCONT)
    ann.hear(lambda: {reply.request for reply in ann.replies} >= set(map(str, range(2 * QUESTIONS_AT_ONCE))))

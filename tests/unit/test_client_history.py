"""Older pages of the room and searches, over a link that the test plays."""

from dataclasses import replace

import pytest

from chat_client import events
from chat_client.history import ANSWER_SECONDS, PAGE
from chat_client.places import OLDEST, From, Newer, Older, Place, Query, Since
from chat_wire.messages import History, Refused, Search
from testkit.linked_member import LinkedMember, batch, page, recorded

NOON = 1_795_348_800_000_000
EIGHT = Older(Place(40, 0, 8))
NEWEST = History(request="", card="card", before=None, limit=PAGE)
SILENT = "the archive does not answer: try again later"


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def said(*numbers: int) -> tuple[events.MessageReceived, ...]:
    return tuple(events.MessageReceived(at=number, user="bob", text=f"text {number}") for number in numbers)


def said_in(told: list[events.Event]) -> list[events.MessageReceived]:
    return [message for event in told if isinstance(event, events.HistoryListed) for message in event.messages]


def failed(query: Query) -> events.HistoryListed:
    return events.HistoryListed(query=query, messages=(), more=True, failed=True)


def joined(alice: LinkedMember, *numbers: int, more: bool = True) -> list[events.Event]:
    alice.member.claim_request.ask("alice", False, alice.now)
    alice.grant()
    return alice.work(page(alice.last(History).request, *map(recorded, numbers), more=more))


def asked(alice: LinkedMember, query: Query) -> History:
    alice.member.history_requests.ask(query, alice.now)
    alice.work()
    question = alice.last(History)
    assert isinstance(question, History)
    return question


def searched(alice: LinkedMember, words: str) -> Search:
    alice.member.search_request.ask(words, alice.now)
    alice.work()
    question = alice.last(Search)
    assert isinstance(question, Search)
    return question


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Older(None), NEWEST),
        (Older(Place(50, 2, 8)), replace(NEWEST, before=8)),
        (Older(Place(50, 2)), replace(NEWEST, before_offset=50, before_index=2)),
        (Newer(Place(50, 2, 8)), replace(NEWEST, after=8)),
        (Newer(Place(50, 2)), replace(NEWEST, after_offset=50, after_index=2)),
        (From(8), replace(NEWEST, after=7)),
        (OLDEST, replace(NEWEST, after=0)),
        (Since(NOON), replace(NEWEST, since=NOON)),
    ],
)
def test_a_query_is_asked_and_its_page_reported(alice: LinkedMember, query: Query, expected: History) -> None:
    joined(alice, 8, 9)

    question = asked(alice, query)
    told = alice.work(replace(page(question.request, recorded(6), recorded(7), more=True), placed=True))

    assert replace(question, request="") == expected
    assert told == [events.HistoryListed(query=query, messages=said(6, 7), more=True)]
    assert [each.place for each in said_in(told)] == [Place(40, 0, 6), Place(40, 0, 7)]


def test_messages_of_the_room_and_of_the_first_page_have_places(alice: LinkedMember) -> None:
    recalled = joined(alice, 8, 9)
    alice.hear(40, batch(8, 9, session="bobs", user="bob"))
    told = alice.hear(50, batch(10, 11, session="bobs", user="bob"))

    places = [each.place for each in (*recalled, *told) if isinstance(each, events.MessageReceived)]
    assert places == [Place(40, 0, 8), Place(40, 0, 9), Place(50, 0), Place(50, 1)]


def test_a_page_is_asked_for_once_while_it_is_waited_for(alice: LinkedMember) -> None:
    joined(alice, 8)
    asked(alice, EIGHT)
    questions = len(alice.link.sent)

    asked(alice, EIGHT)

    assert len(alice.link.sent) == questions


def test_an_archive_of_the_last_version_is_paged_until_a_message_is_older_than_the_place(alice: LinkedMember) -> None:
    joined(alice)
    question = asked(alice, Older(Place(50, 0)))
    told = alice.work(page(question.request, recorded(8, offset=50), recorded(9, offset=51), more=True))
    second = alice.last(History)
    told += alice.work(page(second.request, recorded(7, offset=50), more=True))
    third = alice.last(History)
    told += alice.work(page(third.request, recorded(5, offset=48), recorded(6, offset=49), more=True))

    assert [each.before for each in (question, second, third)] == [None, 8, 7]
    assert [each.text for each in said_in(told)] == ["text 5", "text 6"]


def test_an_archive_of_the_last_version_cannot_go_to_a_time(alice: LinkedMember) -> None:
    joined(alice, 8)

    told = alice.work(page(asked(alice, Since(NOON)).request, recorded(8)))

    text = "the archive is too old for this: ask the operator to upgrade it"
    assert told == [events.Remark(text=text), failed(Since(NOON))]


def test_an_archive_that_does_not_answer_may_be_asked_again(alice: LinkedMember) -> None:
    joined(alice, 8)
    asked(alice, EIGHT)

    told = alice.work(after=ANSWER_SECONDS)

    assert told == [events.Remark(text=SILENT), failed(EIGHT)]
    assert asked(alice, EIGHT).before == 8


def test_a_question_goes_again_when_the_connection_is_back(alice: LinkedMember) -> None:
    joined(alice, 8)
    question = asked(alice, EIGHT)

    alice.lose()
    alice.work()

    assert alice.last(History).request == question.request


def test_a_question_from_before_a_long_outage_is_asked_after_it(alice: LinkedMember) -> None:
    joined(alice, 8)
    question = asked(alice, EIGHT)
    alice.now += 2 * ANSWER_SECONDS

    alice.lose()
    told = alice.work()

    assert told == [events.ConnectedAgain()]
    assert alice.last(History).request == question.request
    assert alice.work(after=ANSWER_SECONDS)[0] == events.Remark(text=SILENT)


def test_a_search_tells_the_messages_found_and_continues_before_them(alice: LinkedMember) -> None:
    joined(alice, 8)

    question = searched(alice, "hola mundo")
    told = alice.work(page(question.request, recorded(3), recorded(5), more=True))
    alice.member.search_request.ask_more(alice.now)
    alice.work()

    assert (question.words, question.before) == ("hola mundo", None)
    assert told == [events.SearchListed(words="hola mundo", messages=said(3, 5), more=True)]
    assert alice.last(Search).before == 3


def test_a_new_search_takes_the_place_of_one_not_answered(alice: LinkedMember) -> None:
    joined(alice, 8)
    first = searched(alice, "hola")
    second = searched(alice, "mundo")

    assert alice.work(page(first.request, recorded(3))) == []
    assert alice.work(page(second.request, recorded(4))) == [
        events.SearchListed(words="mundo", messages=said(4), more=False)
    ]


def test_a_search_that_is_refused_says_why_and_is_over(alice: LinkedMember) -> None:
    joined(alice, 8)
    question = searched(alice, "!")

    told = alice.work(Refused(request=question.request, reason="invalid_words", text="no words"))

    assert told == [events.Remark(text="no words"), events.SearchListed(words="!", messages=(), more=True)]

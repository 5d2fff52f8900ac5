"""Older pages of the room and searches, over a link that the test plays."""

import pytest

from chat_client import events
from chat_client.history import ANSWER_SECONDS
from chat_client.membership import HISTORY_SECONDS
from chat_wire.messages import History, Refused, Resume, Search
from testkit.linked_member import AGES, LinkedMember, batch, granted, page, recorded

SILENT = "the archive does not answer: try again later"


@pytest.fixture
def alice() -> LinkedMember:
    return LinkedMember()


def said(*numbers: int) -> tuple[events.MessageReceived, ...]:
    return tuple(events.MessageReceived(at=number, user="bob", text=f"text {number}") for number in numbers)


def joined(alice: LinkedMember, *numbers: int, more: bool = True) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant()
    alice.work(page(alice.last(History).request, *map(recorded, numbers), more=more))


def older(alice: LinkedMember) -> History:
    alice.member.older_request.ask(alice.now)
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


def test_older_messages_are_asked_for_before_the_oldest_told(alice: LinkedMember) -> None:
    joined(alice, 8, 9)

    first = older(alice)
    told = alice.work(page(first.request, recorded(6), recorded(7), more=True))
    second = older(alice)

    assert (first.before, second.before) == (8, 6)
    assert told == [events.OlderListed(messages=said(6, 7), more=True)]


def test_the_first_message_ever_ends_the_asking(alice: LinkedMember) -> None:
    joined(alice, 2)
    told = alice.work(page(older(alice).request, recorded(1)))
    questions = len(alice.link.sent)

    alice.member.older_request.ask(alice.now)

    assert told == [events.OlderListed(messages=said(1), more=False)]
    assert alice.told[-1] == events.OlderListed(messages=(), more=False)
    assert len(alice.link.sent) == questions


def test_a_page_is_asked_for_once_while_it_is_waited_for(alice: LinkedMember) -> None:
    joined(alice, 8)
    older(alice)
    questions = len(alice.link.sent)

    older(alice)

    assert len(alice.link.sent) == questions


def test_messages_older_than_the_first_one_told_are_found_without_the_first_page(alice: LinkedMember) -> None:
    alice.member.claim_request.ask("alice", alice.now)
    alice.grant()
    alice.work(after=HISTORY_SECONDS)
    alice.hear(50, batch(1, session="bobs", user="bob"))

    question = older(alice)
    told = alice.work(page(question.request, recorded(7, offset=50), more=True))
    further = alice.last(History)
    told += alice.work(page(further.request, recorded(5, offset=48), recorded(6, offset=49), more=True))

    assert (question.before, further.before) == (None, 7)
    assert told == [events.OlderListed(messages=said(5, 6), more=True)]


def test_an_archive_that_does_not_answer_may_be_asked_again(alice: LinkedMember) -> None:
    joined(alice, 8)
    older(alice)

    told = alice.work(after=ANSWER_SECONDS)

    assert told == [events.Remark(text=SILENT), events.OlderListed(messages=(), more=True)]
    assert older(alice).before == 8


def test_a_question_goes_again_when_the_connection_is_back(alice: LinkedMember) -> None:
    joined(alice, 8)
    question = older(alice)

    alice.lose()
    alice.work()
    alice.work(granted(alice.last(Resume).request, "token", AGES))
    alice.work()

    assert alice.last(History).request == question.request


def test_a_question_from_before_a_long_outage_is_asked_after_it(alice: LinkedMember) -> None:
    joined(alice, 8)
    question = older(alice)
    alice.now += 2 * ANSWER_SECONDS

    alice.lose()
    alice.work()
    told = alice.work(granted(alice.last(Resume).request, "token", AGES))

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

"""Older pages of the room and what a search finds, asked of an archive that is the test's own hand."""

import pytest

from chat_client import events
from chat_client.browsing import ANSWER_SECONDS
from chat_client.member import HISTORY_SECONDS
from chat_wire.messages import History, Refused, Resume, Search
from testkit.scene import AGES, Scene, batch, granted, page, recorded

SILENT = "the archive does not answer: try again later"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def said(*numbers: int) -> tuple[events.MessageReceived, ...]:
    return tuple(events.MessageReceived(at=number, user="bob", text=f"text {number}") for number in numbers)


def joined(scene: Scene, *numbers: int, more: bool = True) -> None:
    scene.member.join("alice", scene.now)
    scene.grant()
    scene.work(page(scene.last(History).request, *map(recorded, numbers), more=more))


def older(scene: Scene) -> History:
    scene.member.older(scene.now)
    scene.work()
    question = scene.last(History)
    assert isinstance(question, History)
    return question


def searched(scene: Scene, words: str) -> Search:
    scene.member.search(words, scene.now)
    scene.work()
    question = scene.last(Search)
    assert isinstance(question, Search)
    return question


def test_what_is_older_is_asked_for_from_the_oldest_told_on(scene: Scene) -> None:
    joined(scene, 8, 9)

    first = older(scene)
    told = scene.work(page(first.request, recorded(6), recorded(7), more=True))
    second = older(scene)

    assert (first.before, second.before) == (8, 6)
    assert told == [events.OlderListed(messages=said(6, 7), more=True)]


def test_the_first_message_ever_ends_the_asking(scene: Scene) -> None:
    joined(scene, 2)
    told = scene.work(page(older(scene).request, recorded(1)))
    questions = len(scene.link.sent)

    scene.member.older(scene.now)

    assert told == [events.OlderListed(messages=said(1), more=False)]
    assert scene.told[-1] == events.OlderListed(messages=(), more=False)
    assert len(scene.link.sent) == questions


def test_a_page_is_asked_for_once_while_it_is_waited_for(scene: Scene) -> None:
    joined(scene, 8)
    older(scene)
    questions = len(scene.link.sent)

    older(scene)

    assert len(scene.link.sent) == questions


def test_what_is_older_than_the_first_heard_is_found_without_the_history_of_joining(scene: Scene) -> None:
    scene.member.join("alice", scene.now)
    scene.grant()
    scene.work(after=HISTORY_SECONDS)
    scene.hear(50, batch(1, session="bobs", user="bob"))

    question = older(scene)
    told = scene.work(page(question.request, recorded(7, offset=50), more=True))
    further = scene.last(History)
    told += scene.work(page(further.request, recorded(5, offset=48), recorded(6, offset=49), more=True))

    assert (question.before, further.before) == (None, 7)
    assert told == [events.OlderListed(messages=said(5, 6), more=True)]


def test_an_archive_that_does_not_answer_may_be_asked_again(scene: Scene) -> None:
    joined(scene, 8)
    older(scene)

    told = scene.work(after=ANSWER_SECONDS)

    assert told == [events.Remark(text=SILENT), events.OlderListed(messages=(), more=True)]
    assert older(scene).before == 8


def test_a_question_goes_again_when_the_connection_is_back(scene: Scene) -> None:
    joined(scene, 8)
    question = older(scene)

    scene.lose()
    scene.work()
    scene.work(granted(scene.last(Resume).request, "token", AGES))
    scene.work()

    assert scene.last(History).request == question.request


def test_a_question_of_before_the_connection_was_back_is_asked_however_long_that_took(scene: Scene) -> None:
    joined(scene, 8)
    question = older(scene)
    scene.now += 2 * ANSWER_SECONDS

    scene.lose()
    scene.work()
    told = scene.work(granted(scene.last(Resume).request, "token", AGES))

    assert told == [events.ConnectedAgain()]
    assert scene.last(History).request == question.request
    assert scene.work(after=ANSWER_SECONDS)[0] == events.Remark(text=SILENT)


def test_a_search_tells_what_it_finds_and_goes_on_before_that(scene: Scene) -> None:
    joined(scene, 8)

    question = searched(scene, "hola mundo")
    told = scene.work(page(question.request, recorded(3), recorded(5), more=True))
    scene.member.search_more(scene.now)
    scene.work()

    assert (question.words, question.before) == ("hola mundo", None)
    assert told == [events.SearchListed(words="hola mundo", messages=said(3, 5), more=True)]
    assert scene.last(Search).before == 3


def test_a_new_search_takes_the_place_of_one_not_answered(scene: Scene) -> None:
    joined(scene, 8)
    first = searched(scene, "hola")
    second = searched(scene, "mundo")

    assert scene.work(page(first.request, recorded(3))) == []
    assert scene.work(page(second.request, recorded(4))) == [
        events.SearchListed(words="mundo", messages=said(4), more=False)
    ]


def test_a_search_that_is_refused_says_why_and_is_over(scene: Scene) -> None:
    joined(scene, 8)
    question = searched(scene, "!")

    told = scene.work(Refused(request=question.request, reason="invalid_words", text="no words"))

    assert told == [events.Remark(text="no words"), events.SearchListed(words="!", messages=(), more=True)]

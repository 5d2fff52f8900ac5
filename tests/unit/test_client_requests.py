"""Requests: sent again until answered, given up in time."""

from typing import Any

from chat_client.browsing import SearchQuestion
from chat_client.membership import ClaimQuestion
from chat_client.requests import AGAIN_SECONDS, BOUNCED_SECONDS, Question, Requests


class Asked:
    """Requests, with a question that opens a session and one that needs a session."""

    def __init__(self) -> None:
        """Start without requests."""
        self.requests = Requests()
        self.claim = ClaimQuestion("secret", self.requests, lambda _event: None, lambda *_granted: None)
        self.search = SearchQuestion("lobby", self.requests, lambda _event: None)

    def due(self, now: float, *, granted: bool = True) -> list[tuple[Question[Any], bool]]:
        """Return the questions that are due, each with whether it was sent before."""
        return [(due.question, due.again) for due in self.requests.due(now, granted=granted)]

    def request(self, now: float = 0.0) -> str:
        """Return the id of the one request that is due."""
        (due,) = self.requests.due(now, granted=True)
        return due.request


def test_a_request_is_due_at_once_and_then_only_after_a_while() -> None:
    asked = Asked()
    asked.requests.ask(asked.claim)

    assert asked.due(10.0) == [(asked.claim, False)]
    assert asked.due(10.0 + AGAIN_SECONDS / 2) == []
    assert asked.due(10.0 + AGAIN_SECONDS) == [(asked.claim, True)]


def test_a_request_that_is_sent_again_keeps_its_id() -> None:
    asked = Asked()
    asked.requests.ask(asked.search)

    assert asked.request() == asked.request(AGAIN_SECONDS)


def test_an_answered_request_is_not_sent_again() -> None:
    asked = Asked()
    asked.requests.ask(asked.claim)

    assert asked.requests.answered(asked.request()) is asked.claim
    assert asked.due(100.0) == []


def test_an_answer_to_an_unknown_request_has_no_question() -> None:
    asked = Asked()

    assert asked.requests.answered("r1") is None
    assert asked.requests.answered(None) is None


def test_a_request_is_given_up_when_its_time_is_over() -> None:
    asked = Asked()
    asked.requests.ask(asked.search, due=0.0, give_up=3.0)
    request = asked.request()

    assert asked.requests.given_up(2.9) == []
    assert asked.requests.given_up(3.0) == [asked.search]
    assert asked.requests.answered(request) is None


def test_a_request_that_could_not_be_sent_is_given_up_later() -> None:
    asked = Asked()
    asked.requests.ask(asked.search, due=0.0, give_up=3.0)
    asked.requests.ask(asked.claim)

    asked.requests.prolong(8.0)
    asked.requests.prolong(7.0)

    assert asked.requests.given_up(7.9) == []
    assert asked.requests.given_up(8.0) == [asked.search]


def test_a_request_that_reached_no_queue_is_sent_again_soon() -> None:
    asked = Asked()
    asked.requests.ask(asked.claim)
    asked.requests.ask(asked.search)
    asked.due(10.0)

    asked.requests.bounced("chat.registry", 10.0)

    assert asked.due(10.0 + BOUNCED_SECONDS) == [(asked.claim, True)]


def test_all_requests_are_sent_again_on_a_new_connection() -> None:
    asked = Asked()
    asked.requests.ask(asked.claim)
    asked.due(10.0)

    asked.requests.lost()

    assert asked.due(10.1) == [(asked.claim, False)]


def test_the_next_time_is_that_of_the_first_request_that_is_due_or_given_up() -> None:
    asked = Asked()
    assert asked.requests.next_time() is None

    asked.requests.ask(asked.claim, due=7.0)
    asked.requests.ask(asked.search, due=9.0, give_up=6.0)

    assert asked.requests.next_time() == 6.0


def test_a_question_knows_whether_it_waits_for_an_answer() -> None:
    asked = Asked()
    asked.requests.ask(asked.claim)

    assert asked.claim.waiting
    assert not asked.search.waiting
    asked.requests.drop(asked.claim)
    assert not asked.claim.waiting


def test_questions_wait_until_the_session_is_granted() -> None:
    asked = Asked()
    asked.requests.ask(asked.search)
    assert asked.due(1.0, granted=False) == []

    asked.requests.ask(asked.claim)
    (claim,) = asked.requests.due(1.0, granted=True)
    assert claim.question is asked.claim

    asked.requests.answered(claim.request)
    assert asked.due(1.0) == [(asked.search, False)]

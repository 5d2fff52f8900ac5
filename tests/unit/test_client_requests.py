"""Requests: sent again until answered, given up in time."""

from chat_client.requests import AGAIN_SECONDS, BOUNCED_SECONDS, Requests
from chat_wire.messages import Claim, History


def claim(request: str = "r1") -> Claim:
    return Claim(request=request, name="alice", secret="secret")


def history(request: str = "h1") -> History:
    return History(request=request, token="", room="lobby", before=None, limit=50)


def test_a_request_is_due_at_once_and_then_only_after_a_while() -> None:
    requests = Requests()
    requests.ask(claim(), due=0.0)

    assert requests.due(10.0) == [(claim(), False)]
    assert requests.due(10.0 + AGAIN_SECONDS / 2) == []
    assert requests.due(10.0 + AGAIN_SECONDS) == [(claim(), True)]


def test_an_answered_request_is_not_sent_again() -> None:
    requests = Requests()
    requests.ask(claim(), due=0.0)

    assert requests.answered("r1") == claim()
    assert requests.due(100.0) == []


def test_an_answer_that_nobody_waits_for_is_nobody_s() -> None:
    requests = Requests()

    assert requests.answered("r1") is None
    assert requests.answered(None) is None


def test_a_request_is_given_up_when_its_time_is_over() -> None:
    requests = Requests()
    requests.ask(history(), due=0.0, give_up=3.0)

    assert requests.given_up(2.9) == []
    assert requests.given_up(3.0) == [history()]
    assert requests.answered("h1") is None


def test_a_request_that_could_not_be_sent_is_given_up_later() -> None:
    requests = Requests()
    requests.ask(history(), due=0.0, give_up=3.0)
    requests.ask(claim(), due=0.0)

    requests.prolong(8.0)
    requests.prolong(7.0)

    assert requests.given_up(7.9) == []
    assert requests.given_up(8.0) == [history()]


def test_a_request_that_reached_no_queue_is_tried_soon() -> None:
    requests = Requests()
    requests.ask(claim(), due=0.0)
    requests.ask(history(), due=0.0)
    requests.due(10.0)

    requests.bounced((Claim,), 10.0)

    assert requests.due(10.0 + BOUNCED_SECONDS) == [(claim(), True)]


def test_all_requests_are_sent_anew_on_a_new_connection() -> None:
    requests = Requests()
    requests.ask(claim(), due=0.0)
    requests.due(10.0)

    requests.lost()

    assert requests.due(10.1) == [(claim(), False)]


def test_the_next_time_is_that_of_what_is_due_or_given_up_first() -> None:
    requests = Requests()
    assert requests.next_time() is None

    requests.ask(claim(), due=7.0)
    requests.ask(history(), due=9.0, give_up=6.0)

    assert requests.next_time() == 6.0


def test_it_is_known_which_kinds_wait_for_an_answer() -> None:
    requests = Requests()
    requests.ask(claim(), due=0.0)

    assert requests.waiting(Claim)
    assert not requests.waiting(History)
    requests.drop(Claim)
    assert not requests.waiting(Claim)


def test_questions_wait_while_the_session_is_asked_for() -> None:
    requests = Requests()
    requests.ask(history(), due=0.0)
    requests.ask(claim(), due=0.0)

    assert requests.due(1.0) == [(claim(), False)]
    requests.answered("r1")
    assert requests.due(1.0) == [(history(), False)]

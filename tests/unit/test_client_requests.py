"""Requests: sent again until answered, given up in time."""

from typing import Any

from chat_client.access import Access, RenewRequest
from chat_client.history import SearchRequest
from chat_client.membership import ClaimRequest
from chat_client.requests import RESEND_SECONDS, RETURNED_SECONDS, PendingRequests, Request
from chat_client.users import UsersRequest


class Asked:
    """Pending requests, with one that asks for a session and one that needs a session."""

    def __init__(self) -> None:
        """Start without requests."""
        self.pending = PendingRequests()
        self.claim = ClaimRequest("secret", self.pending, lambda _event: None, lambda *_granted: None)
        self.search = SearchRequest("lobby", self.pending, lambda _event: None)
        self.users = UsersRequest(self.pending, lambda _event: None)
        self.renewal = RenewRequest(Access(), self.pending, lambda _event: None, lambda _text: None)

    def due(self, now: float) -> list[tuple[Request[Any], bool]]:
        """Send the requests that are due anywhere, and return each with whether it was sent before."""
        found = self.pending.due(now, at_entrance=True) + self.pending.due(now, at_entrance=False)
        for due in found:
            self.pending.mark_sent(due.id, now)
        return [(due.request, due.again) for due in found]

    def send(self, now: float = 0.0) -> str:
        """Send the one request that is due, and return its id."""
        (due,) = self.pending.due(now, at_entrance=True) + self.pending.due(now, at_entrance=False)
        self.pending.mark_sent(due.id, now)
        return due.id


def test_a_request_is_due_at_once_and_then_only_after_a_while() -> None:
    asked = Asked()
    asked.pending.add(asked.claim)

    assert asked.due(10.0) == [(asked.claim, False)]
    assert asked.due(10.0 + RESEND_SECONDS / 2) == []
    assert asked.due(10.0 + RESEND_SECONDS) == [(asked.claim, True)]


def test_a_request_that_is_sent_again_keeps_its_id() -> None:
    asked = Asked()
    asked.pending.add(asked.search)

    assert asked.send() == asked.send(RESEND_SECONDS)


def test_an_answered_request_is_not_sent_again() -> None:
    asked = Asked()
    asked.pending.add(asked.claim)

    assert asked.pending.pop_answered(asked.send()) is asked.claim
    assert asked.due(100.0) == []


def test_an_answer_to_an_unknown_request_has_no_question() -> None:
    asked = Asked()

    assert asked.pending.pop_answered("r1") is None
    assert asked.pending.pop_answered(None) is None


def test_a_request_is_given_up_when_its_time_is_over() -> None:
    asked = Asked()
    asked.pending.add(asked.search, due=0.0, give_up=3.0)
    request = asked.send()

    assert asked.pending.pop_overdue(2.9) == []
    assert asked.pending.pop_overdue(3.0) == [asked.search]
    assert asked.pending.pop_answered(request) is None


def test_a_request_that_could_not_be_sent_is_given_up_later() -> None:
    asked = Asked()
    asked.pending.add(asked.search, due=0.0, give_up=3.0)
    asked.pending.add(asked.claim)

    asked.pending.prolong(8.0)
    asked.pending.prolong(7.0)

    assert asked.pending.pop_overdue(7.9) == []
    assert asked.pending.pop_overdue(8.0) == [asked.search]


def test_a_request_that_reached_no_queue_is_sent_again_soon() -> None:
    asked = Asked()
    asked.pending.add(asked.claim)
    asked.pending.add(asked.search)
    asked.due(10.0)

    asked.pending.returned("chat.entrance", 10.0)

    assert asked.due(10.0 + RETURNED_SECONDS) == [(asked.claim, True)]


def test_all_requests_are_sent_again_on_a_new_connection() -> None:
    asked = Asked()
    asked.pending.add(asked.claim)
    asked.due(10.0)

    asked.pending.lost()

    assert asked.due(10.1) == [(asked.claim, False)]


def test_the_next_time_is_that_of_the_first_request_that_is_due_or_given_up() -> None:
    asked = Asked()
    assert asked.pending.next_time() is None

    asked.pending.add(asked.claim, due=7.0)
    asked.pending.add(asked.search, due=9.0, give_up=6.0)

    assert asked.pending.next_time() == 6.0


def test_a_question_knows_whether_it_waits_for_an_answer() -> None:
    asked = Asked()
    asked.pending.add(asked.claim)

    assert asked.claim.waiting
    assert not asked.search.waiting
    asked.pending.cancel(asked.claim)
    assert not asked.claim.waiting


def test_only_a_request_for_a_session_is_due_at_the_entrance_and_only_others_as_a_session() -> None:
    asked = Asked()
    asked.pending.add(asked.claim)
    asked.pending.add(asked.search)

    assert [due.request for due in asked.pending.due(1.0, at_entrance=True)] == [asked.claim]
    assert [due.request for due in asked.pending.due(1.0, at_entrance=False)] == [asked.search]


def test_requests_to_the_registry_wait_until_the_session_is_renewed() -> None:
    asked = Asked()
    for request in (asked.users, asked.search, asked.renewal):
        asked.pending.add(request)

    search, renewal = asked.pending.due(1.0, at_entrance=False)

    assert (search.request, renewal.request) == (asked.search, asked.renewal)
    asked.pending.pop_answered(renewal.id)
    assert asked.users in [due.request for due in asked.pending.due(1.0, at_entrance=False)]

"""The checker of the fault tests, on answers of the archive: right ones pass, and each kind of defect is found."""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.archived import wrong_answers
from tests.faults.examples import A1, A2, A3, B1, B2, GOOD, SECOND, SENT, UNKNOWN, heard, history
from tests.faults.operations import History, MineOp, PageOp, PostOp, SearchOp

LATE = 90 * SECOND


def mine(*of: PostOp, **changes: Any) -> MineOp:
    """Return Ann's /mymsgs request after all posts, with its answer."""
    made = MineOp(session="ann.1", author=A1.author, key="ann", asked=LATE, answered=LATE + 1, heard=heard(of))
    return replace(made, **changes)


def search(*of: PostOp, **changes: Any) -> SearchOp:
    """Return a search for Ann's posts after all posts, with its answer."""
    return replace(SearchOp(session="bob.1", key="ann", asked=LATE, answered=LATE + 1, heard=heard(of)), **changes)


def page(*of: PostOp, **changes: Any) -> PageOp:
    """Return a request for a page of the history after all posts, with its answer."""
    return replace(PageOp(session="bob.1", asked=LATE, answered=LATE + 1, heard=heard(of)), **changes)


def asking(*questions: MineOp | SearchOp | PageOp, changed: tuple[PostOp, ...] = ()) -> History:
    """Return a history with all posts and some questions."""
    return history(
        *changed,
        mine=tuple(each for each in questions if isinstance(each, MineOp)),
        searches=tuple(each for each in questions if isinstance(each, SearchOp)),
        pages=tuple(each for each in questions if isinstance(each, PageOp)),
    )


EARLIER = page(*SENT, asked=50 * SECOND, answered=51 * SECOND)


@pytest.mark.parametrize(
    "of",
    [
        asking(mine(A1, A2, A3, final=True)),
        asking(mine(A1, A2, A3, final=True), changed=(UNKNOWN,)),
        asking(mine(A1, A2, final=True), changed=(UNKNOWN,)),
        asking(mine(A1, A2, A3, final=True, asked=A3.answered)),
        asking(mine()),
        asking(mine(heard=None, final=True)),
        asking(search(A1, A2, A3, final=True)),
        asking(search(A2, A3, more=True, final=True)),
        asking(page(*SENT, final=True)),
        asking(page(A2, B2, A3, more=True, final=True)),
        asking(page(A1, B1)),
        asking(page(B1, A2, more=True, before=(3, 0))),
        asking(page(A1, before=(1, 0))),
        asking(page(before=(0, 0))),
        asking(page(A1, B1, answered=LATE + 9), mine(A1, asked=LATE + 1)),
        asking(page(A1, B1), mine(A1, asked=LATE + 2)),
    ],
)
def test_a_right_answer_passes(of: History) -> None:
    assert list(wrong_answers(of, GOOD)) == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (mine(A1, A2, final=True), "did not receive 1 recorded posts: 'ann.1 3 hola'"),
        (mine(final=True), "did not receive 3 recorded posts: 'ann.1 1 hola'"),
        (mine(A2, A3), "did not receive 1 recorded posts: 'ann.1 1 hola'"),
        (mine(A1, A3), "received 'ann.1 3 hola' at position 1"),
        (mine(A1, B1, A2, A3), "received 'bob.1 1 hola' at position 1"),
        (mine(A2, A1, A3), "received 'ann.1 1 hola' at position 1"),
        (mine(A1, A2, A2, A3), "received 'ann.1 2 hola' at position 2"),
        (search(A1, A2, final=True), "did not receive 1 recorded posts: 'ann.1 3 hola'"),
        (search(A2, A3), "did not receive 1 recorded posts: 'ann.1 1 hola'"),
        (search(A1, A3, more=True), "received 'ann.1 3 hola' at position 1"),
        (search(A1, B1), "received 'bob.1 1 hola' at position 1"),
        (search(A1, A1), "received 'ann.1 1 hola' at position 1"),
        (page(*SENT[:4], final=True), "asked for the newest page at 90.000000, did not receive 1 recorded posts"),
        (page(*SENT[1:]), "did not receive 1 recorded posts: 'ann.1 1 hola'"),
        (page(A1, A2), "received 'ann.1 2 hola' at position 1"),
        (page(A1, B1, before=(3, 0)), "before (3, 0) at 90.000000, did not receive 1 recorded posts: 'ann.1 2 hola'"),
        (page(A1, B1, A2, before=(2, 0)), "received 'ann.1 2 hola' at position 2"),
    ],
)
def test_a_wrong_answer_is_found(question: MineOp | SearchOp | PageOp, words: str) -> None:
    (violation,) = wrong_answers(asking(question), GOOD)
    assert words in violation


@pytest.mark.parametrize("question", [mine(), mine(A1, A2), search(), search(A1, A2), page(), page(*SENT[:4])])
def test_an_answer_without_a_post_that_an_earlier_answer_had_is_found(question: MineOp | SearchOp | PageOp) -> None:
    (violation,) = wrong_answers(asking(EARLIER, question), GOOD)
    assert "did not receive" in violation

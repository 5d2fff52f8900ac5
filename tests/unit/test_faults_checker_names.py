"""The checker of the fault tests, on names and answers: right histories pass, and each kind of defect is found."""

from dataclasses import replace

import pytest

from tests.faults import answers, names
from tests.faults.examples import SECOND, op, stay
from tests.faults.operations import NEVER, History, NameOp, Stay, UsersOp


class TestNames:
    """Property 4: a name has one holder at a time."""

    @pytest.mark.parametrize(
        "ops",
        [
            [
                op("claim", "a1", 1, 2),
                op("claim", "b1", 3, 4, "refused"),
                op("exit", "a1", 5, 6),
                op("claim", "b1", 7, 8),
            ],
            [op("claim", "a1", 1, 5), op("claim", "b1", 2, 4, "refused")],
            [op("claim", "a1", 1, 2), op("exit", "a1", 3, 6), op("claim", "b1", 4, 5)],
            [op("claim", "a1", 1, 2), op("exit", "a1", 3, 6), op("claim", "b1", 4, 5, "refused")],
            [op("claim", "a1", 1, 2), op("claim", "a2", 3, 5), op("lost", "a1", 3, 4), op("resume", "a2", 6, 7)],
            [op("claim", "a1", 1, outcome="unknown"), op("claim", "b1", 3, 4)],
            [op("claim", "a1", 1, outcome="unknown"), op("claim", "b1", 3, 4, "refused")],
            [op("claim", "a1", 1, 2), op("exit", "a1", 3, outcome="unknown"), op("claim", "b1", 9, 10)],
            [op("claim", "a1", 1, 2), op("exit", "a1", 3, outcome="unknown"), op("claim", "b1", 9, 10, "refused")],
            [op("claim", "a1", 1, 2), op("release", "o", 3, 4), op("lost", "a1", 3, 5), op("claim", "b1", 6, 7)],
            [op("release", "o", 3, 4, "refused")],
            [op("claim", "a1", 1, 3, "unknown"), op("claim", "b1", 4, 5, "refused"), op("claim", "a2", 6, 7)],
            [op("claim", "a1", 1, 2), op("claim", "a2", 3, 4), op("exit", "a1", 5, 6), op("resume", "a2", 7, 8)],
            [op("claim", "a1", 1, outcome="unknown"), op("claim", "b1", 3, 4, "refused"), op("claim", "c1", 5, 6)],
        ],
    )
    def test_histories_that_an_order_explains_pass(self, ops: list[NameOp]) -> None:
        assert list(names.impossible(ops)) == []

    @pytest.mark.parametrize(
        ("ops", "words"),
        [
            ([op("claim", "a1", 1, 2), op("claim", "b1", 3, 4)], "claim of 'bob' by b1"),
            (
                [op("claim", "a1", 1, 2), op("claim", "b1", 3, 4, "refused"), op("claim", "c1", 5, 6)],
                "claim of 'bob' by c1",
            ),
            ([op("claim", "a1", 1, 2), op("exit", "a1", 9, 10), op("claim", "b1", 3, 8)], "claim of 'bob' by b1"),
            ([op("claim", "b1", 3, 4, "refused")], "claim of 'bob' by b1"),
            (
                [op("claim", "a1", 1, 2), op("exit", "a1", 3, 4), op("claim", "b1", 5, 6, "refused")],
                "claim of 'bob' by b1",
            ),
            ([op("claim", "a1", 1, 2), op("claim", "a2", 3, 4, "refused")], "claim of 'bob' by a2"),
            ([op("claim", "a1", 1, 2), op("lost", "a1", 3, 5)], "lost of 'bob' by a1"),
            ([op("claim", "a1", 1, 2), op("claim", "a2", 3, 4), op("resume", "a1", 5, 6)], "resume of 'bob' by a1"),
            ([op("claim", "a1", 1, 2), op("exit", "a1", 3, 4), op("resume", "a1", 5, 6)], "resume of 'bob' by a1"),
            ([op("claim", "a1", 1, 2), op("release", "o", 3, 4, "refused")], "release of 'bob' by o"),
            ([op("release", "o", 3, 4)], "release of 'bob' by o"),
            (
                [op("claim", "a1", 1, outcome="unknown"), op("claim", "b1", 3, 4), op("claim", "c1", 5, 6)],
                "claim of 'bob' by c1",
            ),
            ([op("claim", "a1", 4, outcome="unknown"), op("claim", "b1", 1, 2, "refused")], "claim of 'bob' by b1"),
        ],
    )
    def test_an_answer_that_no_order_explains_is_found(self, ops: list[NameOp], words: str) -> None:
        (violation,) = names.impossible(ops)
        assert violation.startswith(words)

    def test_operations_on_different_names_are_independent(self) -> None:
        assert list(names.impossible([op("claim", "a1", 1, 2), replace(op("claim", "b1", 3, 4), key="eve")])) == []

    def test_many_claims_without_an_answer_do_not_slow_the_search(self) -> None:
        dead = [op("claim", f"{chr(200 + n)}1", n + 1, outcome="unknown") for n in range(40)]
        dead += [op("claim", f"a{n}", n + 1, outcome="unknown") for n in range(40)]
        live = []
        for n in range(100, 200, 4):
            live += [op("claim", f"a{n}", n, n + 1), op("exit", f"a{n}", n + 2, n + 3)]
        assert list(names.impossible(dead + live)) == []


def users(connected: str, disconnected: str = "", asked: int = 190) -> UsersOp:
    """Return an answer to /users; `asked` is in seconds."""
    return UsersOp(
        session="eve.1",
        asked=asked * SECOND,
        answered=asked * SECOND + 1000,
        connected=tuple(connected.split()),
        disconnected=tuple(disconnected.split()),
        final=True,
    )


def held(name: str, *ops: NameOp) -> tuple[NameOp, ...]:
    """Return operations on a name, whose times are given in seconds."""
    return tuple(
        replace(each, key=name, asked=each.asked * SECOND, answered=min(NEVER, each.answered * SECOND)) for each in ops
    )


class TestAnswers:
    """Property 5: /users answers correctly."""

    THERE = held("ann", op("claim", "a1", 1, 2))
    GONE = held("bob", op("claim", "b1", 1, 2), op("exit", "b1", 3, 4))
    TAKEN = held("ann", op("claim", "a1", 1, 2), op("claim", "a2", 3, 4), op("exit", "a1", 5, 6))
    LEAVING = held("ann", op("claim", "a1", 1, 2), op("exit", "a1", 189, 191))
    MAYBE = held("ann", op("claim", "a1", 1, outcome="unknown"))

    @pytest.mark.parametrize(
        ("question", "ops", "stays"),
        [
            (users("ann"), THERE + GONE, (stay("ann.1", to_end=True),)),
            (users("", "ann"), THERE, (stay("ann.1"),)),
            (users("Ann"), THERE, ()),
            (users("", "ann"), THERE, ()),
            (users("", "ann"), THERE, (stay("ann.1", left=90 * SECOND, closed=90 * SECOND),)),
            (users("ann"), THERE, (stay("ann.1", left=101 * SECOND, closed=101 * SECOND),)),
            (users("", "ann"), THERE, (stay("ann.1", cuts=((189 * SECOND, NEVER),), to_end=True),)),
            (users("ann"), TAKEN, ()),
            (users("ann"), LEAVING, ()),
            (users(""), LEAVING, ()),
            (users("ann"), MAYBE, ()),
            (users(""), MAYBE, ()),
            (replace(users("nobody"), answered=NEVER), (), ()),
        ],
    )
    def test_a_list_of_members_that_may_be_right_passes(
        self, question: UsersOp, ops: tuple[NameOp, ...], stays: tuple[Stay, ...]
    ) -> None:
        assert list(answers.wrong_users(History(names=ops, stays=stays, users=(question,)))) == []

    @pytest.mark.parametrize(
        ("question", "ops", "stays", "words"),
        [
            (users(""), THERE, (), "omits ann, a held name"),
            (users(""), TAKEN, (), "omits ann, a held name"),
            (users("ann bob"), THERE + GONE, (), "lists bob, a free name"),
            (users("ann", "bob"), THERE + GONE, (), "lists bob, a free name"),
            (users("ann zoe"), THERE, (), "lists zoe, a free name"),
            (users("ann", "ann"), THERE, (), "lists ann twice"),
            (users("", "ann"), THERE, (stay("ann.1", to_end=True),), "lists ann as disconnected, who is connected"),
            (
                users("ann"),
                THERE,
                (stay("ann.1", left=99 * SECOND, closed=99 * SECOND),),
                "lists ann as connected, who is not",
            ),
        ],
    )
    def test_a_list_of_members_that_must_be_wrong_is_found(
        self, question: UsersOp, ops: tuple[NameOp, ...], stays: tuple[Stay, ...], words: str
    ) -> None:
        (violation,) = answers.wrong_users(History(names=ops, stays=stays, users=(question,)))
        assert words in violation

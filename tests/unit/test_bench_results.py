"""What the bench makes of its figures."""

from bench.result import Result, Target
from bench.routers import uneven
from bench.table import number, row, table

FAST = Result(
    scenario="flood",
    case="10 members",
    unit="posts/s",
    ours=30_000,
    baseline=10_000,
    baseline_name="bare relay",
    target=Target(at_least=2),
    more={"memory MB": 48.25},
)
SLOW = Result(scenario="start", case="100,000 names", unit="s", ours=6.0, target=Target(at_most=3))


def test_a_target_is_for_the_ratio_where_there_is_a_baseline_and_else_for_the_figure() -> None:
    assert (FAST.ratio, FAST.reached) == (3, True)
    assert (SLOW.ratio, SLOW.reached) == (None, False)


def test_the_score_is_how_many_times_better_than_the_target_asks() -> None:
    assert FAST.score == 1.5
    assert SLOW.score == 0.5


def test_a_row_says_everything_that_was_found() -> None:
    first, more = row(FAST).splitlines()

    assert first.split() == ["flood", "10", "members", "posts/s", "30,000", "10,000", "3", ">=", "2", "yes"]
    assert more.split() == ["memory", "MB", "48.2"]


def test_columns_stand_under_each_other() -> None:
    head, _, fast, _, slow = table([FAST, SLOW]).splitlines()

    assert head.index("target") == fast.index(">= 2") == slow.index("<= 3")
    assert slow.endswith("NO")


def test_figures_have_as_many_digits_as_tell_something() -> None:
    assert [number(value) for value in (None, 0.0, 0.00123456, 12.345, 123.456, 1234567.8)] == [
        "",
        "0",
        "0.00123",
        "12.3",
        "123",
        "1,234,568",
    ]


def test_the_report_has_what_follows_from_a_result() -> None:
    written = FAST.as_object()

    assert (written["ours"], written["ratio"], written["reached"]) == (30_000, 3, True)


def test_a_router_that_routed_nothing_is_as_far_from_even_as_can_be() -> None:
    assert uneven([50, 50], routers=2) == 0
    assert uneven([60, 40], routers=2) == 0.2
    assert uneven([50, 50], routers=3) == 1
    assert uneven([100], routers=2) == 1

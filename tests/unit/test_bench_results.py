"""The ratios, targets and table of the benchmark."""

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


def test_a_target_applies_to_the_ratio_or_without_a_baseline_to_the_figure() -> None:
    assert (FAST.ratio, FAST.reached) == (3, True)
    assert (SLOW.ratio, SLOW.reached) == (None, False)


def test_the_score_is_how_many_times_better_than_the_target_a_result_is() -> None:
    assert FAST.score == 1.5
    assert SLOW.score == 0.5


def test_a_row_has_all_figures() -> None:
    first, more = row(FAST).splitlines()

    assert first.split() == ["flood", "10", "members", "posts/s", "30,000", "10,000", "3", ">=", "2", "yes"]
    assert more.split() == ["memory", "MB", "48.2"]


def test_columns_are_aligned() -> None:
    head, _, fast, _, slow = table([FAST, SLOW]).splitlines()

    assert head.index("target") == fast.index(">= 2") == slow.index("<= 3")
    assert slow.endswith("NO")


def test_figures_have_three_significant_digits() -> None:
    assert [number(value) for value in (None, 0.0, 0.00123456, 12.345, 123.456, 1234567.8)] == [
        "",
        "0",
        "0.00123",
        "12.3",
        "123",
        "1,234,568",
    ]


def test_the_report_includes_the_ratio_and_whether_the_target_is_reached() -> None:
    written = FAST.as_object()

    assert (written["ours"], written["ratio"], written["reached"]) == (30_000, 3, True)


def test_a_router_without_posts_deviates_most_from_an_even_share() -> None:
    assert uneven([50, 50], routers=2) == 0
    assert uneven([60, 40], routers=2) == 0.2
    assert uneven([50, 50], routers=3) == 1
    assert uneven([100], routers=2) == 1

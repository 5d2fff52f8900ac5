"""Names in the list of members, which is narrower than the longest name."""

import time

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chat_client.fullscreen.short_names import short_names

NAMES = st.lists(st.text(st.sampled_from("ab漢-"), min_size=1, max_size=32), unique=True, max_size=12)


def test_a_long_name_is_cut_in_the_middle() -> None:
    names = ["department-of-sales-north-1", "department-of-sales-north-2", "ann"]

    assert short_names(names, 16) == ["departm…-north-1", "departm…-north-2", "ann"]


def test_names_that_differ_only_in_the_middle_are_cut_elsewhere() -> None:
    names = ["aaaaaaaaaaaa-x-bbbbbbbbbbbb", "aaaaaaaaaaaa-y-bbbbbbbbbbbb"]

    assert short_names(names, 18) == ["aaaaaaaa…bbbbbbbbb", "aaaaaaaaa…bbbbbbbb"]


def test_a_name_that_is_the_cut_of_another_keeps_it() -> None:
    assert short_names(["abcdefghijkl", "abc…ijkl"], 8)[1] == "abc…ijkl"
    assert len(set(short_names(["abcdefghijkl", "abc…ijkl"], 8))) == 2


@given(NAMES, st.integers(8, 22))
def test_no_two_names_look_the_same_and_each_fits(names: list[str], width: int) -> None:
    shown = short_names(names, width)

    assert len(set(shown)) == len(names)
    assert all(cell_len(name) <= width for name in shown)
    assert all(short == name for short, name in zip(shown, names, strict=True) if cell_len(name) <= width)


def test_many_names_that_differ_nowhere_in_sight_are_numbered_fast() -> None:
    names = [f"{'x' * 20}{number:03}{'y' * 9}" for number in range(1000)]
    began = time.process_time()

    shown = short_names(names, 8)

    assert len(set(shown)) == len(names)
    assert time.process_time() - began < 1

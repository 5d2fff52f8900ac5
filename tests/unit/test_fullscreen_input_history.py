"""The history of the composer."""

from hypothesis import given
from hypothesis import strategies as st

from chat_client.fullscreen.input_history import LIMIT, InputHistory

texts = st.lists(st.sampled_from(["a", "b", "c", "two\nlines"]), max_size=20)


def history(*entered: str) -> InputHistory:
    """Return a history of submitted texts."""
    found = InputHistory()
    for text in entered:
        found.add(text)
    return found


def walk_up(history_walked: InputHistory, draft: str) -> list[str]:
    """Return all texts from the draft up to the first."""
    shown, found = draft, []
    while (text := history_walked.older(shown)) is not None:
        shown = text
        found.append(text)
    return found


def test_walking_up_goes_from_the_last_to_the_first() -> None:
    assert walk_up(history("one", "two", "three"), "") == ["three", "two", "one"]


def test_what_was_entered_twice_in_a_row_is_there_once() -> None:
    assert walk_up(history("one", "one", "two", "one"), "") == ["one", "two", "one"]


def test_below_the_draft_there_is_nothing() -> None:
    assert history("one").newer("draft") is None
    assert history().older("draft") is None


def test_what_is_entered_ends_the_walk() -> None:
    history_walked = history("one", "two")
    history_walked.older("draft")
    history_walked.older("two")

    history_walked.add("three")

    assert walk_up(history_walked, "") == ["three", "two", "one"]


def test_a_text_that_was_changed_on_the_way_keeps_the_change_until_something_is_entered() -> None:
    history_walked = history("one", "two")
    history_walked.older("")
    history_walked.older("two and more")

    assert history_walked.newer("one") == "two and more"
    history_walked.add("three")
    assert walk_up(history_walked, "") == ["three", "two", "one"]


def test_the_oldest_are_forgotten_beyond_a_thousand() -> None:
    shown = walk_up(history(*map(str, range(LIMIT + 5))), "")

    assert len(shown) == LIMIT == 1000
    assert shown[0] == str(LIMIT + 4)
    assert shown[-1] == "5"


@given(texts, st.text(), st.integers(min_value=0, max_value=25))
def test_as_many_steps_down_as_up_come_back_to_the_draft(entered: list[str], draft: str, steps: int) -> None:
    history_walked = history(*entered)
    shown, taken = draft, 0
    for _step in range(steps):
        text = history_walked.older(shown)
        if text is not None:
            shown, taken = text, taken + 1
    for _step in range(taken):
        assert shown is not None
        shown = history_walked.newer(shown) or ""

    assert shown == draft
    assert history_walked.newer(shown) is None

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


def walk_up(walk: InputHistory, draft: str) -> list[str]:
    """Return all texts from the draft up to the first."""
    shown, found = draft, []
    while (text := walk.older(shown)) is not None:
        shown = text
        found.append(text)
    return found


def test_up_goes_from_the_newest_text_to_the_oldest() -> None:
    assert walk_up(history("one", "two", "three"), "") == ["three", "two", "one"]


def test_a_repeated_text_is_kept_once() -> None:
    assert walk_up(history("one", "one", "two", "one"), "") == ["one", "two", "one"]


def test_the_draft_is_the_newest_text() -> None:
    assert history("one").newer("draft") is None
    assert history().older("draft") is None


def test_a_submission_ends_the_walk() -> None:
    walk = history("one", "two")
    walk.older("draft")
    walk.older("two")

    walk.add("three")

    assert walk_up(walk, "") == ["three", "draft", "two", "one"]


def test_a_draft_left_for_an_old_text_becomes_an_entry() -> None:
    walk = history("one")
    walk.older("typed before")

    assert walk.add("one") == ["typed before", "one"]
    assert walk_up(walk, "") == ["one", "typed before", "one"]


def test_the_draft_to_go_on_with_is_the_changed_text_that_is_shown() -> None:
    walk = history("one", "two")
    assert walk.drafts("") == []
    assert walk.drafts("draft") == ["draft"]
    walk.older("draft")
    assert walk.drafts("two") == ["draft"]
    assert walk.drafts("two!") == ["draft", "two!"]


def test_the_texts_of_earlier_runs_are_there() -> None:
    assert walk_up(InputHistory(["one", "two"]), "") == ["two", "one"]


def test_a_changed_text_keeps_its_change_until_the_next_submission() -> None:
    walk = history("one", "two")
    walk.older("")
    walk.older("two and more")

    assert walk.newer("one") == "two and more"
    walk.add("two and more")
    assert walk_up(walk, "") == ["two and more", "two", "one"]


def test_the_history_keeps_the_newest_thousand_texts() -> None:
    shown = walk_up(history(*map(str, range(LIMIT + 5))), "")

    assert len(shown) == LIMIT == 1000
    assert shown[0] == str(LIMIT + 4)
    assert shown[-1] == "5"


@given(st.lists(st.sampled_from(["older", "newer", "submit", "a", "b ", "c"]), max_size=30))
def test_no_typed_text_is_lost(keys: list[str]) -> None:
    walk, shown, typed = InputHistory(["old"]), "", set[str]()
    for key in keys:
        if key == "older":
            shown = next((text for text in [walk.older(shown)] if text is not None), shown)
        elif key == "newer":
            shown = next((text for text in [walk.newer(shown)] if text is not None), shown)
        elif key == "submit":
            walk.add(shown)
            shown = ""
        else:  # this replaces the text that is shown
            typed.discard(shown)
            shown += key
            typed.add(shown)

    assert typed <= {*walk.submitted, *walk.drafts(shown)}


@given(texts, st.text(), st.integers(min_value=0, max_value=25))
def test_as_many_steps_down_as_up_return_to_the_draft(entered: list[str], draft: str, steps: int) -> None:
    walk = history(*entered)
    shown, taken_steps = draft, 0
    for _step in range(steps):
        text = walk.older(shown)
        if text is not None:
            shown, taken_steps = text, taken_steps + 1
    for _step in range(taken_steps):
        assert shown is not None
        shown = walk.newer(shown) or ""

    assert shown == draft
    assert walk.newer(shown) is None

"""The generated reference pages agree with the code."""

import pytest

from docs.generate import health, log_events, settings
from docs.generate.pages import REFERENCE, pages


@pytest.mark.parametrize("name", pages())
def test_a_reference_page_agrees_with_the_code(name: str) -> None:
    assert (REFERENCE / name).read_text() == pages()[name], "the page is stale: run `make docs`"


def test_each_log_event_has_a_meaning_and_each_meaning_an_event() -> None:
    assert set(log_events.events()) == set(log_events.MEANINGS)


def test_each_setting_has_a_meaning_and_each_meaning_a_setting() -> None:
    assert set(settings.names()) == set(settings.SETTINGS)


def test_each_field_of_the_health_report_has_a_meaning_and_each_meaning_a_field() -> None:
    assert set(health.fields()) == set(health.MEANINGS)

"""The time that the search for a name takes: anybody can send a message that has it."""

import time

import pytest

from chat_client.fullscreen.mentions import mentions
from chat_wire.limits import MAX_TEXT


@pytest.mark.parametrize("run", ["a", "a.", "%", "a-", "+", "a_b-", "ana@b "])
def test_a_long_message_does_not_delay_the_others(run: str) -> None:
    text = "ana " + run * (MAX_TEXT // len(run))
    began = time.process_time()

    assert mentions(text, "ana")

    assert time.process_time() - began < 0.05

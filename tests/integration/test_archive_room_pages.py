"""Pages of a room near a place or a time, from an archive on a real broker."""

from dataclasses import replace
from typing import Any

from chat_wire.messages import History, Page, Refused
from testkit.chatter import Chatter, new_request
from testkit.processes import System
from testkit.stream import Speaker
from testkit.tokens import member
from testkit.wait import until

NOON = 1_795_348_800_000_000


def near(chatter: Chatter, limit: int = 3, **fields: Any) -> Any:
    question = History(request=new_request(), card=chatter.card, before=None, limit=limit)
    return chatter.ask(replace(question, **fields))


def texts(page: Page) -> list[str]:
    return [message.text for message in page.messages]


def test_pages_near_a_place_and_a_time(either_system: System) -> None:
    speaker = Speaker(either_system)
    either_system.started("archive")
    ann = member(either_system, "ann")
    for hour in range(5):
        speaker.say("s", f"at {hour}", f"soon after {hour}", at=NOON + hour)
    speaker.confirmed()
    until(lambda: isinstance(near(ann, after_offset=4, after_index=1), Page))

    before = near(ann, before_offset=2, before_index=1)
    after = near(ann, after_offset=2, after_index=1)
    since = near(ann, since=NOON + 1, limit=50)
    oldest = near(ann, after=0, limit=1)

    assert texts(before) == ["at 1", "soon after 1", "at 2"]
    assert texts(after) == ["at 3", "soon after 3", "at 4"]
    assert (texts(since)[0], len(since.messages), since.more) == ("at 1", 8, False)
    assert (texts(oldest), oldest.more) == (["at 0"], True)
    assert all(page.placed and page.position is None for page in (before, after, since, oldest))
    speaker.close()


def test_a_place_that_is_not_recorded_is_refused(system: System) -> None:
    system.started("archive")

    answer = near(member(system, "ann"), after_offset=7)

    assert isinstance(answer, Refused)
    assert answer.reason == "not_recorded"

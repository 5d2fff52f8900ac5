"""The checker of the fault tests, on random runs: a right one passes, and one with a single defect does not."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import chat_archive
import chat_client
from chat_client.events import Joined, MessageReceived, NotSent
from chat_wire.messages import Refused
from testkit.registry import Journal
from tests.faults.checker import Report, check, render
from tests.faults.event_texts import CLIENT_FAILED, INDEX_FAILED, MINE_FAILED, NAME_TAKEN, NO_HISTORY
from tests.faults.examples import logged
from tests.faults.history import LAST, Asked, HistoryWriter, Line, Told, read_lines
from tests.faults.made_up import MadeUp
from tests.faults.operations import Heard, Room
from tests.faults.reading import history_of

Spoilt = tuple[list[Line], Room]


def made_up(seed: int) -> MadeUp:
    run = MadeUp(random.Random(seed))
    for _ in range(60):
        run.step()
    run.end()
    return run


def judged(lines: list[Line], room: Room) -> Report:
    return check(history_of(lines), room)


def violated(report: Report) -> set[str]:
    """Return the numbers of the violated properties."""
    return {verdict.property[0] for verdict in report.verdicts if verdict.violations}


@given(st.integers(0, 2**32))
def test_a_right_run_passes(seed: int) -> None:
    run = made_up(seed)
    report = judged(run.lines, run.room)
    assert not report.violations, render(report)
    assert all(verdict.judged for verdict in report.verdicts)


def lines_of(run: MadeUp, event: str, which: Callable[[Told], bool] = lambda _: True) -> list[int]:
    """Return the positions of an event in the lines of a run."""
    found = enumerate(run.lines)
    return [n for n, line in found if isinstance(line, Told) and line.event == event and which(line)]


def data(run: MadeUp, at: int) -> Any:
    """Return the fields of an event."""
    line = run.lines[at]
    assert isinstance(line, Told)
    return line.data


def retold(run: MadeUp, at: int, event: str, changed: Any) -> Spoilt:
    """Return the run with an event replaced by another one."""
    line = run.lines[at]
    other = Told(at=line.at, session=line.session, event=event, data=changed)
    return [*run.lines[:at], other, *run.lines[at + 1 :]], run.room


def own(run: MadeUp) -> list[int]:
    """Return the positions at which posts came back to their senders."""
    return lines_of(run, "MessageReceived", lambda line: line.data["sequence"] is not None)


def confirmed(run: MadeUp) -> list[str]:
    """Return the texts that came back to their senders."""
    return [data(run, at)["text"] for at in own(run)]


def lose_in_the_stream(run: MadeUp, chance: random.Random) -> Spoilt:
    text = chance.choice(confirmed(run))
    return run.lines, replace(run.room, stream=tuple(each for each in run.stream if each.text != text))


def lose_in_the_log(run: MadeUp, chance: random.Random) -> Spoilt:
    gone = chance.choice(run.room.copies["log.txt"])
    return run.lines, replace(
        run.room, copies=logged(tuple(each for each in run.room.copies["log.txt"] if each != gone))
    )


def double_in_the_log(run: MadeUp, chance: random.Random) -> Spoilt:
    return run.lines, replace(
        run.room, copies=logged((*run.room.copies["log.txt"], chance.choice(run.room.copies["log.txt"])))
    )


def swap_in_the_log(run: MadeUp, chance: random.Random) -> Spoilt:
    log = list(run.room.copies["log.txt"])
    assume(len(log) > 1)
    at = chance.randrange(len(log) - 1)
    log[at], log[at + 1] = log[at + 1], log[at]
    return run.lines, replace(run.room, copies=logged(tuple(log)))


def alter(run: MadeUp, chance: random.Random) -> Spoilt:
    text = chance.choice(run.stream).text
    stream = tuple(replace(each, text=text[:-1]) if each.text == text else each for each in run.stream)
    log = tuple(replace(each, text=text[:-1]) if each.text == text else each for each in run.room.copies["log.txt"])
    return run.lines, Room(stream=stream, copies=logged(log))


def invent(run: MadeUp, chance: random.Random) -> Spoilt:
    made = replace(chance.choice(run.stream), text="boo", id="s-1", offset=10_000)
    return run.lines, Room(stream=(*run.stream, made), copies=logged((*run.room.copies["log.txt"], made)))


def leave_a_gap(run: MadeUp, chance: random.Random) -> Spoilt:
    told = lines_of(run, "MessageReceived")
    by_session: dict[str, list[int]] = {}
    for n in told:
        by_session.setdefault(run.lines[n].session, []).append(n)
    inner = [n for numbers in by_session.values() for n in numbers[1:-1]]
    assume(inner)
    gone = chance.choice(inner)
    return [line for n, line in enumerate(run.lines) if n != gone], run.room


def tell_twice(run: MadeUp, chance: random.Random) -> Spoilt:
    again = chance.choice(lines_of(run, "MessageReceived"))
    return [*run.lines[: again + 1], *run.lines[again:]], run.room


def refuse_what_is_there(run: MadeUp, chance: random.Random) -> Spoilt:
    at = chance.choice(own(run))
    return retold(run, at, "NotSent", {**data(run, at), "reason": "too fast"})


def grant_a_held_name(run: MadeUp, chance: random.Random) -> Spoilt:
    refused = lines_of(run, "NameRefused")
    assume(refused)
    return retold(run, chance.choice(refused), "Joined", {})


def refuse_a_free_name(run: MadeUp, chance: random.Random) -> Spoilt:
    at = chance.choice(lines_of(run, "Joined"))
    return retold(run, at, "NameRefused", {"text": NAME_TAKEN.format(name=data(run, at)["name"])})


def lose_an_own_message(run: MadeUp, chance: random.Random) -> Spoilt:
    known = {text for text in confirmed(run) if not text.endswith(LAST)}
    last = next(line.at for line in run.lines if isinstance(line, Asked) and line.final)

    def lists_known(line: Told) -> bool:
        return line.at > last and any(said["text"] in known for said in line.data["messages"])

    answers = lines_of(run, "MyMessagesListed", lists_known)
    assume(answers)
    at = chance.choice(answers)
    return retold(run, at, "MyMessagesListed", {**data(run, at), "messages": data(run, at)["messages"][1:]})


def lose_a_found_message(run: MadeUp, chance: random.Random) -> Spoilt:
    event = chance.choice(("HistoryListed", "SearchListed"))
    answers = lines_of(run, event, lambda line: len(line.data["messages"]) > 2)
    assume(answers)
    at = chance.choice(answers)
    gone = chance.randrange(1, len(data(run, at)["messages"]) - 1)
    left = [said for n, said in enumerate(data(run, at)["messages"]) if n != gone]
    return retold(run, at, event, {**data(run, at), "messages": left})


def misnumber(run: MadeUp, chance: random.Random) -> Spoilt:
    log = list(run.room.copies["log.txt"])
    at = chance.randrange(len(log))
    log[at] = replace(log[at], number=at)
    return run.lines, replace(run.room, copies={"log.txt": tuple(log)})


def lose_in_the_index(run: MadeUp, chance: random.Random) -> Spoilt:
    index = run.room.copies["log.txt"]
    gone = chance.choice(index)
    return run.lines, replace(
        run.room, copies={**run.room.copies, "the index": tuple(each for each in index if each != gone)}
    )


def list_a_stranger(run: MadeUp, chance: random.Random) -> Spoilt:
    at = chance.choice(lines_of(run, "UsersListed"))
    return retold(run, at, "UsersListed", {**data(run, at), "disconnected": ("stranger",)})


def forget_a_user(run: MadeUp, chance: random.Random) -> Spoilt:
    at = chance.choice(lines_of(run, "UsersListed"))
    return retold(run, at, "UsersListed", {**data(run, at), "connected": data(run, at)["connected"][1:]})


@pytest.mark.parametrize(
    ("spoil", "properties"),
    [
        (lose_in_the_stream, "1"),
        (lose_in_the_log, "1"),
        (double_in_the_log, "1"),
        (swap_in_the_log, "3"),
        (misnumber, "3"),
        (lose_in_the_index, "13"),
        (lose_a_found_message, "5"),
        (alter, "2"),
        (invent, "2"),
        (leave_a_gap, "3"),
        (tell_twice, "3"),
        (refuse_what_is_there, "1"),
        (grant_a_held_name, "4"),
        (refuse_a_free_name, "4"),
        (lose_an_own_message, "5"),
        (list_a_stranger, "5"),
        (forget_a_user, "5"),
    ],
)
@settings(max_examples=50)
@given(seed=st.integers(0, 2**32))
def test_a_run_with_a_single_defect_violates_a_property(
    seed: int, spoil: Callable[[MadeUp, random.Random], Spoilt], properties: str
) -> None:
    run = made_up(seed)
    assert set(properties) <= violated(judged(*spoil(run, random.Random(seed))))


def test_a_history_is_read_without_the_incomplete_line_of_a_killed_process(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path / "p1.jsonl")
    writer.asked("a.1", "claim", "ann", "author")
    writer.told("a.1", Joined(name="ann", room="lobby"))
    for number in (1, 2, 3, 4):
        writer.asked("a.1", "post", f"a.1 {number} \U0001f469\u2028\x00")
    writer.told("a.1", MessageReceived(at=1, user="ann", text="a.1 1 \U0001f469\u2028\x00", sequence=1))
    writer.told("a.1", NotSent(sequence=2, text="", reason="too fast"))
    writer.asked("a.1", "close")
    writer.told("a.1", NotSent(sequence=3, text="", reason="the client left before the message was delivered"))
    with (tmp_path / "p1.jsonl").open("ab") as file:
        file.write(b'{"type":"asked","at":')
    read = history_of(read_lines(tmp_path))
    assert [post.outcome for post in read.posts] == ["confirmed", "refused", "unknown", "unknown"]
    (stay,) = read.stays
    assert stay.heard == (Heard("ann", "a.1 1 \U0001f469\u2028\x00"),)
    assert stay.joined < stay.closed == stay.left


def test_the_end_of_a_session_makes_the_outcome_of_its_posts_unknown() -> None:
    lines: list[Line] = [
        Asked(at=1, session="a.1", verb="claim", text="ann", author="a"),
        Told(at=2, session="a.1", event="Joined"),
        Asked(at=3, session="a.1", verb="post", text="a.1 1 x"),
        Told(at=4, session="a.1", event="NotSent", data={"sequence": 1, "reason": "taken"}),
        Told(at=5, session="a.1", event="Ended", data={"text": "taken", "freed": False}),
    ]
    read = history_of(lines)
    assert [post.outcome for post in read.posts] == ["unknown"]
    assert [op.kind for op in read.names] == ["claim", "lost"]


def test_a_failed_client_is_recorded_as_stuck() -> None:
    lines: list[Line] = [
        Told(at=1, session="a.1", event="Ended", data={"text": "the client failed: x", "freed": False})
    ]
    assert history_of(lines).stuck == ("a.1: the client failed: x",)


@pytest.mark.parametrize("text", [CLIENT_FAILED, NO_HISTORY, MINE_FAILED])
def test_the_client_shows_the_texts_by_which_a_history_recognizes_events(text: str) -> None:
    sources = Path(chat_client.__file__).parent.rglob("*.py")
    assert any(f'"{text}' in source.read_text() for source in sources)


def test_the_archive_refuses_a_question_with_the_text_that_a_history_recognizes() -> None:
    sources = Path(chat_archive.__file__).parent.rglob("*.py")
    assert any(f'"{INDEX_FAILED}' in source.read_text() for source in sources)


def test_the_registry_refuses_a_held_name_with_the_text_that_a_history_recognizes() -> None:
    journal = Journal()
    journal.claim("ann", "author of ann", "r1")

    refusal = journal.claim("ann", "author of bob", "r2").reply

    assert isinstance(refusal, Refused)
    assert refusal.text == NAME_TAKEN.format(name="ann")

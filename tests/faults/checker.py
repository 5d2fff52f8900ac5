"""The properties, and what the histories of a run say of each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.faults import answers, names, posts
from tests.faults.operations import NEVER, History, Room
from tests.faults.posts import kept


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one property: how many operations were judged, and each violation in full."""

    property: str
    judged: int
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of a run: the verdicts, and how many operations of each kind had which outcome."""

    verdicts: tuple[Verdict, ...]
    outcomes: Mapping[str, int]

    @property
    def violations(self) -> int:
        """How many violations there are in all."""
        return sum(len(verdict.violations) for verdict in self.verdicts)


def check(history: History, room: Room) -> Report:
    """Judge a run by every property."""
    verdicts = (
        check_delivery(history, room),
        check_texts(history, room),
        check_order(history, room),
        check_names(history),
        check_answers(history, room),
        check_end(history),
    )
    return Report(verdicts, outcomes(history, room))


def outcomes(history: History, room: Room) -> Counter[str]:
    """How many operations of each kind had which outcome; without this, none could fail because none was tried."""
    found = Counter(f"post {post.outcome}" for post in history.posts)
    found.update(f"{op.kind} {op.outcome}" for op in history.names)
    found["session of a member"] = len(history.stays)
    found["entry heard by a member"] = sum(len(stay.heard) for stay in history.stays)
    found["post repeated in the stream"] = len(room.stream) - len(kept(room.stream))
    return found


def check_delivery(history: History, room: Room) -> Verdict:
    """A confirmed post is in the stream and in log.txt once, a refused one in neither, any other in both or neither."""
    return _verdict("1 confirmed is there once, refused is not", len(history.posts), posts.miscounted(history, room))


def check_texts(history: History, room: Room) -> Verdict:
    """Nothing appears that nobody sent, and what appears is as it was sent, by whom it was sent."""
    judged = len(room.stream) + len(room.log) + _heard(history)
    return _verdict("2 nothing invented, nothing altered", judged, posts.altered(history, room))


def check_order(history: History, room: Room) -> Verdict:
    """Each sender's posts stand in the order sent; all saw one order, without a gap from where they joined."""
    judged = len(room.stream) + len(room.log) + sum(len(stay.heard) for stay in history.stays)
    return _verdict("3 one order for all, no gaps", judged, posts.disordered(history, room))


def check_names(history: History) -> Verdict:
    """No two sessions held one name at once, and a name that was freed could be claimed."""
    return _verdict("4 a name has one holder", len(history.names), names.impossible(history.names))


def check_answers(history: History, room: Room) -> Verdict:
    """/mymsgs is what the person sent, /users is who is there."""
    answered = [question for question in history.mine if question.heard is not None]
    listed = [question for question in history.users if question.answered != NEVER]
    found = [*answers.wrong_own(history, room), *answers.wrong_users(history)]
    return _verdict("5 /mymsgs and /users are right", len(answered) + len(listed), found)


def check_end(history: History) -> Verdict:
    """Once the faults are over everything ends: posts come back, questions are answered."""
    return _verdict("6 everything ends once faults are over", len(history.stays), history.stuck)


def _verdict(name: str, judged: int, violations: Iterable[str]) -> Verdict:
    return Verdict(name, judged, tuple(violations))


def _heard(history: History) -> int:
    told = sum(len(stay.heard) for stay in history.stays)
    return told + sum(len(question.heard or ()) for question in history.mine)


def render(report: Report) -> str:
    """The table of a run, what was done, and below it each violation in full."""
    lines = [f"{'property':<42}{'judged':>12}{'violations':>12}"]
    lines += [f"{each.property:<42}{each.judged:>12,}{len(each.violations):>12,}" for each in report.verdicts]
    lines += ["", *(f"{kind:<42}{count:>12,}" for kind, count in sorted(report.outcomes.items()))]
    for each in report.verdicts:
        if each.violations:
            lines += ["", each.property, *(f"  - {violation}" for violation in each.violations)]
    return "\n".join(lines)

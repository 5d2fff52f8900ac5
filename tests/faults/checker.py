"""The properties of the chat, and the check of a run's histories against each of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.faults import answers, archived, names, posts
from tests.faults.operations import NEVER, History, Room
from tests.faults.posts import deduplicated

GOES_ON = "6 everything goes on after the faults"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one property.

    Attributes:
        property: Its number and meaning.
        judged: The number of checked operations.
        violations: Each violation in full.
    """

    property: str
    judged: int
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run: a verdict for each property, and the number of operations by kind and outcome."""

    verdicts: tuple[Verdict, ...]
    outcomes: Mapping[str, int]

    @property
    def violations(self) -> int:
        """The number of violations of all properties."""
        return sum(len(verdict.violations) for verdict in self.verdicts)


def check(history: History, room: Room) -> Report:
    """Check a run against every property."""
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
    """Count the operations by kind and outcome, so that a run that tried nothing is visible."""
    found = Counter(f"post {post.outcome}" for post in history.posts)
    found.update(f"{op.kind} {op.outcome}" for op in history.names)
    found["sessions that joined"] = len(history.stays)
    found["messages received by sessions"] = sum(len(stay.heard) for stay in history.stays)
    for kind, asked in (("/mymsgs", history.mine), ("pages", history.pages), ("searches", history.searches)):
        found[f"{kind} answered"] = sum(question.heard is not None for question in asked)
        found[f"{kind} unanswered"] = sum(question.heard is None for question in asked)
    found["posts repeated in the stream"] = len(room.stream) - len(deduplicated(room.stream))
    return found


def check_delivery(history: History, room: Room) -> Verdict:
    """Check that the stream, log.txt of each host and the index have each confirmed post once and no refused one.

    A post of unknown outcome is once in both or in neither.
    """
    name = "1 confirmed posts exist exactly once"
    return _verdict(name, len(history.posts), posts.miscounted(history, room))


def check_texts(history: History, room: Room) -> Verdict:
    """Check that each text that appears was sent so, by the person that it names."""
    judged = len(room.stream) + _copied(room) + _heard(history)
    return _verdict("2 no text is invented or altered", judged, posts.altered(history, room))


def check_order(history: History, room: Room) -> Verdict:
    """Check that posts keep their sender's order, and that all saw one order, without gaps since they joined."""
    judged = len(room.stream) + _copied(room) + sum(len(stay.heard) for stay in history.stays)
    return _verdict("3 all see one order without gaps", judged, posts.disordered(history, room))


def check_names(history: History) -> Verdict:
    """Check that no two sessions held a name at once, and that a freed name could be claimed."""
    return _verdict("4 a name has one holder at a time", len(history.names), names.impossible(history.names))


def check_answers(history: History, room: Room) -> Verdict:
    """Check that /mymsgs, history and searches returned the right messages, and /users the present members."""
    answered = archived.questions(history)
    listed = [question for question in history.users if question.answered != NEVER]
    found = [*archived.wrong_answers(history, room), *answers.wrong_users(history)]
    return _verdict("5 questions are answered correctly", len(answered) + len(listed), found)


def check_end(history: History) -> Verdict:
    """Check that everything went on after the faults: posts came back, and questions were answered."""
    return _verdict(GOES_ON, len(history.stays), history.stuck)


def _verdict(name: str, judged: int, violations: Iterable[str]) -> Verdict:
    return Verdict(name, judged, tuple(violations))


def _heard(history: History) -> int:
    followed = sum(len(stay.heard) for stay in history.stays)
    return followed + sum(len(question.heard or ()) for question in archived.questions(history))


def _copied(room: Room) -> int:
    return sum(map(len, room.copies.values()))


def render(report: Report) -> str:
    """Return the table of properties, the table of operations, and each violation in full."""
    lines = [f"{'property':<42}{'checks':>12}{'violations':>12}"]
    lines += [f"{each.property:<42}{each.judged:>12,}{len(each.violations):>12,}" for each in report.verdicts]
    lines += ["", f"{'operations of clients':<42}{'count':>12}"]
    lines += [f"{kind:<42}{count:>12,}" for kind, count in sorted(report.outcomes.items())]
    for each in report.verdicts:
        if each.violations:
            lines += ["", each.property, *(f"  - {violation}" for violation in each.violations)]
    return "\n".join(lines)

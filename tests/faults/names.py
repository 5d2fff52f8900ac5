"""One holder for a name: is there an order of what was asked, each at a moment between question and answer, that
explains every answer?

This is linearizability (Herlihy and Wing, 1990) of a register whose value is the holder, name by name. The search
follows the answers in the order of time and keeps every state the registry may be in (Lowe, Testing for
linearizability, 2017), so that it takes as long as the run, however many operations there were.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.operations import NEVER, NameOp


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a name: a session, and the author that it is of. The session of a claim without an answer is UNTOLD:
    it never says anything that would tell it from another such session of its author."""

    author: str
    session: str


UNTOLD = "a session that was never told"


class Illegal(Exception):
    """In this state the operation cannot have had its outcome."""


def step(holder: Holder | None, op: NameOp) -> Holder | None:
    """Who holds the name after an operation; raises Illegal. One of unknown outcome counts as carried out."""
    granted = op.outcome != "refused"
    match op.kind:
        case "claim":
            own = holder is None or holder.author == op.author
            _require(own if granted else not own)
            session = UNTOLD if op.answered == NEVER else op.session
            return Holder(op.author, session) if granted else holder
        case "exit":
            return None if holder and holder.session == op.session else holder
        case "release":
            _require((holder is not None) if op.outcome == "granted" else granted or holder is None)
            return None
        case "resume":
            _require(holder is not None and holder.session == op.session)
            return holder
        case "lost":
            _require(holder is None or holder.session != op.session)
            return holder


def _require(legal: bool) -> None:
    if not legal:
        raise Illegal


def impossible(ops: Iterable[NameOp]) -> Iterator[str]:
    """Each operation whose outcome no order explains, given the outcomes before it; name by name."""
    by_key: dict[str, list[NameOp]] = defaultdict(list)
    for op in ops:
        by_key[op.key].append(op)
    for key in sorted(by_key):
        yield from _Search(by_key[key]).run()


# A state the registry may be in: the holder, and which of the unanswered operations have had their effect.
Possible = tuple[Holder | None, frozenset[int]]


class _Search:
    """Goes through one name's questions and answers in the order of time."""

    def __init__(self, ops: Sequence[NameOp]) -> None:
        self._ops = sorted(ops, key=lambda op: op.asked)
        self._open: set[int] = set()
        self._possible: set[Possible] = {(None, frozenset())}

    def run(self) -> Iterator[str]:
        """The operations whose outcome is impossible."""
        for _, answer, number in self._moments():
            if not answer:
                self._open.add(number)
                continue
            yield from self._answer(number)

    def _moments(self) -> list[tuple[int, bool, int]]:
        """Questions and answers in order; at one moment the questions come first, which allows the most."""
        questions = [(op.asked, False, number) for number, op in enumerate(self._ops)]
        answers = [(op.answered, True, number) for number, op in enumerate(self._ops) if op.answered != NEVER]
        return sorted(questions + answers)

    def _answer(self, number: int) -> Iterator[str]:
        """The operation has had its effect by now, if it is to have one."""
        op = self._ops[number]
        reached = self._reach(number)
        if op.outcome == "unknown":
            reached |= self._possible
        if not reached:
            yield self._explain(op)
            reached = self._as_told(op)
        self._open.discard(number)
        self._possible = _without_worse({(holder, done - {number}) for holder, done in reached}, self._endless())

    def _reach(self, number: int) -> set[Possible]:
        """All states in which the operation has had its effect, whatever open ones had theirs before it."""
        seen, todo, reached = set(self._possible), list(self._possible), set()
        while todo:
            holder, done = todo.pop()
            if number in done:
                reached.add((holder, done))
                continue
            for following in self._following(holder, done):
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        return reached

    def _following(self, holder: Holder | None, done: frozenset[int]) -> Iterator[Possible]:
        """The states one effect later. Effects that change nothing are taken at once: waiting gains nothing."""
        changing: list[Possible] = []
        idle = set()
        for number in self._open - done:
            op = self._ops[number]
            try:
                after = step(holder, op)
            except Illegal:
                continue
            if after != holder:
                changing.append((after, done | {number}))
            elif op.outcome != "unknown":  # what need not happen does not happen for nothing
                idle.add(number)
        if idle:
            yield holder, done | idle
        else:
            yield from changing

    def _endless(self) -> frozenset[int]:
        return frozenset(number for number in self._open if self._ops[number].answered == NEVER)

    def _as_told(self, op: NameOp) -> set[Possible]:
        """Go on after what cannot be, so that what follows is judged as well: the answer is believed."""
        if op.kind in ("claim", "resume") and op.outcome == "granted":
            return {(Holder(op.author, op.session), done) for _, done in self._possible}
        if op.kind in ("lost", "release"):
            return {(None, done) for _, done in self._possible}
        return self._possible

    def _explain(self, op: NameOp) -> str:
        holders = sorted({holder.session if holder else "nobody" for holder, _ in self._possible})
        beside = [_describe(self._ops[number]) for number in sorted(self._open) if self._ops[number] != op]
        return f"{_describe(op)}; then held by {' or '.join(holders)}; beside it: {', '.join(beside) or 'nothing'}"


def _without_worse(possible: set[Possible], endless: frozenset[int]) -> set[Possible]:
    """Without the states that can do nothing another cannot: of two that differ only in effects that may or may
    not come, the one that has fewer of them behind it."""
    groups: dict[tuple[Holder | None, frozenset[int]], list[frozenset[int]]] = defaultdict(list)
    for holder, done in sorted(possible, key=lambda each: len(each[1] & endless)):
        kept = groups[holder, done - endless]
        if not any(fewer <= done for fewer in kept):
            kept.append(done)
    return {(holder, done) for (holder, _), kept in groups.items() for done in kept}


def _describe(op: NameOp) -> str:
    until = "" if op.answered == NEVER else f"{op.answered / 1e9:.6f}"
    return f"{op.kind} of {op.key!r} by {op.session} [{op.asked / 1e9:.6f}, {until}] {op.outcome}"

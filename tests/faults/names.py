"""Property 4: some order of the operations, each between its request and its answer, explains every answer.

This is linearizability (Herlihy and Wing, 1990) of a register whose value is the holder, for each name. The search
follows the answers in the order of time and keeps every state in which the registry may be (Lowe, Testing for
linearizability, 2017). So its time grows with the length of the run and not with the number of possible orders.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.operations import NEVER, NameOp


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a name: a session and its author.

    The session of a claim without an answer is UNTOLD: nothing distinguishes it from other such sessions of its author.
    """

    author: str
    session: str


UNTOLD = "a session without an answer to its claim"


class Illegal(Exception):
    """In this state the operation cannot have had its outcome."""


def step(holder: Holder | None, op: NameOp) -> Holder | None:
    """Return the holder of a name after an operation; one of unknown outcome counts as executed.

    Raises:
        Illegal: The operation cannot have had its outcome in this state.
    """
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
    """Yield a description of each operation whose outcome no order explains, given the outcomes before it."""
    by_key: dict[str, list[NameOp]] = defaultdict(list)
    for op in ops:
        by_key[op.key].append(op)
    for key in sorted(by_key):
        yield from _Search(by_key[key]).run()


# A possible state of the registry: the holder, and the open operations that have already taken effect.
Possible = tuple[Holder | None, frozenset[int]]


class _Search:
    """Goes through the requests and answers for one name in the order of time."""

    def __init__(self, ops: Sequence[NameOp]) -> None:
        self._ops = sorted(ops, key=lambda op: op.asked)
        self._open: set[int] = set()
        self._possible: set[Possible] = {(None, frozenset())}

    def run(self) -> Iterator[str]:
        """Yield the operations whose outcome is impossible."""
        for _, answer, number in self._moments():
            if not answer:
                self._open.add(number)
                continue
            yield from self._answer(number)

    def _moments(self) -> list[tuple[int, bool, int]]:
        """Return requests and answers in order; at the same time requests come first, which allows the most."""
        questions = [(op.asked, False, number) for number, op in enumerate(self._ops)]
        answers = [(op.answered, True, number) for number, op in enumerate(self._ops) if op.answered != NEVER]
        return sorted(questions + answers)

    def _answer(self, number: int) -> Iterator[str]:
        """Keep the states in which an answered operation has taken effect; yield it if there is no such state."""
        op = self._ops[number]
        self._possible |= set(self._expired())
        reached = self._reach(number)
        if op.outcome == "unknown":
            reached |= self._possible
        if not reached:
            yield self._explain(op)
            reached = self._as_answered(op)
        self._open.discard(number)
        self._possible = _without_worse({(holder, done - {number}) for holder, done in reached}, self._endless())

    def _expired(self) -> Iterator[Possible]:
        """Yield the states after the end of a session that has never connected, whose first token has expired."""
        for holder, done in self._possible:
            if holder and holder.session == UNTOLD:
                yield None, done

    def _reach(self, number: int) -> set[Possible]:
        """Return all states in which an operation has taken effect, after any of the open ones."""
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
        """Yield the states after one more effect; all effects that change nothing happen together, at once."""
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
            elif op.outcome != "unknown":  # an optional effect that changes nothing can be left out
                idle.add(number)
        if idle:
            yield holder, done | idle
        else:
            yield from changing

    def _endless(self) -> frozenset[int]:
        return frozenset(number for number in self._open if self._ops[number].answered == NEVER)

    def _as_answered(self, op: NameOp) -> set[Possible]:
        """Return the states after an impossible answer as if it were right, so that the search can go on."""
        if op.kind in ("claim", "resume") and op.outcome == "granted":
            return {(Holder(op.author, op.session), done) for _, done in self._possible}
        if op.kind in ("lost", "release"):
            return {(None, done) for _, done in self._possible}
        return self._possible

    def _explain(self, op: NameOp) -> str:
        holders = sorted({holder.session if holder else "nobody" for holder, _ in self._possible})
        beside = [_describe(self._ops[number]) for number in sorted(self._open) if self._ops[number] != op]
        held_by, open_ops = " or ".join(holders), ", ".join(beside) or "none"
        return f"{_describe(op)}; held by {held_by} at that time; concurrent operations: {open_ops}"


def _without_worse(possible: set[Possible], endless: frozenset[int]) -> set[Possible]:
    """Drop each state that allows nothing beyond what another one allows.

    Of two states that differ only in operations without an answer, keep the one in which fewer have taken effect.
    """
    groups: dict[tuple[Holder | None, frozenset[int]], list[frozenset[int]]] = defaultdict(list)
    for holder, done in sorted(possible, key=lambda each: len(each[1] & endless)):
        kept = groups[holder, done - endless]
        if not any(fewer <= done for fewer in kept):
            kept.append(done)
    return {(holder, done) for (holder, _), kept in groups.items() for done in kept}


def _describe(op: NameOp) -> str:
    until = "" if op.answered == NEVER else f"{op.answered / 1e9:.6f}"
    return f"{op.kind} of {op.key!r} by {op.session} [{op.asked / 1e9:.6f}, {until}] {op.outcome}"

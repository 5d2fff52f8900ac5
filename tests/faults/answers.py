"""Property 5: the answers to /users are right."""

from collections.abc import Iterator, Sequence

from chat_wire.errors import InvalidName
from chat_wire.names import name_key
from tests.faults.operations import NEVER, History, NameOp, Stay, UsersOp

SECOND = 1_000_000_000
# A registry replica shows a session its own commands at once, and those of others as soon as it has read the journal.
STALE = 2 * SECOND
# The broker announces a lost connection at once, but neither its own restart nor the loss of a node. The registry sees
# the restart 30 s later, and by probes within about 60 s that a client is gone with its node.
NOTICED = 90 * SECOND


def wrong_users(history: History) -> Iterator[str]:
    """Yield answers to /users that list an absent member or omit a present one."""
    by_key: dict[str, list[NameOp]] = {}
    for op in history.names:
        by_key.setdefault(op.key, []).append(op)
    for question in history.users:
        if question.answered != NEVER:
            who = f"{question.session}, which sent /users at {question.asked / 1e9:.6f}"
            listed = f"connected {question.connected}, disconnected {question.disconnected}"
            for fault in _users_faults(question, by_key, history.stays):
                yield f"the answer to {who}, {fault}: {listed}"


def _users_faults(question: UsersOp, by_key: dict[str, list[NameOp]], stays: Sequence[Stay]) -> Iterator[str]:
    connected = [_key(name) for name in question.connected]
    disconnected = [_key(name) for name in question.disconnected]
    listed = connected + disconnected
    yield from (f"lists {key} twice" for key in sorted(set(listed)) if listed.count(key) > 1)
    for key in sorted(by_key.keys() | set(listed)):
        if key in listed and _surely_free(question, by_key.get(key, [])):
            yield f"lists {key}, a free name"
        if key not in listed and _surely_held(question, by_key[key]):
            yield f"omits {key}, a held name"
    if question.final:
        present, gone = _surely_present(question, stays), _surely_gone(question, stays)
        yield from (f"lists {key} as disconnected, who is connected" for key in present & set(disconnected))
        yield from (f"lists {key} as connected, who is not" for key in gone & set(connected))


def _key(name: str) -> str:
    try:
        return name_key(name)
    except InvalidName:
        return name


def _surely_held(question: UsersOp, ops: Sequence[NameOp]) -> bool:
    """Return whether a claim was granted in time, and no operation can have freed the name afterwards."""
    return any(
        claim.answered <= question.asked - STALE
        and not any(op.asked <= question.answered and _may_free(op, claim, ops) for op in ops)
        for claim in ops
        if claim.kind == "claim" and claim.outcome == "granted"
    )


def _may_free(op: NameOp, claim: NameOp, ops: Sequence[NameOp]) -> bool:
    """Return whether an operation may have freed the name after a claim.

    An exit cannot, if the claim of its own session was answered before that claim was asked.
    """
    if op.answered < claim.asked:
        return False
    if op.kind == "exit":
        own = [each for each in ops if each.kind == "claim" and each.session == op.session]
        return any(each.answered >= claim.asked for each in own)
    return op.kind == "release"


def _surely_free(question: UsersOp, ops: Sequence[NameOp]) -> bool:
    """Return whether the session of each claim that may have been granted had ended in time."""
    return all(
        _ended(claim, ops, question.asked - STALE)
        for claim in ops
        if claim.kind == "claim" and claim.outcome != "refused" and claim.asked <= question.answered
    )


def _ended(claim: NameOp, ops: Sequence[NameOp], before: int) -> bool:
    """Return whether a session had ended: by its exit, by a release, or by a later claim of its name."""
    return any(
        op.outcome == "granted" and op.asked >= claim.answered and op.answered <= before
        for op in ops
        if op.kind in ("claim", "release") or (op.kind == "exit" and op.session == claim.session)
    )


def _surely_present(question: UsersOp, stays: Sequence[Stay]) -> set[str]:
    """Return the names of members who knew that they were connected from the question to its answer.

    A member of a killed process is not among them.
    """
    return {
        stay.key
        for stay in stays
        if stay.to_end
        and stay.joined <= question.asked - STALE
        and stay.left > question.answered
        and not any(since <= question.answered and until >= question.asked - STALE for since, until in stay.cuts)
    }


def _surely_gone(question: UsersOp, stays: Sequence[Stay]) -> set[str]:
    """Return the names whose last client was closed long before the question."""
    last: dict[str, Stay] = {}
    for stay in stays:
        if stay.key not in last or stay.joined > last[stay.key].joined:
            last[stay.key] = stay
    return {key for key, stay in last.items() if stay.closed <= question.asked - NOTICED}

"""What must hold of the answers to /mymsgs and /users."""

from collections.abc import Iterator, Sequence

from chat_wire.errors import InvalidName
from chat_wire.names import name_key
from tests.faults.operations import NEVER, History, MineOp, NameOp, PostOp, Room, Stay, UsersOp
from tests.faults.posts import kept

SECOND = 1_000_000_000
# A replica of the registry owes an asker its own writes at once, those of others when it has read them.
STALE = 2 * SECOND
# The broker tells at once whose connection has gone, but one that restarts does not: then a registry asks 60 s later.
NOTICED = 90 * SECOND


def wrong_own(history: History, room: Room) -> Iterator[str]:
    """5: answers to /mymsgs that are not what that person had sent under that name, from the first on, in order."""
    posts = {post.text: post for post in history.posts}
    sent: dict[tuple[str, str], list[PostOp]] = {}
    for entry in kept(room.stream):
        post = posts.get(entry.text)
        if post:
            sent.setdefault((post.author, name_key(post.name)), []).append(post)
    for question in history.mine:
        if question.heard is not None:
            yield from _own_faults(question, sent.get((question.author, question.key), []))


def _own_faults(question: MineOp, sent: Sequence[PostOp]) -> Iterator[str]:
    who = f"{question.session}, asking for its own at {question.asked / 1e9:.6f},"
    texts = [heard.text for heard in question.heard or ()]
    expected = [post.text for post in sent]
    for place, text in enumerate(texts):
        if place >= len(expected) or text != expected[place]:
            right = repr(expected[place]) if place < len(expected) else "nothing more"
            yield f"{who} got at place {place}: {text!r}, where is {right}"
            return
    missing = [post for post in sent[len(texts) :] if _was_due(question, post)]
    for post in missing:
        yield f"{who} did not get {post.text!r}, confirmed at {post.answered / 1e9:.6f}"


def _was_due(question: MineOp, post: PostOp) -> bool:
    """Whether a post must be in the answer: what the session itself has seen, and when all is at rest everything."""
    known = post.outcome == "confirmed" and post.answered < question.asked
    return known and (question.final or post.session == question.session)


def wrong_users(history: History) -> Iterator[str]:
    """5: answers to /users with somebody who is not there, or without somebody who is."""
    by_key: dict[str, list[NameOp]] = {}
    for op in history.names:
        by_key.setdefault(op.key, []).append(op)
    for question in history.users:
        if question.answered != NEVER:
            who = f"{question.session}, asking who is there at {question.asked / 1e9:.6f}, got"
            listed = f"connected {question.connected}, disconnected {question.disconnected}"
            for fault in _users_faults(question, by_key, history.stays):
                yield f"{who} {fault}: {listed}"


def _users_faults(question: UsersOp, by_key: dict[str, list[NameOp]], stays: Sequence[Stay]) -> Iterator[str]:
    connected = [_key(name) for name in question.connected]
    disconnected = [_key(name) for name in question.disconnected]
    listed = connected + disconnected
    yield from (f"{key} twice" for key in sorted(set(listed)) if listed.count(key) > 1)
    for key in sorted(by_key.keys() | set(listed)):
        if key in listed and _surely_free(question, by_key.get(key, [])):
            yield f"{key}, whom nobody is"
        if key not in listed and _surely_held(question, by_key[key]):
            yield f"nothing of {key}, who is there"
    if question.final:
        yield from (f"{key} as not connected, who is" for key in _surely_there(question, stays) & set(disconnected))
        yield from (f"{key} as connected, who is not" for key in _surely_gone(question, stays) & set(connected))


def _key(name: str) -> str:
    try:
        return name_key(name)
    except InvalidName:
        return name


def _surely_held(question: UsersOp, ops: Sequence[NameOp]) -> bool:
    """Whether a claim was granted in time, and nothing that frees the name can have come after it."""
    return any(
        claim.answered <= question.asked - STALE
        and not any(op.asked <= question.answered and _may_free(op, claim, ops) for op in ops)
        for claim in ops
        if claim.kind == "claim" and claim.outcome == "granted"
    )


def _may_free(op: NameOp, claim: NameOp, ops: Sequence[NameOp]) -> bool:
    """Whether an operation may have freed the name after a claim: not if its session's own claim came before that."""
    if op.answered < claim.asked:
        return False
    if op.kind == "exit":
        own = [each for each in ops if each.kind == "claim" and each.session == op.session]
        return any(each.answered >= claim.asked for each in own)
    return op.kind == "release"


def _surely_free(question: UsersOp, ops: Sequence[NameOp]) -> bool:
    """Whether each claim that may have been granted has ended in time."""
    return all(
        _ended(claim, ops, question.asked - STALE)
        for claim in ops
        if claim.kind == "claim" and claim.outcome != "refused" and claim.asked <= question.answered
    )


def _ended(claim: NameOp, ops: Sequence[NameOp], before: int) -> bool:
    """Whether a session had ended: by its exit, by a release, or because a later claim got its name."""
    return any(
        op.outcome == "granted" and op.asked >= claim.answered and op.answered <= before
        for op in ops
        if op.kind in ("claim", "release") or (op.kind == "exit" and op.session == claim.session)
    )


def _surely_there(question: UsersOp, stays: Sequence[Stay]) -> set[str]:
    """The names of who was connected, and knew it, all the time from question to answer; the killed know nothing."""
    return {
        stay.key
        for stay in stays
        if stay.to_end
        and stay.joined <= question.asked - STALE
        and stay.left > question.answered
        and not any(since <= question.answered and until >= question.asked - STALE for since, until in stay.cuts)
    }


def _surely_gone(question: UsersOp, stays: Sequence[Stay]) -> set[str]:
    """The names whose last client was closed long before the question."""
    last: dict[str, Stay] = {}
    for stay in stays:
        if stay.key not in last or stay.joined > last[stay.key].joined:
            last[stay.key] = stay
    return {key for key, stay in last.items() if stay.closed <= question.asked - NOTICED}

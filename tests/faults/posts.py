"""Properties 1 to 3: each post exists once, unaltered, in the order of its sender, and all see the same order."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from chat_wire.deduplicator import Deduplicator
from chat_wire.names import sender_id
from tests.faults.history import LAST
from tests.faults.operations import NEVER, Entry, Heard, History, PostOp, Question, Room, Stay


def deduplicated(stream: Iterable[Entry]) -> list[Entry]:
    """Return the stream as its readers see it, without repeated posts."""
    deduplicator = Deduplicator(max_sessions=10_000_000)
    return [entry for entry in stream if deduplicator.admit(*_parts(entry.id))]


def _parts(post: str) -> tuple[str, int]:
    session, _, sequence = post.rpartition("-")
    return session, int(sequence)


def miscounted(history: History, room: Room) -> Iterator[str]:
    """Yield posts whose number in the stream, in log.txt or in the index contradicts their outcome."""
    streamed = Counter(entry.text for entry in deduplicated(room.stream))
    for name, copy in room.copies.items():
        copied = Counter(entry.text for entry in copy)
        for post in history.posts:
            wrong = _count_fault(post, name, streamed[post.text], copied[post.text])
            if wrong:
                yield f"{wrong}: {describe(post)}"


def _count_fault(post: PostOp, name: str, streamed: int, logged: int) -> str:
    found = f"{streamed} times in the stream, {logged} times in {name}"
    match post.outcome:
        case "confirmed":
            return "" if streamed == logged == 1 else f"confirmed, but {found}"
        case "refused":
            return "" if streamed == logged == 0 else f"refused, but {found}"
        case "contradicted":
            return f"both confirmed and refused, and {found}"
        case "unknown":
            return "" if streamed == logged <= 1 else f"of unknown outcome, and {found}"


def altered(history: History, room: Room) -> Iterator[str]:
    """Yield texts in the stream, in log.txt, in the index or at a member that the named sender did not send so."""
    yield from room.unreadable
    posts = {post.text: post for post in history.posts}
    by_start = {_start(post.text): post for post in history.posts}
    for place, entries in (("the stream", room.stream), *room.copies.items()):
        for entry in entries:
            fault = _fault(posts, by_start, Heard(entry.user, entry.text), entry.author)
            if fault:
                yield f"in {place} at {entry.offset}/{entry.index}: {fault}"
    yield from _altered_copies(room)
    yield from _impostors(posts, room)
    for session, heard in _all_heard(history):
        fault = _fault(posts, by_start, heard)
        if fault:
            yield f"heard by {session}: {fault}"


def _fault(posts: dict[str, PostOp], by_start: dict[str, PostOp], heard: Heard, author: str = "") -> str:
    post = posts.get(heard.text)
    if post and heard.user == post.name and author in ("", *_authors(post.author, post.name)):
        return ""
    if post:
        return f"attributed to {heard.user} ({author[:8] or 'author unknown'}), but it is {describe(post)}"
    likely = by_start.get(_start(heard.text))
    origin = f"altered from {describe(likely)}" if likely else "which nobody sent"
    return f"{heard.text!r} of {heard.user}, {origin}"


@lru_cache(maxsize=10_000)
def _authors(author: str, name: str) -> tuple[str, str]:
    """Return how a room may name an author: routers of 0.3.0 and older published the hash of the secret."""
    return sender_id(author, name), author


def _start(text: str) -> str:
    """Return the label of the session and the number, with which each text begins."""
    return " ".join(text.split(" ", 2)[:2])


def _all_heard(history: History) -> Iterator[tuple[str, Heard]]:
    for stay in history.stays:
        yield from ((stay.session, heard) for heard in stay.heard)
    asked: list[Question] = [*history.mine, *history.pages, *history.searches]
    for question in asked:
        yield from ((f"{question.session} in an answer of the archive", heard) for heard in question.heard or ())


def _altered_copies(room: Room) -> Iterator[str]:
    """Yield posts of log.txt and of the index that differ from the stream in any field."""
    there = {(entry.offset, entry.index): entry for entry in room.stream}
    for name, copy in room.copies.items():
        for line in copy:
            entry = there.get((line.offset, line.index))
            if entry != line:
                yield f"in {name}: {line}, but in the stream: {entry or 'nothing at that position'}"


def _impostors(posts: dict[str, PostOp], room: Room) -> Iterator[str]:
    """Yield sessions of the room that have posts of several sessions of clients, and the other way round."""
    pairs = {(_parts(entry.id)[0], posts[entry.text].session) for entry in room.stream if entry.text in posts}
    for column, side in ((0, "the room's session"), (1, "the client's session")):
        for name, count in Counter(pair[column] for pair in pairs).items():
            if count > 1:
                yield f"{side} {name} has several counterparts: {sorted(p for p in pairs if p[column] == name)}"


def disordered(history: History, room: Room) -> Iterator[str]:
    """Yield posts out of their sender's order, and positions at which somebody saw another order."""
    reference = deduplicated(room.stream)
    yield from _overtaken(room.stream, reference)
    yield from _out_of_sequence(history, reference)
    for name, copy in room.copies.items():
        yield from _differences(name, [line.id for line in copy], [entry.id for entry in reference])
        yield from _misnumbered(name, copy)
    places = {entry.text: place for place, entry in enumerate(reference)}
    repeated = {text for text, times in Counter(entry.text for entry in room.stream).items() if times > 1}
    for stay in history.stays:
        yield from _gaps(stay, places, repeated if stay.uninformed else set())
        yield from _missing_end(stay, reference)


def _overtaken(stream: Iterable[Entry], reference: Iterable[Entry]) -> Iterator[str]:
    admitted = {entry.id for entry in reference}
    for entry in stream:
        if entry.id not in admitted:
            yield f"in the stream only after a later post of its session, so readers discard it: {entry}"


def _out_of_sequence(history: History, reference: Iterable[Entry]) -> Iterator[str]:
    posts = {post.text: post for post in history.posts}
    last: dict[str, PostOp] = {}
    for entry in reference:
        post = posts.get(entry.text)
        if post is None:
            continue
        before = last.get(post.session)
        if before and before.number >= post.number:
            yield f"in the stream after number {before.number} of its session: {describe(post)}"
        last[post.session] = post


def _differences(name: str, found: list[str], reference: list[str]) -> Iterator[str]:
    """Yield only the first position at which two orders differ; the later ones follow from it."""
    for place, (one, other) in enumerate(zip(found, reference, strict=False)):
        if one != other:
            yield f"{name} has {one} at line {place + 1}, where the stream has {other}"
            return
    if len(found) != len(reference):
        yield f"{name} has {len(found)} posts, the stream {len(reference)}"


def _misnumbered(name: str, copy: Iterable[Entry]) -> Iterator[str]:
    """Yield only the first post whose number is not that of its line; those of later ones follow from it."""
    for number, entry in enumerate(copy, start=1):
        if entry.number != number:
            yield f"{name} has number {entry.number} where {number} belongs: {entry.id}"
            return


def _gaps(stay: Stay, places: dict[str, int], excused: set[str]) -> Iterator[str]:
    """Yield gaps and repetitions in the posts that a member received; each excused text may come in between once."""
    before: int | None = None
    for heard in stay.heard:
        place = places.get(heard.text)
        if heard.text in excused and before is not None and place != before + 1:
            excused = excused - {heard.text}
            continue
        if place is None:
            yield f"{stay.session} received a text that is not in the stream: {heard.text!r}"
            continue
        if before is not None and place != before + 1:
            yield f"{stay.session} received post {place} of the room right after post {before}: {heard.text!r}"
        before = place


def _missing_end(stay: Stay, reference: list[Entry]) -> Iterator[str]:
    """Yield a member that stayed to the end and did not receive the last post."""
    end = next((entry.text for entry in reversed(reference) if entry.text.endswith(LAST)), None)
    if stay.to_end and end and all(heard.text != end for heard in reversed(stay.heard)):
        last = stay.heard[-1].text if stay.heard else "nothing"
        yield f"{stay.session} stayed to the end, {end!r}, but the last text that it received is {last!r}"


def describe(post: PostOp) -> str:
    """Return a description of a post: its number, session, name, author, times, outcome and text."""
    until = "" if post.answered == NEVER else f"{post.answered / 1e9:.6f}"
    digest = hashlib.sha256(post.text.encode()).hexdigest()[:8]
    reason = f" ({post.reason})" if post.reason else ""
    return (
        f"number {post.number} of {post.session} as {post.name}, author {post.author[:8]}, "
        f"[{post.asked / 1e9:.6f}, {until}] {post.outcome}{reason}, sha256 {digest}: {post.text!r}"
    )

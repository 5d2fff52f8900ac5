"""Property 5: the archive's answers are right: /mymsgs, pages of the history, and searches.

An answer may lack the newest posts, which the archive has not recorded yet. But it has every post up to the newest one
of any earlier answer, to anybody: what is recorded stays so.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from chat_wire.names import name_key
from tests.faults.history import LAST
from tests.faults.operations import Heard, History, MineOp, PageOp, Question, Room, SearchOp
from tests.faults.posts import deduplicated


@dataclass(frozen=True, slots=True)
class _Archived:
    """The room as the archive has to know it; a post's place is its number in the room, from 0 on.

    Attributes:
        texts: The text of each place.
        places: The place of each text.
        at: The place of each offset and index.
        of_author: The places of an author's posts under a name.
        of_name: The places of the posts under a name.
    """

    texts: list[str]
    places: dict[str, int]
    at: dict[tuple[int, int], int]
    of_author: dict[tuple[str, str], list[int]]
    of_name: dict[str, list[int]]


class _Known:
    """The newest place that is known at a time: the highest one of all facts from before."""

    def __init__(self, facts: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(facts)
        self._times = [time for time, _ in ordered]
        self._newest = list(accumulate((place for _, place in ordered), max))

    def before(self, time: int) -> int:
        known = bisect_left(self._times, time)
        return self._newest[known - 1] if known else -1


def questions(history: History) -> list[Question]:
    """Return the answered questions to the archive."""
    asked: list[Question] = [*history.mine, *history.pages, *history.searches]
    return [question for question in asked if question.heard is not None]


def wrong_answers(history: History, room: Room) -> Iterator[str]:
    """Yield answers of the archive that lack a post that they must contain, or have one out of its place."""
    archived = _archived(history, room)
    answered = questions(history)
    told = _Known((each.answered, _newest(archived, each.heard or ())) for each in answered)
    # The archive may still be recording the last post of the run when people have received it and ask.
    confirmed = [post for post in history.posts if post.outcome == "confirmed" and not post.text.endswith(LAST)]
    sent = _Known((post.answered, archived.places.get(post.text, -1)) for post in confirmed)
    for question in answered:
        recorded = told.before(question.asked)
        due = max(recorded, sent.before(question.asked)) if question.final else recorded
        fault = _fault(question, archived, due)
        if fault:
            yield f"{_describe(question)} {fault}"


def _archived(history: History, room: Room) -> _Archived:
    reference = deduplicated(room.stream)
    posts = {post.text: post for post in history.posts}
    found = _Archived([entry.text for entry in reference], {}, {}, {}, {})
    for place, entry in enumerate(reference):
        found.places[entry.text] = place
        found.at[entry.offset, entry.index] = place
        post = posts.get(entry.text)
        if post:
            found.of_author.setdefault((post.author, name_key(post.name)), []).append(place)
            found.of_name.setdefault(name_key(post.name), []).append(place)
    return found


def _newest(archived: _Archived, heard: Sequence[Heard]) -> int:
    return max((archived.places.get(each.text, -1) for each in heard), default=-1)


def _fault(question: Question, archived: _Archived, due: int) -> str:
    """Return what is wrong with an answer, if anything."""
    possible = _possible(question, archived)
    rank = {archived.texts[place]: number for number, place in enumerate(possible)}
    ranks = [rank.get(each.text, -1) for each in question.heard or ()]
    for number, (found, each) in enumerate(zip(ranks, question.heard or (), strict=True)):
        if found < 0 or (number and found != ranks[number - 1] + 1):
            return f"received {each.text!r} at position {number}, where it does not belong"
    lacking = [*_older(question, possible, ranks), *_newer(question, possible, ranks, due)]
    return f"did not receive {len(lacking)} recorded posts: {archived.texts[lacking[0]]!r}..." if lacking else ""


def _older(question: Question, possible: Sequence[int], ranks: Sequence[int]) -> Sequence[int]:
    """Return the places before those of an answer, unless it says that there are more."""
    ends = isinstance(question, MineOp) or not question.more
    return possible[: ranks[0]] if ranks and ends else []


def _newer(question: Question, possible: Sequence[int], ranks: Sequence[int], due: int) -> Sequence[int]:
    """Return the places after those of an answer that it must contain."""
    after = possible[ranks[-1] + 1 :] if ranks else possible
    is_bounded = isinstance(question, PageOp) and question.before is not None
    return after if is_bounded else [place for place in after if place <= due]


def _possible(question: Question, archived: _Archived) -> Sequence[int]:
    """Return the places of all posts that an answer can have, in order."""
    match question:
        case MineOp():
            return archived.of_author.get((question.author, question.key), [])
        case SearchOp():
            return archived.of_name.get(question.key, [])
        case PageOp():
            return range(archived.at.get(question.before, 0) if question.before else len(archived.texts))


def _describe(question: Question) -> str:
    match question:
        case MineOp():
            asked = "sent /mymsgs"
        case SearchOp():
            asked = f"searched for messages of {question.key!r}"
        case PageOp():
            asked = f"asked for the page before {question.before}" if question.before else "asked for the newest page"
    return f"{question.session}, which {asked} at {question.asked / 1e9:.6f},"

"""The router's decisions, without a broker."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_router.batches import MAX_BATCH_BYTES, MAX_BATCH_POSTS, ServerClock, to_batches
from chat_router.errors import PostsRejected, TooFast, WrongSequence, WrongTime
from chat_router.partitions import priority
from chat_router.sender import Sender
from chat_router.validation import Accepted, RateLimit, Validator, Verdict, check_posts, rejected_whole
from chat_wire.errors import InvalidToken, UnknownRoom
from chat_wire.limits import MAX_POSTS, PARTITIONS
from chat_wire.messages import Post, Posts, entry_ids

ROOMS = ("lobby",)


def sender(session: str = "s") -> Sender:
    return Sender(session, session, session)


def posts(*sequences: int, client_ts: int = 0) -> Posts:
    return Posts(posts=tuple(Post(sequence=sequence, client_ts=client_ts, text="x") for sequence in sequences))


@pytest.mark.parametrize(
    ("message", "room", "error"),
    [
        (posts(1), "cellar", UnknownRoom),
        (posts(1), "", UnknownRoom),
        (posts(), "lobby", WrongSequence),
        (posts(0), "lobby", WrongSequence),
        (posts(1, 3), "lobby", WrongSequence),
        (posts(2, 1), "lobby", WrongSequence),
        (posts(*range(1, MAX_POSTS + 2)), "lobby", WrongSequence),
        (posts(2**53), "lobby", WrongSequence),
        (posts(1, client_ts=-1), "lobby", WrongTime),
        (posts(1, client_ts=10**18), "lobby", WrongTime),
    ],
)
def test_a_message_that_breaks_a_rule_is_rejected(message: Posts, room: str, error: type[PostsRejected]) -> None:
    with pytest.raises(error):
        check_posts(message, room, ROOMS)


def test_a_message_of_consecutive_posts_breaks_no_rule() -> None:
    check_posts(posts(*range(5, 69)), "lobby", ROOMS)


def test_a_refusal_repeats_only_a_short_part_of_what_was_sent() -> None:
    with pytest.raises(UnknownRoom) as unknown:
        check_posts(posts(1), "x" * 255, ROOMS)
    assert len(str(unknown.value)) < 200
    assert len(rejected_whole(posts(*range(10_000)), unknown.value).sequences) == MAX_POSTS


def validator(*ended: str, posts_per_second: int = 0) -> Validator:
    def check_session(session: str) -> None:
        if session in ended:
            raise InvalidToken("this session has ended: join again")

    return Validator(ROOMS, posts_per_second, check_session)


def message(*texts: str, first: int = 1) -> Posts:
    return Posts(posts=tuple(Post(sequence=first + n, client_ts=0, text=text) for n, text in enumerate(texts)))


def rejected(verdict: Verdict) -> list[tuple[tuple[int, ...], str]]:
    return [(each.sequences, each.error.reason) for each in verdict.rejected]


@pytest.mark.parametrize("text", [" ", "x\n" * 200])
def test_a_text_that_breaks_a_rule_is_rejected_and_the_other_posts_are_accepted(text: str) -> None:
    verdict = validator().validate(message("one", text, "three"), sender(), "lobby", now=0)
    assert [each.post.text for each in verdict.accepted] == ["one", "three"]
    assert rejected(verdict) == [((2,), "invalid_text")]


def test_a_post_that_was_accepted_before_is_repeated_and_not_accepted_again() -> None:
    checked = validator()
    checked.validate(message("one", "two"), sender(), "lobby", now=0)
    verdict = checked.validate(message("two", "three", first=2), sender(), "lobby", now=0)
    assert ([each.post.sequence for each in verdict.accepted], verdict.repeated) == ([3], [2])


@pytest.mark.parametrize(
    ("posted", "session", "room", "reason"),
    [
        (message("one", "two"), "ended", "lobby", "invalid_token"),
        (message("one", "two"), "s", "cellar", "unknown_room"),
        (message("one", "two", "three"), "s", "lobby", "too_fast"),
    ],
)
def test_a_message_is_accepted_whole_or_rejected_whole(posted: Posts, session: str, room: str, reason: str) -> None:
    verdict = validator("ended", posts_per_second=2).validate(posted, sender(session), room, now=0)
    assert (verdict.accepted, rejected(verdict)) == ([], [(tuple(range(1, len(posted.posts) + 1)), reason)])


ACCEPTED = st.builds(
    Accepted,
    st.sampled_from(["lobby", "cellar"]),
    st.sampled_from([sender("a"), sender("b")]),
    st.builds(Post, sequence=st.integers(1, 9), client_ts=st.just(0), text=st.sampled_from(["x", "y" * 60_000])),
)


@given(st.lists(ACCEPTED, max_size=40))
def test_batches_hold_every_post_once_in_the_order_of_arrival(accepted: list[Accepted]) -> None:
    batches = to_batches(accepted, "router-1", 99)
    for room in ("lobby", "cellar"):
        there = [i for batch in batches if batch.room == room for i in entry_ids(batch)]
        assert there == [f"{each.sender.session}-{each.post.sequence}" for each in accepted if each.room == room]
    for batch in batches:
        texts = [post.text for run in batch.runs for post in run.posts]
        assert 1 <= len(texts) <= MAX_BATCH_POSTS
        assert sum(map(len, texts)) <= MAX_BATCH_BYTES
        assert batch.server_ts == 99


def test_a_full_batch_is_followed_by_another() -> None:
    accepted = [Accepted("lobby", sender(), Post(sequence=n, client_ts=0, text="x")) for n in range(1, 301)]
    assert [len(entry_ids(batch)) for batch in to_batches(accepted, "r", 0)] == [256, 44]


@given(st.lists(st.integers(0, 10**16)))
def test_server_time_never_decreases(times: list[int]) -> None:
    clock = ServerClock()
    stamps = [clock.stamp(time) for time in times]
    assert stamps == sorted(stamps)


def test_the_limit_of_posts_a_second_holds_for_each_session_alone() -> None:
    rate = RateLimit(per_second=10)
    rate.spend("a", 10, now=0)
    with pytest.raises(TooFast, match="more than 10 messages a second"):
        rate.spend("a", 1, now=50_000)
    rate.spend("b", 10, now=50_000)
    rate.spend("a", 1, now=100_000)


def test_without_a_limit_any_number_of_posts_is_allowed() -> None:
    RateLimit(per_second=0).spend("a", 10**9, now=0)


def owners(replicas: int) -> list[int]:
    return [max(range(replicas), key=lambda slot: priority(slot, partition)) for partition in range(PARTITIONS)]


@pytest.mark.parametrize("replicas", range(1, PARTITIONS + 1))
def test_replicas_have_equal_numbers_of_partitions_or_differ_by_one(replicas: int) -> None:
    counts = Counter(owners(replicas))
    assert len(counts) == replicas
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("replicas", range(2, PARTITIONS + 1))
def test_a_new_replica_moves_only_the_partitions_that_it_takes(replicas: int) -> None:
    before, after = owners(replicas - 1), owners(replicas)
    assert {new for old, new in zip(before, after, strict=True) if old != new} == {replicas - 1}


@pytest.mark.parametrize("replicas", range(1, 5))
@pytest.mark.parametrize("sessions", range(16, 101))
def test_sessions_spread_over_a_few_replicas_within_25_percent_of_even(replicas: int, sessions: int) -> None:
    of_partition = Counter(session % PARTITIONS for session in range(sessions))
    loads = Counter[int]()
    for partition, owner in enumerate(owners(replicas)):
        loads[owner] += of_partition[partition]
    assert all(abs(load * replicas / sessions - 1) <= 0.25 for load in loads.values())

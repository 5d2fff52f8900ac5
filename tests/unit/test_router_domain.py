"""What a router decides, without a broker."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_router.domain import (
    BATCH_BYTES,
    BATCH_POSTS,
    Accepted,
    RateLimit,
    ServerClock,
    check_posts,
    priority,
    to_batches,
)
from chat_router.errors import PostsRejected, TooFast, WrongPartition, WrongSequence, WrongTime
from chat_tokens.tokens import Claims
from chat_wire.errors import UnknownRoom
from chat_wire.limits import MAX_POSTS, PARTITIONS
from chat_wire.messages import Post, Posts, entry_ids

ROOMS = ("lobby",)


def claims(session: str = "s", partition: int = 3) -> Claims:
    return Claims(session=session, name=session, author=session, partition=partition, expires=0)


def posts(*sequences: int, room: str = "lobby", client_ts: int = 0) -> Posts:
    made = tuple(Post(sequence=sequence, client_ts=client_ts, text="x") for sequence in sequences)
    return Posts(token="", room=room, posts=made)


@pytest.mark.parametrize(
    ("message", "partition", "error"),
    [
        (posts(1), 4, WrongPartition),
        (posts(1, room="cellar"), 3, UnknownRoom),
        (posts(), 3, WrongSequence),
        (posts(0), 3, WrongSequence),
        (posts(1, 3), 3, WrongSequence),
        (posts(2, 1), 3, WrongSequence),
        (posts(*range(1, MAX_POSTS + 2)), 3, WrongSequence),
        (posts(2**53), 3, WrongSequence),
        (posts(1, client_ts=-1), 3, WrongTime),
        (posts(1, client_ts=10**18), 3, WrongTime),
    ],
)
def test_a_message_that_breaks_a_rule_is_rejected(message: Posts, partition: int, error: type[PostsRejected]) -> None:
    with pytest.raises(error):
        check_posts(message, claims(), partition, ROOMS)


def test_a_message_of_consecutive_posts_is_fine() -> None:
    check_posts(posts(*range(5, 69)), claims(), 3, ROOMS)


ACCEPTED = st.builds(
    Accepted,
    st.sampled_from(["lobby", "cellar"]),
    st.sampled_from([claims("a"), claims("b")]),
    st.builds(Post, sequence=st.integers(1, 9), client_ts=st.just(0), text=st.sampled_from(["x", "y" * 60_000])),
)


@given(st.lists(ACCEPTED, max_size=40))
def test_batches_hold_every_post_once_in_the_order_of_arrival(accepted: list[Accepted]) -> None:
    batches = to_batches(accepted, "router-1", 99)
    for room in ("lobby", "cellar"):
        there = [i for batch in batches if batch.room == room for i in entry_ids(batch)]
        assert there == [f"{each.claims.session}-{each.post.sequence}" for each in accepted if each.room == room]
    for batch in batches:
        texts = [post.text for run in batch.runs for post in run.posts]
        assert 1 <= len(texts) <= BATCH_POSTS
        assert sum(map(len, texts)) <= BATCH_BYTES
        assert batch.server_ts == 99


def test_a_full_batch_is_followed_by_another() -> None:
    accepted = [Accepted("lobby", claims(), Post(sequence=n, client_ts=0, text="x")) for n in range(1, 301)]
    assert [len(entry_ids(batch)) for batch in to_batches(accepted, "r", 0)] == [256, 44]


@given(st.lists(st.integers(0, 10**16)))
def test_server_time_never_runs_backwards(times: list[int]) -> None:
    clock = ServerClock()
    stamps = [clock.stamp(time) for time in times]
    assert stamps == sorted(stamps)


def test_a_session_may_send_so_many_posts_a_second_and_others_do_not_pay_for_it() -> None:
    rate = RateLimit(per_second=10)
    rate.spend("a", 10, now=0)
    with pytest.raises(TooFast, match="more than 10 messages a second"):
        rate.spend("a", 1, now=50_000)
    rate.spend("b", 10, now=50_000)
    rate.spend("a", 1, now=100_000)


def test_without_a_limit_any_number_is_fine() -> None:
    RateLimit(per_second=0).spend("a", 10**9, now=0)


def owners(replicas: int) -> list[int]:
    return [max(range(replicas), key=lambda seat: priority(seat, partition)) for partition in range(PARTITIONS)]


@pytest.mark.parametrize("replicas", range(1, PARTITIONS + 1))
def test_replicas_have_as_many_partitions_give_or_take_one(replicas: int) -> None:
    counts = Counter(owners(replicas))
    assert len(counts) == replicas
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("replicas", range(2, PARTITIONS + 1))
def test_a_replica_that_comes_takes_from_others_and_moves_nothing_else(replicas: int) -> None:
    before, after = owners(replicas - 1), owners(replicas)
    assert {new for old, new in zip(before, after, strict=True) if old != new} == {replicas - 1}


@pytest.mark.parametrize("replicas", range(1, 5))
@pytest.mark.parametrize("sessions", range(16, 101))
def test_sessions_spread_over_a_few_replicas_within_a_quarter_of_even(replicas: int, sessions: int) -> None:
    of_partition = Counter(session % PARTITIONS for session in range(sessions))
    loads = Counter[int]()
    for partition, owner in enumerate(owners(replicas)):
        loads[owner] += of_partition[partition]
    assert all(abs(load * replicas / sessions - 1) <= 0.25 for load in loads.values())

"""The router's decisions, without a broker."""

from collections import Counter

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from chat_router.batches import MAX_BATCH_BYTES, MAX_BATCH_POSTS, ServerClock, to_batches
from chat_router.errors import PostsRejected, TooFast, WrongPartition, WrongSequence, WrongTime
from chat_router.partitions import priority
from chat_router.validation import Accepted, RateLimit, Validator, Verdict, check_posts
from chat_tokens.tokens import Claims, mint, public_half
from chat_wire.errors import InvalidToken, UnknownRoom
from chat_wire.limits import MAX_POSTS, PARTITIONS
from chat_wire.messages import Post, Posts, entry_ids

ROOMS = ("lobby",)
PRIVATE_KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_KEY = public_half(PRIVATE_KEY)


def claims(session: str = "s", partition: int = 3) -> Claims:
    return Claims(session=session, name=session, author=session, partition=partition, expires=1_000_000)


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


def test_a_message_of_consecutive_posts_breaks_no_rule() -> None:
    check_posts(posts(*range(5, 69)), claims(), 3, ROOMS)


def validator(*ended: str, posts_per_second: int = 0) -> Validator:
    def check_session(session: str) -> None:
        if session in ended:
            raise InvalidToken("this session has ended: join again")

    return Validator(PUBLIC_KEY, ROOMS, posts_per_second, check_session)


def message(*texts: str, session: str = "s", first: int = 1) -> Posts:
    made = tuple(Post(sequence=first + n, client_ts=0, text=text) for n, text in enumerate(texts))
    return Posts(token=mint(claims(session), PRIVATE_KEY), room="lobby", posts=made)


def rejected(verdict: Verdict) -> list[tuple[tuple[int, ...], str]]:
    return [(each.sequences, each.error.reason) for each in verdict.rejected]


@pytest.mark.parametrize("text", [" ", "x\n" * 200])
def test_a_text_that_breaks_a_rule_is_rejected_and_the_other_posts_are_accepted(text: str) -> None:
    verdict = validator().validate(message("one", text, "three"), 3, now=0)
    assert [each.post.text for each in verdict.accepted] == ["one", "three"]
    assert (rejected(verdict), verdict.claims) == ([((2,), "invalid_text")], claims())


def test_a_post_that_was_accepted_before_is_repeated_and_not_accepted_again() -> None:
    sender = validator()
    sender.validate(message("one", "two"), 3, now=0)
    verdict = sender.validate(message("two", "three", first=2), 3, now=0)
    assert ([each.post.sequence for each in verdict.accepted], verdict.repeated) == ([3], [2])


@pytest.mark.parametrize(
    ("posted", "partition", "now", "reason"),
    [
        (message("one", "two"), 3, 1_000_000, "invalid_token"),
        (message("one", "two", session="ended"), 3, 0, "invalid_token"),
        (message("one", "two"), 4, 0, "wrong_partition"),
        (message("one", "two", "three"), 3, 0, "too_fast"),
    ],
)
def test_a_message_is_accepted_whole_or_rejected_whole(posted: Posts, partition: int, now: int, reason: str) -> None:
    verdict = validator("ended", posts_per_second=2).validate(posted, partition, now)
    assert (verdict.accepted, rejected(verdict)) == ([], [(tuple(range(1, len(posted.posts) + 1)), reason)])


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
        assert 1 <= len(texts) <= MAX_BATCH_POSTS
        assert sum(map(len, texts)) <= MAX_BATCH_BYTES
        assert batch.server_ts == 99


def test_a_full_batch_is_followed_by_another() -> None:
    accepted = [Accepted("lobby", claims(), Post(sequence=n, client_ts=0, text="x")) for n in range(1, 301)]
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

"""The outbox: each post once and in order, over lost confirms and connections."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chat_client.outbox import Outbox
from chat_wire.deduplicator import Deduplicator
from chat_wire.limits import MAX_POSTS
from chat_wire.messages import Post


def post(sequence: int) -> Post:
    return Post(sequence=sequence, client_ts=0, text=f"text {sequence}")


def outbox_of(count: int) -> Outbox:
    outbox = Outbox()
    for sequence in range(1, count + 1):
        outbox.add(post(sequence), 0.0)
    return outbox


def taken(outbox: Outbox) -> list[int]:
    return [each.sequence for each in outbox.start_message()]


def test_a_lone_post_goes_at_once() -> None:
    assert taken(outbox_of(1)) == [1]


def test_nothing_goes_while_a_message_is_unconfirmed() -> None:
    outbox = outbox_of(1)
    outbox.start_message()

    outbox.add(post(2), 0.0)

    assert taken(outbox) == []
    outbox.confirmed()
    assert taken(outbox) == [2]


def test_a_message_holds_at_most_256_posts() -> None:
    outbox = outbox_of(MAX_POSTS + 1)

    assert taken(outbox) == list(range(1, MAX_POSTS + 1))
    outbox.confirmed()
    assert taken(outbox) == [MAX_POSTS + 1]


def test_a_message_of_long_posts_holds_fewer() -> None:
    outbox = Outbox()
    for sequence in range(1, 40):
        outbox.add(Post(sequence=sequence, client_ts=0, text="x" * 4096), 0.0)

    assert taken(outbox) == list(range(1, 17))


def test_a_returned_message_goes_again_before_posts_added_meanwhile() -> None:
    outbox = outbox_of(1)
    outbox.start_message()
    outbox.add(post(2), 0.0)

    outbox.returned()

    assert taken(outbox) == [1, 2]


def test_after_a_lost_connection_all_that_has_not_come_back_goes_again() -> None:
    outbox = outbox_of(3)
    outbox.start_message()
    outbox.confirmed()
    outbox.seen(1)

    assert outbox.lost() == []
    assert taken(outbox) == [2, 3]


def test_a_message_holds_consecutive_posts_only() -> None:
    outbox = outbox_of(5)
    outbox.remove((3,))

    assert taken(outbox) == [1, 2]
    outbox.confirmed()
    assert taken(outbox) == [4, 5]


def test_a_post_that_a_later_one_overtook_was_refused_and_does_not_go_again() -> None:
    outbox = outbox_of(3)
    outbox.start_message()
    outbox.confirmed()
    outbox.seen(2)

    overtaken = outbox.lost()

    assert [each.sequence for each in overtaken] == [1]
    assert taken(outbox) == [3]


def test_after_a_silence_one_message_goes_again_and_then_what_has_not_been_sent() -> None:
    outbox = outbox_of(MAX_POSTS + 10)
    for _message in range(2):
        outbox.start_message()
        outbox.confirmed()
    outbox.add(post(MAX_POSTS + 11), 0.0)

    assert outbox.repeat() == []

    assert taken(outbox) == list(range(1, MAX_POSTS + 1))
    outbox.confirmed()
    assert taken(outbox) == [MAX_POSTS + 11]


def test_after_a_silence_a_post_that_a_later_one_overtook_does_not_go_again() -> None:
    outbox = outbox_of(2)
    outbox.start_message()
    outbox.confirmed()
    outbox.seen(2)

    assert [each.sequence for each in outbox.repeat()] == [1]
    assert taken(outbox) == []


def test_a_late_post_is_named_once() -> None:
    outbox = Outbox()
    outbox.add(post(1), 10.0)
    outbox.add(post(2), 20.0)

    assert [each.sequence for each in outbox.pop_late(before=15.0)] == [1]
    assert outbox.pop_late(before=15.0) == []
    assert [each.sequence for each in outbox.pop_late(before=25.0)] == [2]


class Road:
    """The way of a session's posts: a broker's queue, the room's stream, and a member that reads it.

    It keeps the order of messages and of the stream, and may carry both again.
    """

    def __init__(self) -> None:
        """Start without posts."""
        self.outbox = Outbox()
        self.added = 0
        self.offered: tuple[Post, ...] = ()  # sent, and not known to the broker yet
        self.queue: list[tuple[Post, ...]] = []
        self.stream: list[int] = []
        self.read = 0
        self.sequences = Deduplicator()
        self.shown: list[int] = []

    def add(self) -> None:
        self.added += 1
        self.outbox.add(post(self.added), 0.0)

    def send(self) -> None:
        self.offered = self.outbox.start_message() or self.offered

    def confirm(self) -> None:
        if self.offered:
            self.queue.append(self.offered)
            self.offered = ()
            self.outbox.confirmed()

    def bounce(self) -> None:
        if self.offered:
            self.offered = ()
            self.outbox.returned()

    def cut_before_the_broker_had_it(self) -> None:
        self.offered = ()
        assert self.outbox.lost() == []
        self.read = 0  # reads again from further back than it needs

    def cut_before_the_confirm_came(self) -> None:
        if self.offered:
            self.queue.append(self.offered)
        self.cut_before_the_broker_had_it()

    def repeat(self) -> None:
        if not self.offered:
            assert self.outbox.repeat() == []

    def route(self) -> None:
        if self.queue:
            self.stream += [each.sequence for each in self.queue.pop(0)]

    def route_and_crash_before_the_ack(self) -> None:
        if self.queue:
            self.stream += [each.sequence for each in self.queue[0]]

    def come_back(self) -> None:
        if self.read < len(self.stream):
            sequence = self.stream[self.read]
            self.read += 1
            if self.sequences.admit("session", sequence):
                self.shown.append(sequence)
                self.outbox.seen(sequence)

    def finish(self) -> None:
        while len(self.outbox):
            for step in (self.send, self.confirm, self.route, self.come_back):
                step()


STEPS: tuple[Callable[[Any], None], ...] = (
    Road.add,
    Road.send,
    Road.confirm,
    Road.bounce,
    Road.cut_before_the_broker_had_it,
    Road.cut_before_the_confirm_came,
    Road.repeat,
    Road.route,
    Road.route_and_crash_before_the_ack,
    Road.come_back,
)


@given(st.lists(st.sampled_from(STEPS), max_size=200))
def test_every_interleaving_shows_each_post_once_and_in_order(steps: list[Callable[[Road], None]]) -> None:
    road = Road()

    for step in steps:
        step(road)
    road.finish()

    assert road.shown == list(range(1, road.added + 1))

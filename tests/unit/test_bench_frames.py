"""Counting in raw bytes that a socket may split anywhere."""

import pytest
from amqp.serialization import loads

from bench import frames
from bench.frames import Stamps, TokenCount
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Run

TEXT = 'a text with "sequence":1 and "client_ts":1, in it'


def entry(*stamps: int) -> bytes:
    posts = tuple(Post(sequence=n, client_ts=stamp, text=TEXT) for n, stamp in enumerate(stamps, 1))
    run = Run(session="s", user="u", author="a", posts=posts)
    return encode(Batch(room="lobby", router="r", server_ts=1, runs=(run,)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 11, 12, 50, 1000])
def test_posts_are_counted_wherever_the_bytes_are_split(size: int) -> None:
    data = (entry(1, 2, 3) + frames.DELIVERY + entry(4)) * 5
    posts, deliveries = TokenCount(frames.POST), TokenCount(frames.DELIVERY)

    for start in range(0, len(data), size):
        piece = data[start : start + size]
        buffer = bytearray(piece + b"the rest of an earlier piece" + frames.POST)
        posts.feed(buffer, len(piece))
        deliveries.feed(buffer, len(piece))

    assert (posts.count, deliveries.count) == (20, 5)


@pytest.mark.parametrize("size", [1, 2, 5, 12, 13, 28, 29, 30, 50, 1000])
def test_timestamps_are_found_wherever_the_bytes_are_split(size: int) -> None:
    written = [1_800_000_000_000_000 + n for n in range(6)]
    data = entry(*written[:4]) + b"\x00\xce" + entry(*written[4:])
    stamps = Stamps()

    found = [stamp for start in range(0, len(data), size) for stamp in stamps.feed(data[start : start + size])]

    assert found == written


def test_an_ack_is_one_frame_as_specified() -> None:
    kind, channel, size, method_class, method, tag, multiple, end = loads("oBlBBLbo", frames.ack(3, 77), 0)[0]

    assert (kind, channel, size, end) == (1, 3, 13, 0xCE)
    assert (method_class, method, tag, multiple) == (60, 80, 77, True)


def test_a_publication_is_three_frames_as_specified() -> None:
    data = frames.publish(1, "chat.rooms", "lobby", b"body")

    method, header = 7 + 4 + 2 + 11 + 6 + 1 + 1, 7 + 14 + 1
    assert loads("oBlBBBssoo", data[:method], 0)[0] == [1, 1, 24, 60, 40, 0, "chat.rooms", "lobby", 0, 0xCE]
    assert loads("oBlBBLBo", data[method : method + header], 0)[0] == [2, 1, 14, 60, 0, 4, 0, 0xCE]
    assert data[method + header :] == b"\x03\x00\x01\x00\x00\x00\x04body\xce"

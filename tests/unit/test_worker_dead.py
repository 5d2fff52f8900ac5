"""Dead letters, which keep what no service could handle, but no token and no secret."""

import pytest

from chat_wire.codec import decode, encode
from chat_wire.errors import WireError
from chat_wire.messages import Claim, Post, Posts
from chat_worker.dead import MAX_UNREADABLE_BYTES, dead_letter
from chat_worker.delivery import Delivery
from chat_worker.errors import Fatal

SECRET = "0123456789abcdef" * 4


def letter(body: bytes, error: WireError | None = None) -> bytes:
    """Return the body of the dead letter of a message, by default for the reason that it is no claim."""
    delivery = Delivery(
        body=body,
        queue="registry.requests",
        exchange="chat.entrance",
        routing_key="",
        reply_to=None,
        headers={},
        offset=None,
        redelivered=False,
    )
    if error is None:
        with pytest.raises(WireError) as caught:
            decode(body, Claim)
        error = caught.value
    return dead_letter(delivery, error).body


@pytest.mark.parametrize("body", [b"\xff" * 10**6, b'{"type":"telegram","text":"' + b"x" * 10**6 + b'"}', b"[" * 10**6])
def test_a_long_message_that_cannot_be_read_is_cut(body: bytes) -> None:
    assert letter(body) == body[:MAX_UNREADABLE_BYTES]


def test_no_part_of_a_secret_stays_where_a_message_is_cut() -> None:
    before = b'{"type":"claim","name":1,"filling":"'
    for missing in (0, 1, 32, 64, 70, 80):
        filling = b"x" * (MAX_UNREADABLE_BYTES - len(before) - missing)
        body = before + filling + b'","secret":"' + SECRET.encode() + b'"}'
        assert SECRET[:2].encode() not in letter(body)


def test_a_message_that_crashes_workers_is_kept_whole() -> None:
    posts = tuple(Post(sequence=number, client_ts=0, text="x" * 4096) for number in range(1, 17))
    body = encode(Posts(posts=posts))
    assert letter(body, Fatal("it crashes")) == body.replace(b'"token":""', b'"token":"***"')

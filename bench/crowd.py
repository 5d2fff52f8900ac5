"""Many members who join a room by the client's rules and then only receive, on plain sockets."""

import selectors
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from bench import frames
from chat_amqp import topology
from chat_amqp.connection import HEARTBEAT_SECONDS
from chat_client.link import ROOM_PREFETCH
from chat_client.membership import HISTORY
from chat_wire.codec import encode
from chat_wire.messages import Claim, Granted, History, Page, Renew
from testkit.chatter import Chatter, new_request

ACK_EVERY = 100
SILENT_SECONDS = 30
# The JSON of each notice contains this, and nothing else in the room does.
NOTICE = b'"kind":'
# AMQP 0-9-1, 4.2.7: frame type 8, channel 0, no payload.
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"


@dataclass(slots=True)
class CrowdMember:
    """A member of the room, with the count of the notices that its socket received."""

    chatter: Chatter
    channel: int
    notices: frames.TokenCount = field(default_factory=lambda: frames.TokenCount(NOTICE))
    acked: int = 0

    @property
    def sock(self) -> Any:
        """The socket of the connection."""
        connection: Any = self.chatter.connection.connection
        return connection.sock

    def read(self, buffer: bytearray) -> None:
        """Read the available bytes, and acknowledge after every hundred notices."""
        size = self.sock.recv_into(buffer)
        assert size, "the broker closed a member's connection"
        self.notices.feed(buffer, size)
        if self.notices.count >= self.acked + ACK_EVERY:  # each notice is one delivery
            self.acked = self.notices.count
            self.sock.sendall(frames.ack(self.channel, self.acked))


class Crowd:
    """Members who receive a notice for each member that joins."""

    def __init__(self, url: str) -> None:
        """Create an empty crowd.

        Args:
            url: The URL of the broker.
        """
        self._url = url
        self._members: list[CrowdMember] = []
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray(1 << 20)
        self._heartbeat_at = 0.0

    def __enter__(self) -> Self:
        """Return the crowd."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all sockets."""
        self._selector.close()
        for member in self._members:
            member.sock.close()

    def join(self, names: Iterable[str]) -> None:
        """Let members join at the same time.

        Each claims a name at the entrance, connects as its session, requests the history, and consumes the room.
        """
        joining = [(Chatter(self._url), name) for name in names]
        claims = [(chatter, _claim(chatter, name)) for chatter, name in joining]
        renewals = [(chatter, _enter(chatter, request)) for chatter, request in claims]
        questions = [(chatter, _ask_history(chatter, request)) for chatter, request in renewals]
        for chatter, request in questions:
            self._attach(chatter, request)

    def see(self, notices: int) -> None:
        """Read until every member has received a number of notices; raises AssertionError after 30 s of silence."""
        while any(member.notices.count < notices for member in self._members):
            assert self.read(SILENT_SECONDS), f"a member has not received all {notices} notices"
        self.check(notices)

    def check(self, notices: int) -> None:
        """Check that every member has received exactly this number of notices; else raise AssertionError."""
        counts = {member.notices.count for member in self._members}
        assert counts == {notices}, f"members have received {sorted(counts)} notices, not {notices}"

    def rest(self, seconds: float) -> None:
        """Receive for a number of seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.read(min(left, 1))

    def read(self, seconds: float = 0) -> bool:
        """Read all available bytes; wait for the first ones up to this many seconds. Return whether any arrived."""
        if time.monotonic() >= self._heartbeat_at:
            self._heartbeat_at = time.monotonic() + HEARTBEAT_SECONDS / 2
            for member in self._members:
                member.sock.sendall(HEARTBEAT)
        ready = self._selector.select(seconds)
        for key, _ in ready:
            key.data.read(self._buffer)
        return bool(ready)

    def _attach(self, chatter: Chatter, request: str) -> None:
        page = chatter.answer(request)
        assert isinstance(page, Page), page
        assert page.position, "the room has no history"
        channel: Any = chatter.connection.channel()
        channel.basic_qos(0, ROOM_PREFETCH, False)
        channel.basic_consume(topology.room("lobby").name, arguments={"x-stream-offset": page.position.offset})
        member = CrowdMember(chatter, channel.channel_id)
        member.sock.setblocking(False)
        self._members.append(member)
        self._selector.register(member.sock, selectors.EVENT_READ, member)


def _claim(chatter: Chatter, name: str) -> str:
    claim = Claim(request=new_request(), name=name, secret=chatter.secret)
    chatter.entrance.publish(topology.ENTRANCE.name, "", encode(claim))
    return claim.request


def _enter(chatter: Chatter, claim: str) -> str:
    chatter.granted = _granted(chatter, claim)
    chatter.leave_entrance()
    chatter.enter()
    renew = Renew(request=new_request())
    chatter.publish(topology.MEMBERS.name, "", encode(renew))
    return renew.request


def _ask_history(chatter: Chatter, renewal: str) -> str:
    chatter.granted = _granted(chatter, renewal)
    question = History(request=new_request(), card=chatter.card, before=None, limit=HISTORY)
    chatter.publish(topology.QUESTIONS.name, topology.question_key("lobby"), encode(question))
    return question.request


def _granted(chatter: Chatter, request: str) -> Granted:
    granted = chatter.answer(request)
    assert isinstance(granted, Granted), granted
    return granted

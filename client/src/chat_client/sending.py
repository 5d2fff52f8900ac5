"""The sender: publishes requests and posts, and handles confirms and returns.

`requests.PendingRequests` and `outbox.Outbox` decide what is sent next; the sender learns from the broker what arrived.
"""

from collections.abc import Callable
from typing import cast

from msgspec import UNSET

from chat_amqp import topology
from chat_amqp.connection import STALLED_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_client.language import _, marked
from chat_client.member_link import MemberLink
from chat_client.outbox import Outbox
from chat_client.requests import RETURNED_SECONDS, Due, EntranceRequest, PendingRequests
from chat_wire.codec import encode
from chat_wire.messages import Granted, Posts

SERVICES_MISSING = marked("the chat's services do not answer yet: waiting for them")
ROUTER_MISSING = marked("the chat accepts no messages at the moment: waiting; the client keeps yours")
BROKER_BLOCKED = marked("the broker is out of memory or disk space: waiting; the client keeps your messages")


class Sender:
    """Publishes the requests and posts that are due, and handles what the broker confirms, returns or refuses."""

    def __init__(
        self, room: str, requests: PendingRequests, outbox: Outbox, waiting_for: Callable[[str], None]
    ) -> None:
        """Start with nothing in flight.

        Args:
            room: The room of the posts.
            requests: The requests to send.
            outbox: The posts to send.
            waiting_for: Receives the reason why nothing can be sent, and the empty text when sending works again.
        """
        self._room = room
        self._requests = requests
        self._outbox = outbox
        self._waiting_for = waiting_for
        self._returned = False
        self._blocked = False
        self._hold_until = 0.0
        self._confirm_by = 0.0

    def lost(self) -> None:
        """Send all requests again: the connection is lost."""
        self._requests.lost()
        self._returned, self._blocked, self._hold_until = False, False, 0.0

    def settle(self, link: MemberLink, now: float) -> None:
        """Handle the broker's confirms, and the messages that it returned or refused.

        Raises:
            Unconfirmed: The broker accepts messages but has confirmed none for 30 s. A node that is cut off from the
                others does so, and another node may work.
        """
        if link.blocked or not link.unconfirmed:
            self._confirm_by = now + STALLED_SECONDS
        elif now > self._confirm_by:
            raise Unconfirmed("the broker confirms nothing")
        if self._blocked and not link.blocked:
            self._waiting_for("")
        self._blocked = link.blocked
        self._settle_returned(link.pop_returned(), now)
        if self._outbox.in_flight and not link.unconfirmed:
            self._confirm(now)

    def send(self, link: MemberLink, grant: Granted | None, now: float, *, posts: bool) -> None:
        """Publish the requests that are due, and if `posts` is set the next message of posts."""
        if link.blocked:
            self._waiting_for(_(BROKER_BLOCKED))
            return
        for due in self._requests.due(now, at_entrance=link.session is None):
            if due.again and isinstance(due.request, EntranceRequest):
                self._waiting_for(_(SERVICES_MISSING))
            self._requests.mark_sent(due.id, now)
            _publish_request(link, due, grant)
        if posts and grant and now >= self._hold_until:
            self._publish_posts(link, grant)

    def _settle_returned(self, exchanges: set[str], now: float) -> None:
        for exchange in exchanges:
            self._requests.returned(exchange, now)
        if topology.ENTRANCE.name in exchanges:
            self._waiting_for(_(SERVICES_MISSING))
        if topology.POSTS.name in exchanges:
            self._returned = True
            self._waiting_for(_(ROUTER_MISSING))

    def _confirm(self, now: float) -> None:
        if self._returned:
            self._outbox.returned()
            self._hold_until = now + RETURNED_SECONDS
        else:
            self._outbox.confirmed()
            self._waiting_for("")
        self._returned = False

    def _publish_posts(self, link: MemberLink, grant: Granted) -> None:
        posts = self._outbox.start_message()
        if posts:
            contexts = self._outbox.contexts()
            traced = {post.sequence: contexts[post.sequence] for post in posts if post.sequence in contexts}
            message = Posts(card=grant.card, posts=posts, traceparents=traced or UNSET)
            link.publish(topology.POSTS.name, topology.posts_key(grant.partition, self._room), encode(message))


def _publish_request(link: MemberLink, due: Due, grant: Granted | None) -> None:
    # Without a grant, only a claim is due. It does not need one.
    message = due.request.message(due.id, cast(Granted, grant))
    link.publish(due.request.exchange, due.request.key, encode(message), due.headers)

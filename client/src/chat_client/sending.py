"""Publishing requests and posts, until each is known to have arrived."""

from collections.abc import Callable

from chat_amqp import topology
from chat_amqp.connection import STALLED_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_client.language import _, marked
from chat_client.member_link import MemberLink
from chat_client.outbox import Outbox
from chat_client.requests import BOUNCED_SECONDS, Due, OpeningQuestion, Request, Requests
from chat_wire.codec import encode
from chat_wire.messages import Granted, Posts

SERVICES_MISSING = marked("the chat's services do not answer yet: waiting for them")
ROUTER_MISSING = marked("the chat accepts no messages at the moment: waiting; the client keeps yours")
BROKER_BLOCKED = marked("the broker is out of memory or disk space: waiting; the client keeps your messages")


class Sender:
    """Publishes everything that is due, and accounts for what the broker confirms, returns or refuses."""

    def __init__(self, room: str, requests: Requests, outbox: Outbox, waiting_for: Callable[[str], None]) -> None:
        """Start with nothing on its way.

        Args:
            room: The room of the posts.
            requests: The requests to send.
            outbox: The posts to send.
            waiting_for: Receives the reason why nothing can be sent, and the empty text once there is none.
        """
        self._room = room
        self._requests = requests
        self._outbox = outbox
        self._waiting_for = waiting_for
        self._bounced = False
        self._blocked = False
        self._hold_until = 0.0
        self._stalled_at = 0.0

    def lost(self) -> None:
        """Send all requests again: the connection is gone."""
        self._requests.lost()
        self._bounced, self._blocked, self._hold_until = False, False, 0.0

    def settle(self, link: MemberLink, now: float) -> None:
        """Account for the broker's confirms and for messages that reached no queue.

        Raises:
            Unconfirmed: The broker accepts messages but has confirmed none for 30 s. A node that is cut off from the
                others does so, and another node may work.
        """
        if link.blocked or not link.unconfirmed:
            self._stalled_at = now + STALLED_SECONDS
        elif now > self._stalled_at:
            raise Unconfirmed("the broker confirms nothing")
        if self._blocked and not link.blocked:
            self._waiting_for("")
        self._blocked = link.blocked
        self._settle_bounced(link.pop_bounced(), now)
        if self._outbox.flying and not link.unconfirmed:
            self._confirm(now)

    def send(self, link: MemberLink, grant: Granted | None, now: float, *, posts: bool) -> None:
        """Publish the requests that are due, and if `posts` is set the next message of posts."""
        if link.blocked:
            self._waiting_for(_(BROKER_BLOCKED))
            return
        for due in self._requests.due(now, granted=grant is not None):
            if due.again and isinstance(due.question, OpeningQuestion):
                self._waiting_for(_(SERVICES_MISSING))
            _publish_request(link, due, grant)
        if posts and grant and now >= self._hold_until:
            self._publish_posts(link, grant)

    def _settle_bounced(self, exchanges: set[str], now: float) -> None:
        for exchange in exchanges:
            self._requests.bounced(exchange, now)
        if topology.REGISTRY.name in exchanges:
            self._waiting_for(_(SERVICES_MISSING))
        if topology.INGRESS.name in exchanges:
            self._bounced = True
            self._waiting_for(_(ROUTER_MISSING))

    def _confirm(self, now: float) -> None:
        if self._bounced:
            self._outbox.bounced()
            self._hold_until = now + BOUNCED_SECONDS
        else:
            self._outbox.confirmed()
            self._waiting_for("")
        self._bounced = False

    def _publish_posts(self, link: MemberLink, grant: Granted) -> None:
        posts = self._outbox.next_message()
        if posts:
            body = encode(Posts(token=grant.token, room=self._room, posts=posts))
            link.publish(topology.INGRESS.name, str(grant.partition), body)


def _publish_request(link: MemberLink, due: Due, grant: Granted | None) -> None:
    message = _message(due, grant)
    if message is not None:
        queue = due.question.queue
        link.publish(queue.exchange.name, queue.routing_key, encode(message))


def _message(due: Due, grant: Granted | None) -> Request | None:
    if isinstance(due.question, OpeningQuestion):
        return due.question.message(due.request, grant)
    return due.question.message(due.request, grant) if grant else None

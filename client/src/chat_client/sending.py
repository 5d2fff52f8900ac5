"""What a member sends: requests and posts, until each is known to have arrived."""

from collections.abc import Callable
from dataclasses import replace

from chat_amqp import topology
from chat_amqp.connection import STALLED_SECONDS
from chat_amqp.errors import Unconfirmed
from chat_client.domain import Outbox
from chat_client.language import _, marked
from chat_client.link import Link
from chat_client.requests import BOUNCED_SECONDS, Request, Requests
from chat_wire.codec import encode
from chat_wire.messages import Claim, Exit, Granted, History, ListUsers, Mine, Post, Posts, Resume, Search

TO_ARCHIVE: tuple[type[Request], ...] = (History, Mine, Search)
TO_REGISTRY: tuple[type[Request], ...] = (Claim, Resume, Exit, ListUsers)
SERVICES_MISSING = marked("the chat's services do not answer yet: waiting for them")
ROUTER_MISSING = marked("the chat accepts no messages at the moment: waiting; the client keeps yours")
BROKER_BLOCKED = marked("the broker is out of memory or disk space: waiting; the client keeps your messages")


class Sender:
    """Publishes what is due, and accounts for what the broker confirmed or could not deliver.

    `waiting_for` is told what keeps things from being sent, and the empty text when nothing does.
    """

    def __init__(self, requests: Requests, outbox: Outbox, waiting_for: Callable[[str], None]) -> None:
        self._requests = requests
        self._outbox = outbox
        self._waiting_for = waiting_for
        self._bounced = False
        self._blocked = False
        self._hold_until = 0.0
        self._stalled_at = 0.0

    def lost(self) -> list[Post]:
        """The connection is gone: everything goes again. Returns the posts that cannot, having been refused."""
        self._requests.lost()
        self._bounced, self._blocked, self._hold_until = False, False, 0.0
        return self._outbox.lost()

    def settle(self, link: Link, now: float) -> None:
        """Account for what the broker confirmed, and for what came back because nothing took it.

        Raises Unconfirmed when the broker takes things but confirms nothing for 30 s: so does a node that is cut
        off from the others, and another may do.
        """
        if link.blocked or not link.unconfirmed:
            self._stalled_at = now + STALLED_SECONDS
        elif now > self._stalled_at:
            raise Unconfirmed("the broker confirms nothing")
        if self._blocked and not link.blocked:
            self._waiting_for("")
        self._blocked = link.blocked
        bounced = link.take_bounced()
        if topology.REGISTRY.name in bounced:
            self._requests.bounced(TO_REGISTRY, now)
            self._waiting_for(_(SERVICES_MISSING))
        if topology.ARCHIVE.name in bounced:
            self._requests.bounced(TO_ARCHIVE, now)
        if topology.INGRESS.name in bounced:
            self._bounced = True
            self._waiting_for(_(ROUTER_MISSING))
        if self._outbox.flying and not link.unconfirmed:
            self._confirm(now)

    def send(self, link: Link, grant: Granted | None, now: float, *, posts: bool) -> None:
        """Publish the requests that are due, and if `posts` the next message of posts."""
        if link.blocked:
            self._waiting_for(_(BROKER_BLOCKED))
            return
        for request, again in self._requests.due(now):
            if again and isinstance(request, Claim | Resume):
                self._waiting_for(_(SERVICES_MISSING))
            _publish_request(link, request, grant)
        if posts and grant and now >= self._hold_until:
            self._publish_posts(link, grant)

    def _confirm(self, now: float) -> None:
        if self._bounced:
            self._outbox.bounced()
            self._hold_until = now + BOUNCED_SECONDS
        else:
            self._outbox.confirmed()
            self._waiting_for("")
        self._bounced = False

    def _publish_posts(self, link: Link, grant: Granted) -> None:
        posts = self._outbox.take()
        if posts:
            body = encode(Posts(token=grant.token, room=topology.ROOMS[0], posts=posts))
            link.publish(topology.INGRESS.name, str(grant.partition), body)


def _publish_request(link: Link, request: Request, grant: Granted | None) -> None:
    queue = topology.QUERIES if isinstance(request, TO_ARCHIVE) else topology.COMMANDS
    if grant and not isinstance(request, Claim):
        request = replace(request, token=grant.token)
    if grant and isinstance(request, ListUsers):
        request = replace(request, after=grant.offset)
    link.publish(queue.exchange.name, queue.routing_key, encode(request))

"""The page of the broker users' permissions, from chat_admin.permissions."""

import re

from kombu.entity import Exchange

from chat_admin.permissions import CLIENT, FORMER_CLIENT, NOTHING, TAGS, USERS
from chat_amqp import former, topology
from docs.generate.markdown import codes, table

INTRO = """\
# Permissions of broker users

There is one RabbitMQ user for each service, one for all clients, and two for `chat-admin`. `chat-admin init` writes
them into `definitions.json`, and `broker/prepare.sh` imports them into the broker before the services start. The
permissions come from [permissions.py](../../admin/src/chat_admin/permissions.py). RabbitMQ checks three rights
([access control](https://www.rabbitmq.com/docs/access-control)):

| right | for exchanges | for queues and streams |
| --- | --- | --- |
| configure | declare and delete | declare and delete |
| write | publish to | bind |
| read | bind queues to | consume from |

- `amq.default` is the default exchange. Writing to it means writing to every queue, so no client may.
- `N` stands for 0 to 15, `RANDOM` for 32 random hex digits, `room.*` for every room.
- `chat.identity.ID` is how a service recognises its broker. The right to read it allows a passive declaration.
- Routers and archives publish only markers to `chat.sessions`, by which they find the end of the stream
  ([decision 6](../decisions/0006-find-the-end-of-a-stream-by-a-marker.md)).
- The tag `monitoring` lets a user read everything in the management API, and change nothing
  ([tags](https://www.rabbitmq.com/docs/management#permissions)).

[Security](../explanation/security.md) explains the consequences.
"""
FAMILIES = (
    ("router.ingress.", "router.ingress.N"),
    ("router.posts.", "router.posts.N"),
    ("router.seat.", "router.seat.N"),
    ("chat.identity.", "chat.identity.ID"),
)
EXCHANGES = {
    value.name or "amq.default"
    for value in (*vars(topology).values(), *vars(former).values())
    if isinstance(value, Exchange)
}
EXCHANGES.add(topology.identity("ID").name)
ALL = {**USERS, FORMER_CLIENT: CLIENT}
TITLES = {
    "registry": "Registry",
    "router": "Router",
    "archive": "Archive",
    "entrance": "Everybody who knows the address of the chat",
    "client": "Clients of 0.3.0",
    "admin": "Administration (`chat-admin`)",
    "monitor": "Monitoring (`chat-admin status`)",
}


def page() -> str:
    """Return the page: a section for each user."""
    return INTRO + "".join(map(_section, ALL))


def _section(user: str) -> str:
    granted = ALL[user]
    rows = [_row(right, _names(getattr(granted, right))) for right in ("configure", "write", "read")]
    tags = f"This user has the tag {codes(TAGS[user])}.\n\n" if user in TAGS else ""
    return f"\n## {TITLES[user]}\n\n{tags}{table(('right', 'exchanges', 'queues and streams'), rows)}"


def _row(right: str, names: list[str]) -> tuple[str, str, str]:
    exchanges = [name for name in names if name in EXCHANGES]
    return right, codes(exchanges), codes(name for name in names if name not in EXCHANGES)


def _names(pattern: str) -> list[str]:
    """Return the alternatives of a pattern as names; what is still a pattern then is one of inboxes or rooms."""
    if pattern == NOTHING:
        return []
    names = [_family(_name(each)) for each in pattern.removeprefix("^(").removesuffix(")$").split("|")]
    return sorted(set(names))


def _name(alternative: str) -> str:
    if alternative.startswith(r"inbox\.["):
        return "inbox.RANDOM"
    return re.sub(r"\\(.)", r"\1", alternative.replace(r"room\..*", "room.*"))


def _family(name: str) -> str:
    return next((family for prefix, family in FAMILIES if name.startswith(prefix)), name)

"""The page of the broker users' permissions, from chat_admin.permissions."""

import re

from chat_admin.permissions import USERS
from docs.generate.markdown import codes, table

INTRO = """\
# Permissions of broker users

`chat-admin init` creates one RabbitMQ user for each service, one for all clients, and one for `chat-admin`. The
permissions come from [permissions.py](../../admin/src/chat_admin/permissions.py). RabbitMQ checks three rights
([access control](https://www.rabbitmq.com/docs/access-control)):

- **configure:** declare and delete these queues and exchanges
- **write:** publish to these exchanges, and bind these queues
- **read:** consume from these queues, and bind queues to these exchanges

`amq.default` is the default exchange. Writing to it means writing to every queue, so no client may.
`N` stands for 0 to 15. [Security](../explanation/architecture.md#security) explains the consequences.
"""
FAMILIES = (("router.ingress.", "router.ingress.N"), ("router.seat.", "router.seat.N"))
TITLES = {
    "registry": "Registry",
    "router": "Router",
    "archive": "Archive",
    "client": "Clients",
    "admin": "Administration (`chat-admin`)",
}


def page() -> str:
    """Return the page: a section for each user."""
    return INTRO + "".join(_section(user) for user in USERS)


def _section(user: str) -> str:
    granted = USERS[user]
    rows = [(right, codes(_names(getattr(granted, right)))) for right in ("configure", "write", "read")]
    return f"\n## {TITLES[user]}\n\n{table(('right', 'names'), rows)}"


def _names(pattern: str) -> list[str]:
    """Return the alternatives of a pattern as names; what is still a pattern then is one of inboxes or rooms."""
    names = [_family(_name(each)) for each in pattern.removeprefix("^(").removesuffix(")$").split("|")]
    return sorted(set(names))


def _name(alternative: str) -> str:
    if alternative.startswith(r"inbox\.["):
        return "inbox.RANDOM"
    return re.sub(r"\\(.)", r"\1", alternative.replace(r"room\..*", "room.*"))


def _family(name: str) -> str:
    return next((family for prefix, family in FAMILIES if name.startswith(prefix)), name)

"""`chat-admin release NAME`: free a name, whatever session holds it."""

import secrets

from chat_admin.asking import Asker, connected
from chat_admin.errors import NotReleased
from chat_amqp import topology
from chat_wire.messages import Refused, Release, Released


def release(url: str, name: str) -> str:
    """Free a name.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        name: The name.

    Returns:
        The name as its session typed it.

    Raises:
        NotReleased: The registry refused; the text has its reason.
        NoAnswer: The broker or the registry did not answer in time.
    """
    with connected(url) as connection:
        registry = Asker(connection, "registry", topology.OPERATIONS.routing_key, kept=True)
        answer = registry.ask(Release(request=secrets.token_hex(16), name=name), Released)
    if isinstance(answer, Refused):
        raise NotReleased(f"not released: {answer.text}")
    return answer.name

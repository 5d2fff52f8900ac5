"""The scopes of a session: what the broker lets it do."""

from urllib.parse import quote

from chat_amqp import topology
from chat_tokens.access import RESOURCE_SERVER


def scopes(vhost: str, partition: int) -> list[str]:
    """Return the scopes of a session (https://www.rabbitmq.com/docs/oauth2#scope-translation).

    It may read the public rooms, post to them by its own partition, ask about them and about its own posts, and send
    requests to the registry. It may declare nothing.

    Args:
        vhost: The virtual host.
        partition: The ingress partition of the session, 0 to 15.
    """
    read, write = f"{RESOURCE_SERVER}.read:{quote(vhost, safe='')}", f"{RESOURCE_SERVER}.write:{quote(vhost, safe='')}"
    return [
        f"{read}/{topology.room('*').name}",
        f"{write}/{topology.POSTS.name}/{topology.posts_key(partition, '*')}",
        f"{write}/{topology.QUESTIONS.name}/{topology.question_key('*')}",
        f"{write}/{topology.QUESTIONS.name}/{topology.MINE_KEY}",
        f"{write}/{topology.MEMBERS.name}",
    ]

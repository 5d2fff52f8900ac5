"""The router's own settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from chat_tokens.settings import verifying_key
from chat_wire.settings import number


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """The router's own settings.

    Attributes:
        instance: The replica's name.
        public_key: The key that verifies tokens, in PEM.
        posts_per_second: The posts that each session may send in a second; 0 means no limit.
    """

    instance: str
    public_key: str
    posts_per_second: int


def router_settings(environ: Mapping[str, str], instance: str) -> RouterSettings:
    """Read and check the router's own settings.

    Args:
        environ: The environment variables.
        instance: The replica's name.

    Raises:
        SettingError: A setting is missing or wrong; the text says which and what to do.
    """
    return RouterSettings(
        instance=instance,
        public_key=verifying_key(environ),
        posts_per_second=number(environ, "POSTS_PER_SECOND", 0),
    )

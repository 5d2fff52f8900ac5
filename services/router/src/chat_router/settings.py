"""What a router is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from chat_wire.settings import number, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """`instance` names the replica; `posts_per_second` is each session's limit, 0 for none."""

    instance: str
    public_key: str
    posts_per_second: int


def router_settings(environ: Mapping[str, str], instance: str) -> RouterSettings:
    """Read the router's own settings; raises SettingError."""
    return RouterSettings(
        instance=instance,
        public_key=setting(environ, "TOKEN_PUBLIC_KEY"),
        posts_per_second=number(environ, "POSTS_PER_SECOND", 0),
    )

"""The settings of the services, which `chat-admin init` checks before anything starts with them."""

from collections.abc import Mapping

from chat_wire.limits import ACCESS_SECONDS
from chat_wire.settings import LOG_LEVELS, InvalidSetting, choice, number, setting

DATABASES = ("sqlite", "postgresql+psycopg")


def check_service_settings(environ: Mapping[str, str]) -> None:
    """Check what the services can be set to, as far as `init` can know it.

    Args:
        environ: The environment variables.

    Raises:
        SettingError: A setting is wrong; the text says which and what to do.
    """
    choice(environ, "LOG_LEVEL", LOG_LEVELS, "INFO")
    number(environ, "POSTS_PER_SECOND", 0)
    number(environ, "TOKEN_SECONDS", ACCESS_SECONDS, least=20)
    for service in ("REGISTRY", "ROUTER", "ARCHIVE"):
        number(environ, f"{service}_REPLICAS", 1)
    if setting(environ, "INDEX_URL", "sqlite://").partition("://")[0] not in DATABASES:
        raise InvalidSetting(
            "INDEX_URL",
            "is not the URL of a database that the archive can use: set it to sqlite:////PATH or "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE",
        )

"""The settings of `chat-admin status`: how it reaches the broker as the user monitor."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chat_admin.former_clients import OPEN
from chat_amqp.settings import checked_url
from chat_wire.settings import InvalidSetting, setting


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """Where the broker is.

    Attributes:
        amqp_url: The AMQP URLs of the broker's nodes, separated by `;`.
        management_url: The URLs of their management APIs, separated by `;`.
        former_clients: Whether clients of 0.3.0 may log in.
    """

    amqp_url: str
    management_url: str
    former_clients: bool = False

    @property
    def vhost(self) -> str:
        """The virtual host, as it stands in a URL."""
        return urlsplit(self.amqp_url.split(";")[0]).path[1:] or "%2F"


def monitor_settings(environ: Mapping[str, str]) -> MonitorSettings:
    """Return the settings.

    Args:
        environ: The environment variables.

    Raises:
        SettingError: A setting is missing or wrong.
    """
    management = setting(environ, "MANAGEMENT_URL")
    if not all(map(_is_http, management.split(";"))):
        raise InvalidSetting(
            "MANAGEMENT_URL", "is not the URL of a management API: set it to http://USER:PASSWORD@HOST:15672/"
        )
    amqp_url = checked_url("MONITOR_AMQP_URL", setting(environ, "MONITOR_AMQP_URL"))
    return MonitorSettings(amqp_url, management, setting(environ, "FORMER_CLIENTS", "") == OPEN)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and None not in (parts.hostname, parts.port, parts.username)
    except ValueError:
        return False

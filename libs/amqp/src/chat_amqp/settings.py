"""The setting AMQP_URL: where the broker is, with the user and the password."""

from collections.abc import Mapping

from kombu.connection import Connection

from chat_wire.settings import InvalidSetting, setting

_SCHEMES = ("amqp://", "amqps://", "pyamqp://")


def broker_url(environ: Mapping[str, str]) -> str:
    """Return AMQP_URL after a check that does not connect.

    Args:
        environ: The environment variables. AMQP_URL holds a URL for each node of the broker, separated by `;`, in the
            form of the RabbitMQ URI specification (https://www.rabbitmq.com/docs/uri-spec).

    Raises:
        MissingSetting: AMQP_URL is not set.
        InvalidSetting: A part of AMQP_URL is not a URL of a broker. The error does not quote it, as it has a password.
    """
    return checked_url("AMQP_URL", setting(environ, "AMQP_URL"))


def virtual_host(environ: Mapping[str, str]) -> str:
    """Return the virtual host in AMQP_URL. All its URLs have the same.

    Args:
        environ: The environment variables.

    Raises:
        MissingSetting: AMQP_URL is not set.
        InvalidSetting: A part of AMQP_URL is not a URL of a broker.
    """
    return str(Connection(broker_url(environ).partition(";")[0]).virtual_host)


def checked_url(name: str, url: str) -> str:
    """Return the URLs of a broker's nodes after a check that does not connect.

    Args:
        name: The setting that has them.
        url: The URLs, separated by `;`.

    Raises:
        InvalidSetting: A part is not a URL of a broker. The error does not quote it, as it has a password.
    """
    if not all(map(_is_broker, url.split(";"))):
        raise InvalidSetting(
            name,
            "is not the URL of a broker: set it to amqp://USER:PASSWORD@HOST:5672/, with the special characters of the "
            "password %-encoded and a ; between the nodes of a cluster",
        )
    return url


def _is_broker(node: str) -> bool:
    if not node.lower().startswith(_SCHEMES):
        return False
    try:
        Connection(node)
    except (ValueError, TypeError):  # TypeError: an unknown query parameter
        return False
    return True

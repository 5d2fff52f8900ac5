"""The client's settings, from the environment and the command line, read once."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chat_client.errors import BadUrl
from chat_client.language import _, marked
from chat_wire.settings import setting

PORTS = {"amqp": 5672, "pyamqp": 5672, "amqps": 5671}  # the default port of each scheme
# The texts of argparse that a person can see.
ARGPARSE = (
    marked("usage: "),
    marked("%(prog)s: error: %(message)s\n"),
    marked("ambiguous option: %(option)s could match %(matches)s"),
    marked("argument %(argument_name)s: %(message)s"),
    marked("expected one argument"),
    marked("ignored explicit argument %r"),
    marked("unrecognized arguments: %s"),
)
NO_ADDRESS = marked("AMQP_URL is not the address of a broker: use amqp://USER:PASSWORD@HOST:5672/")
NO_PORT = marked("the port in AMQP_URL is not a number from 1 to 65535: use amqp://USER:PASSWORD@HOST:5672/")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """The client's settings.

    Attributes:
        amqp_url: The AMQP URLs of the broker's nodes, separated by semicolons.
        name: The user name; None to ask for it.
        plain: Whether to run the line client even if the full screen is possible.
        text: Whether every line is a message, also one that begins with a slash.
        local_time: Whether to show local times instead of UTC.
        no_color: Whether to use the terminal's own colours only (https://no-color.org).
        traceparent: The trace of everything that the client sends (https://www.w3.org/TR/trace-context/), or "".
    """

    amqp_url: str
    name: str | None
    plain: bool = False
    text: bool = False
    local_time: bool = False
    no_color: bool = False
    traceparent: str = ""


def client_settings(environ: Mapping[str, str], arguments: Sequence[str]) -> ClientSettings:
    """Read and check the settings.

    Args:
        environ: The environment variables.
        arguments: The arguments of the command line, without the command.

    Raises:
        MissingSetting: AMQP_URL is not set, or its file cannot be read.
        BadUrl: AMQP_URL is not the address of a broker.
        SystemExit: The arguments are wrong, or ask for the help or the version.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.plain or options.text) and options.local_time:
        parser.error(_("--plain and --text show times in UTC: leave out --local-time"))
    url = setting(environ, "AMQP_URL")
    broker_name(url)
    return ClientSettings(
        amqp_url=url,
        name=options.name,
        plain=options.plain or options.text,
        text=options.text,
        local_time=options.local_time,
        no_color=bool(environ.get("NO_COLOR")),
        traceparent=environ.get("TRACEPARENT", ""),
    )


def broker_name(url: str) -> str:
    """Return HOST:PORT of the first node in the AMQP URLs, which can be shown as it has no password.

    Args:
        url: The AMQP URLs of the broker's nodes, separated by semicolons.

    Raises:
        BadUrl: One of them is not the address of a broker.
    """
    first, *_others = map(_node_name, url.split(";"))
    return first


def _node_name(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadUrl(_(NO_ADDRESS)) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadUrl(_(NO_ADDRESS))
    try:
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise BadUrl(_(NO_PORT))
    return f"{parts.hostname}:{port}"


def _parser() -> argparse.ArgumentParser:
    """Return the parser. It has its own -h, as argparse describes that in English only."""
    parser = argparse.ArgumentParser(
        prog="chat",
        description=_("A group chat. AMQP_URL or AMQP_URL_FILE sets the address of its RabbitMQ broker."),
        add_help=False,
    )
    options = parser.add_argument_group(_("options"))
    options.add_argument("-h", "--help", action="help", help=_("show this help and exit"))
    options.add_argument("--version", action=_ShowVersion, nargs=0, help=_("show the version and exit"))
    options.add_argument(
        "--plain",
        action="store_true",
        help=_(
            "run the line client, which suits scripts and screen readers; it is the default when stdin, stdout or "
            "stderr is not a terminal, or TERM is dumb or not set"
        ),
    )
    options.add_argument(
        "--text",
        action="store_true",
        help=_("run the line client, and send every line as a message, also one that begins with /"),
    )
    options.add_argument(
        "--local-time", action="store_true", help=_("show local times instead of UTC; full screen only")
    )
    options.add_argument(
        "--name",
        metavar=_("NAME"),
        help=_("the user name; without it, the client asks for it, or reads it from the first line of input"),
    )
    return parser


class _ShowVersion(argparse.Action):
    """Prints the version. Looks it up only then, as that takes 50 ms."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the version and exit."""
        from importlib.metadata import version

        print(f"chat {version('chat-client')}")
        parser.exit()

"""What the environment and the command line say, read once."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from chat_client.errors import BadUrl
from chat_client.language import _, marked
from chat_wire.settings import setting

NO_ADDRESS = marked("AMQP_URL is not the address of a broker: use amqp://USER:PASSWORD@HOST:5672/")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How this client runs. `name` is None when the person is to be asked; `plain` is lines in, lines out."""

    amqp_url: str
    name: str | None
    plain: bool = False
    local_time: bool = False
    no_color: bool = False


def client_settings(environ: Mapping[str, str], arguments: Sequence[str]) -> ClientSettings:
    """The settings; raises MissingSetting or BadUrl, and SystemExit for arguments that make no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.plain and options.local_time:
        parser.error(_("--plain shows times in UTC: leave out --local-time"))
    url = setting(environ, "AMQP_URL")
    broker_name(url)
    return ClientSettings(
        amqp_url=url,
        name=options.name,
        plain=options.plain,
        local_time=options.local_time,
        no_color=bool(environ.get("NO_COLOR")),
    )


def broker_name(url: str) -> str:
    """HOST:PORT of the first broker in an AMQP URL: what may be shown, having no password in it.

    Raises BadUrl.
    """
    try:
        parts = urlsplit(url.split(";")[0])
    except ValueError:
        raise BadUrl(_(NO_ADDRESS)) from None
    try:
        port = parts.port or (5671 if parts.scheme == "amqps" else 5672)
    except ValueError:
        raise BadUrl(_("the port in AMQP_URL is not a number: use amqp://USER:PASSWORD@HOST:5672/")) from None
    if parts.scheme not in ("amqp", "amqps", "pyamqp") or not parts.hostname:
        raise BadUrl(_(NO_ADDRESS))
    return f"{parts.hostname}:{port}"


def _parser() -> argparse.ArgumentParser:
    """Its -h is made here, as argparse's own speaks English alone."""
    parser = argparse.ArgumentParser(
        prog="chat",
        description=_("A group chat. AMQP_URL or AMQP_URL_FILE sets the address of its RabbitMQ broker."),
        add_help=False,
    )
    options = parser.add_argument_group(_("options"))
    options.add_argument("-h", "--help", action="help", help=_("show this help and exit"))
    options.add_argument(
        "--plain",
        action="store_true",
        help=_(
            "run the line client, which suits scripts and screen readers; it is the default when stdin, stdout or "
            "stderr is not a terminal, or TERM is dumb or not set"
        ),
    )
    options.add_argument(
        "--local-time", action="store_true", help=_("show local times instead of UTC; full screen only")
    )
    options.add_argument(
        "--name", help=_("the user name; without it, the client asks for it, or reads it from the first line of input")
    )
    return parser

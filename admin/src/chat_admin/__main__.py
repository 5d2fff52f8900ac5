"""chat-admin: what an operator of the chat does beside starting and stopping it.

    chat-admin init DIR [--host HOST] [--port PORT]    make users, passwords, keys and policies
    chat-admin release NAME                            free a name, whoever holds it

`init` takes ROOM_MAX_BYTES and ROOM_MAX_AGE from the environment, `release` AMQP_URL or AMQP_URL_FILE.
The exit status is 0 when it is done, 1 when it was refused, 2 when it could not be asked.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from chat_admin.definitions import Retention
from chat_admin.errors import NoAnswer, NotReleased
from chat_admin.initialise import initialise
from chat_admin.release import release
from chat_wire.settings import MissingSetting, setting


def main() -> None:
    """Do what the command line says."""
    arguments = _parser().parse_args()
    sys.exit(_init(arguments, os.environ) if arguments.command == "init" else _release(arguments.name, os.environ))


def _parser() -> argparse.ArgumentParser:
    description = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(
        prog="chat-admin", description=description[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="make users, passwords, keys and policies; keeps what is there")
    init.add_argument("directory", type=Path, metavar="DIR")
    init.add_argument("--host", default="rabbitmq", help="of the broker, for the URLs (default: %(default)s)")
    init.add_argument("--port", type=int, default=5672, help="(default: %(default)s)")
    commands.add_parser("release", help="free a name, whoever holds it").add_argument("name", metavar="NAME")
    return parser


def _init(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    try:
        room_bytes = int(setting(environ, "ROOM_MAX_BYTES", "10000000000"))
    except ValueError:
        print("ROOM_MAX_BYTES must be a number of bytes", file=sys.stderr)
        return 2
    retention = Retention(room_bytes, setting(environ, "ROOM_MAX_AGE", "365D"))
    initialise(arguments.directory, arguments.host, arguments.port, retention)
    return 0


def _release(name: str, environ: Mapping[str, str]) -> int:
    try:
        released = release(setting(environ, "AMQP_URL"), name)
    except NotReleased as error:
        print(f"not released: {error}", file=sys.stderr)
        return 1
    except (NoAnswer, MissingSetting) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{released} is free")
    return 0


if __name__ == "__main__":
    main()

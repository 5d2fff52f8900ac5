"""chat-admin: the operator's command.

    chat-admin init DIR [--host HOST...] [--port PORT] [--management-port PORT]
                                                       write passwords, keys and the broker's definitions to DIR
    chat-admin new-broker DIR                          accept a new, empty broker at the next start
    chat-admin retire-clients DIR                      lock out clients of 0.3.0 at the next start
    chat-admin postgres DIR [--host HOST]              write the password of the PostgreSQL in compose.postgres.yaml
    chat-admin status [--json] [--watch]               say how the chat is; --watch goes on until you press Ctrl+C
    chat-admin release NAME                            free a name, whatever session holds it
    chat-admin export [--room ROOM] [--since TIME]     print the recorded messages, as lines of log.txt
    chat-admin import FILE                             fill an empty chat with such lines; - stands for the input
    chat-admin dead-letters list                       list the dead letters
    chat-admin dead-letters show ID                    show a dead letter
    chat-admin dead-letters replay ID|--all            send dead letters to their queues again
    chat-admin dead-letters drop ID|--all              delete dead letters

Write DIR before --host, which takes all words that follow it. `init` reads ROOM_MAX_BYTES and ROOM_MAX_AGE from the
environment, keeps the ones of before if they are not set, and checks the settings of the services. Commands without DIR
read AMQP_URL or AMQP_URL_FILE; `status` reads MANAGEMENT_URL, MONITOR_AMQP_URL and FORMER_CLIENTS.
TIME is a day or a day and a time in UTC, such as 2026-11-28 or "2026-11-28 20:15".
The exit status is 0 after success, 1 after a refusal, 2 if a setting is wrong, a file cannot be read or written, or the
chat does not answer, and 130 if you interrupt the command. Each command answers within 10 s; an export or import that
goes on for longer says when it waits. An export is complete only with status 0. `status` exits with 0 if all is well,
and with 1 if something is wrong.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from chat_admin import backup, dead_letters, time_limit
from chat_admin.backup import time_typed
from chat_admin.definitions import retention_in
from chat_admin.errors import NoAnswer, NotDone
from chat_admin.former_clients import retire_former_clients
from chat_admin.identity import accept_new_broker
from chat_admin.initialise import MANAGEMENT_PORT, initialise, kept_retention
from chat_admin.monitor_settings import monitor_settings
from chat_admin.postgres import write_postgres
from chat_admin.release import release
from chat_admin.service_settings import check_service_settings
from chat_admin.status_command import show, watch
from chat_amqp.settings import broker_url
from chat_wire.settings import SettingError


def main() -> None:
    """Run the command of the command line, and exit with its status."""
    arguments = _parser().parse_args()
    commands = {
        "init": _init,
        "new-broker": _new_broker,
        "retire-clients": _retire_clients,
        "postgres": _postgres,
        "status": _status,
    }
    sys.exit(commands.get(arguments.command, _ask)(arguments, os.environ))


def _parser() -> argparse.ArgumentParser:
    description = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(
        prog="chat-admin", description=description[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser(
        "init", help="write passwords, keys and the definitions that the broker loads; keep existing passwords and keys"
    )
    init.add_argument("directory", type=Path, metavar="DIR")
    init.add_argument("--host", nargs="+", default=["rabbitmq"], help="the nodes of the broker (default: rabbitmq)")
    init.add_argument("--port", type=int, default=5672, help="the port of the broker (default: %(default)s)")
    init.add_argument(
        "--management-port",
        type=int,
        default=MANAGEMENT_PORT,
        metavar="PORT",
        help="the port of the broker's management API (default: %(default)s)",
    )
    new_broker = commands.add_parser(
        "new-broker", help="make a new identity for the broker, so that the next start sets up one that is empty"
    )
    new_broker.add_argument("directory", type=Path, metavar="DIR")
    retire = commands.add_parser(
        "retire-clients", help="remove the user of clients of 0.3.0, so that the next start deletes it from the broker"
    )
    retire.add_argument("directory", type=Path, metavar="DIR")
    postgres = commands.add_parser(
        "postgres", help="write the password of the PostgreSQL in compose.postgres.yaml; keep an existing one"
    )
    postgres.add_argument("directory", type=Path, metavar="DIR")
    postgres.add_argument("--host", default="postgres", help="the host of PostgreSQL (default: %(default)s)")
    status = commands.add_parser("status", help="say how the chat is, and what to look at")
    status.add_argument("--json", action="store_true", help="print it as JSON, one object a line")
    status.add_argument("--watch", action="store_true", help="go on until you press Ctrl+C")
    commands.add_parser("release", help="free a name, whatever session holds it").add_argument("name", metavar="NAME")
    export = commands.add_parser("export", help="print the recorded messages, as lines of log.txt")
    export.add_argument("--room", metavar="ROOM", help="only those of this room")
    export.add_argument(
        "--since", type=time_typed, metavar="TIME", help='only those from this time on: 2026-11-28, "2026-11-28 20:15"'
    )
    fill = commands.add_parser("import", help="fill an empty chat with lines of log.txt")
    fill.add_argument("file", metavar="FILE", help="a copy of log.txt or an export; - stands for the standard input")
    letters = commands.add_parser("dead-letters", help="list, show, replay or drop dead letters")
    _add_letters(letters.add_subparsers(dest="action", required=True))
    return parser


def _add_letters(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    actions.add_parser(
        "list",
        help=f"print the oldest {dead_letters.MAX_LISTED:,}, one line each: id, time, source, reason, size, beginning",
    )
    actions.add_parser("show", help="print all of one letter").add_argument("letter", metavar="ID")
    for action, what in (("replay", "send letters to the queues that they came from"), ("drop", "delete letters")):
        which = actions.add_parser(action, help=what).add_mutually_exclusive_group(required=True)
        which.add_argument("letter", metavar="ID", nargs="?")
        which.add_argument("--all", action="store_true", help="all letters that are there when the command starts")


def _init(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    directory = arguments.directory
    try:
        check_service_settings(environ)
        retention = retention_in(environ, kept_retention(directory))
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    port, management_port = arguments.port, arguments.management_port
    return _written(partial(initialise, directory, arguments.host, port, retention, management_port))


def _new_broker(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    return _written(partial(accept_new_broker, arguments.directory))


def _retire_clients(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    return _written(partial(retire_former_clients, arguments.directory))


def _postgres(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    return _written(partial(write_postgres, arguments.directory, arguments.host))


def _status(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    try:
        settings = monitor_settings(environ)
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.watch:
        return watch(settings, arguments.json)
    try:
        with time_limit.limited():
            return show(settings, arguments.json)
    except NoAnswer as error:
        print(error, file=sys.stderr)
        return 2


def _written(write_files: Callable[[], None]) -> int:
    try:
        write_files()
    except OSError as error:
        where = error.filename or "the directory"
        print(f"{where} cannot be written or read ({error.strerror}): name another directory", file=sys.stderr)
        return 2
    return 0


def _ask(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    try:
        with time_limit.limited():
            _do(arguments, broker_url(environ))
        sys.stdout.flush()
    except NotDone as error:
        print(error, file=sys.stderr)
        return 1
    except (NoAnswer, SettingError) as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        _close_output()
        return 1
    except OSError as error:
        print(f"{error.filename or 'the output'} cannot be read or written: {error.strerror}", file=sys.stderr)
        _close_output()
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        _close_output()
        return 130
    return 0


def _close_output() -> None:
    """Drop what is not written: Python would try again at its end, and report the error once more, or wait."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _do(arguments: argparse.Namespace, url: str) -> None:
    if arguments.command == "export":
        backup.export(url, arguments.room, arguments.since)
    elif arguments.command == "import":
        backup.fill(url, arguments.file)
    else:
        for line in _answer(arguments, url):
            time_limit.stop()
            print(line, flush=True)
            time_limit.start()


def _answer(arguments: argparse.Namespace, url: str) -> Iterable[str]:
    if arguments.command == "release":
        return [f"{release(url, arguments.name)} is free"]
    if arguments.action == "list":
        return dead_letters.listed(url)
    action = {"show": dead_letters.shown, "replay": dead_letters.replayed, "drop": dead_letters.dropped}
    return action[arguments.action](url, arguments.letter)


if __name__ == "__main__":
    main()

"""The whole chat on one machine without Docker: a private RabbitMQ node and the services, kept by supervisor.

    python -m local.system up [--registry N] [--router N] [--archive N] [--port PORT]
    python -m local.system down

`up` on a running system adds and removes replicas, and restarts those that are told something else than before.
"""

import argparse
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

from chat_worker.health import problem

ROOT = Path(__file__).resolve().parent.parent
# All paths are relative to ROOT, where everything runs: supervisor would read more into a space or a % in one.
RUN = Path(".run")
DATA = Path("data")
CONFIG = RUN / "supervisord.conf"
BIN = Path(sys.executable).parent
SERVICES = ("registry", "router", "archive")
SECRETS = ("AMQP_URL", "TOKEN_PRIVATE_KEY", "TOKEN_PUBLIC_KEY")  # from files; a shell's own would come before them
# What a service is told by the shell that brings it up.
SETTINGS = {
    "registry": ("LOG_LEVEL",),
    "router": ("LOG_LEVEL", "POSTS_PER_SECOND"),
    "archive": ("LOG_LEVEL", "INDEX_URL", "INDEX_URL_FILE"),
}
TOLD = {name for names in SETTINGS.values() for name in names}
# In supervisor's configuration a quote cannot be quoted, and the last two begin a comment.
UNQUOTABLE = re.compile(r"""["'\n]|\s[;#]""")
DEFAULT_PORT = 5673
READY_SECONDS = 90
STOPPED_SECONDS = 90

SUPERVISORD = f"""\
[supervisord]
logfile = {RUN}/supervisord.log
pidfile = {RUN}/supervisord.pid
childlogdir = {RUN}

[unix_http_server]
file = {RUN}/supervisor.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{RUN}/supervisor.sock
"""

PROGRAM = """
[program:{name}]
command = {command}
environment = {environment}
priority = {priority}
startretries = 1000000
stopwaitsecs = {stop_seconds}
stdout_logfile = {run}/log/{name}.log
stdout_logfile_maxbytes = 50MB
stdout_logfile_backups = 2
redirect_stderr = true
"""


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("down", help="stop everything")
    start = commands.add_parser("up", help="start, or change the number of replicas")
    for service in SERVICES:
        start.add_argument(f"--{service}", type=int, default=1, metavar="N", help="replicas (default: 1)")
    start.add_argument("--port", type=int, help=f"of AMQP; the next three are taken too (default: {DEFAULT_PORT})")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    if arguments.command == "down":
        down()
    else:
        up({service: getattr(arguments, service) for service in SERVICES}, arguments.port or _port())


def up(replicas: dict[str, int], port: int) -> None:
    """Bring the system to this number of replicas and return once all answer."""
    running = _supervisor_runs()
    if not running:
        _check_free(port)
    instances = [f"{service}-{number}" for service in SERVICES for number in range(1, replicas[service] + 1)]
    _prepare(port)
    CONFIG.write_text(SUPERVISORD + _broker(port) + "".join(_service(instance, port) for instance in instances))
    if running:
        _supervisorctl("update")
    for report in (RUN / "health").glob("*.json"):  # one of before must not pass for a new one
        report.unlink()
    if not running:
        environ = {name: value for name, value in os.environ.items() if name not in {*SECRETS, *TOLD}}
        subprocess.run([BIN / "supervisord", "-c", CONFIG], check=True, env=environ)
    _wait_until_ready(instances)
    print(f"up: {', '.join(instances)}; RabbitMQ on 127.0.0.1:{port}; transcript in data/log.txt")


def down() -> None:
    """Stop the services, each after it has finished what it had taken, then the broker."""
    if not _supervisor_runs():
        print("nothing is running")
        return
    _supervisorctl("shutdown")
    deadline = time.monotonic() + STOPPED_SECONDS
    while (RUN / "supervisord.pid").exists():
        if time.monotonic() > deadline:
            sys.exit(f"not all has stopped within {STOPPED_SECONDS} s: see .run/supervisord.log")
        time.sleep(0.1)
    print("down")


def _check_free(port: int) -> None:
    for number in range(port, port + 4):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                sys.exit(f"port {number} is in use, perhaps by another RabbitMQ: make up AMQP_PORT={port + 100}")


def _port() -> int:
    """The port that the system had last, else the default."""
    try:
        return int((RUN / "port").read_text())
    except FileNotFoundError:
        return DEFAULT_PORT


def _prepare(port: int) -> None:
    RUN.mkdir(exist_ok=True)
    RUN.chmod(0o700)  # there are passwords in it; it may have been made for something else
    for directory in (RUN / "health", RUN / "log", DATA):
        directory.mkdir(exist_ok=True)
    (RUN / "port").write_text(str(port))
    init = [str(BIN / "chat-admin"), "init", str(RUN / "secrets"), "--host", "127.0.0.1", "--port", str(port)]
    subprocess.run(init, check=True)
    for name in ("client", "admin"):
        (RUN / f"{name}.env").write_text(f"AMQP_URL={(RUN / 'secrets' / name / 'amqp_url').read_text()}")


def _broker(port: int) -> str:
    definitions = RUN / "secrets" / "broker" / "definitions.json"
    command = f"{_python()} local/node.py --dir {RUN}/broker --port {port} --definitions {definitions}"
    return PROGRAM.format(name="broker", command=command, environment="", priority=1, stop_seconds=60, run=RUN)


def _service(instance: str, port: int) -> str:
    service = instance.partition("-")[0]
    secrets = RUN / "secrets" / service
    settings = {
        "AMQP_URL_FILE": secrets / "amqp_url",
        "AMQP_PORT": port,  # nothing reads it; a changed port has to restart the service
        "TOKEN_PRIVATE_KEY_FILE": secrets / "token_private_key",
        "TOKEN_PUBLIC_KEY_FILE": secrets / "token_public_key",
        "DATA_DIR": DATA,
        "INSTANCE": instance,
        "HEALTH_FILE": RUN / "health" / f"{instance}.json",
        **{name: _quotable(name) for name in SETTINGS[service] if name in os.environ},
    }
    environment = ",".join(f'{name}="{value}"' for name, value in settings.items())
    command = f"{_python()} -m chat_{service}"
    return PROGRAM.format(name=instance, command=command, environment=environment, priority=2, stop_seconds=15, run=RUN)


def _quotable(name: str) -> str:
    value = os.environ[name]
    if UNQUOTABLE.search(value):
        sys.exit(f"{name} has a quote, or a space before ; or #, which supervisor cannot read: choose another")
    return value.replace("%", "%%")


def _python() -> str:
    return shlex.quote(os.path.relpath(sys.executable)).replace("%", "%%")


def _supervisor_runs() -> bool:
    asked = subprocess.run([BIN / "supervisorctl", "-c", CONFIG, "pid"], capture_output=True, check=False)
    return asked.returncode == 0


def _supervisorctl(command: str) -> None:
    subprocess.run([BIN / "supervisorctl", "-c", CONFIG, command], check=True, stdout=subprocess.DEVNULL)


def _wait_until_ready(instances: list[str]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for instance in instances:
        while wrong := problem(RUN / "health" / f"{instance}.json"):
            if time.monotonic() > deadline:
                sys.exit(f"{instance} is not ready within {READY_SECONDS} s: {wrong}\nsee .run/log/{instance}.log")
            time.sleep(0.1)


if __name__ == "__main__":
    main()

"""The whole chat on one machine without Docker: supervisor runs a private RabbitMQ node and the services.

    python -m local.system up [--registry N] [--router N] [--archive N] [--port PORT]
    python -m local.system down

On a running system, `up` adds and removes replicas, and restarts the services whose settings changed.
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

ROOT = Path(__file__).resolve().parent.parent
# Relative to ROOT, the working directory of every process: supervisor cannot read a path with a space or a %.
RUN = Path(".run")
DATA = Path("data")
CONFIG = RUN / "supervisord.conf"
BIN = Path(sys.executable).parent
SERVICES = ("registry", "router", "archive")
# The services read these from files, which the caller's variables of the same name would override.
SECRETS = ("AMQP_URL", "TOKEN_PRIVATE_KEY", "TOKEN_PUBLIC_KEY")
# `up` passes these variables of its environment to the services.
SETTINGS = {
    "registry": ("LOG_LEVEL",),
    "router": ("LOG_LEVEL", "POSTS_PER_SECOND"),
    "archive": ("LOG_LEVEL", "INDEX_URL", "INDEX_URL_FILE"),
}
PASSED_ON = {name for names in SETTINGS.values() for name in names}
# Supervisor's configuration has no escape for a quote, and takes a ; or # after a space for the start of a comment.
UNQUOTABLE = re.compile(r"""["'\n]|\s[;#]""")
DEFAULT_PORT = 5673
READY_SECONDS = 90
ASK_SUPERVISOR_SECONDS = 1
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
startsecs = 10
startretries = 1000000
stopwaitsecs = {stop_seconds}
stdout_logfile = {run}/log/{name}.log
stdout_logfile_maxbytes = 50MB
stdout_logfile_backups = 2
redirect_stderr = true
"""


def main() -> None:
    """Run the command that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("down", help="stop the chat")
    start = commands.add_parser("up", help="start the chat, or change a running one")
    for service in SERVICES:
        start.add_argument(f"--{service}", type=int, default=1, metavar="N", help="replicas (default: 1)")
    start.add_argument(
        "--port", type=int, help=f"the AMQP port, before three more (default: as before, or {DEFAULT_PORT})"
    )
    arguments = parser.parse_args()
    os.chdir(ROOT)
    if arguments.command == "down":
        down()
    else:
        up({service: getattr(arguments, service) for service in SERVICES}, arguments.port or _port())


def up(replicas: dict[str, int], port: int) -> None:
    """Start or change the system, and return when all replicas are ready."""
    running = _supervisor_runs()
    if not running:
        _check_free(port)
    instances = [f"{service}-{number}" for service in SERVICES for number in range(1, replicas[service] + 1)]
    _prepare(port)
    CONFIG.write_text(SUPERVISORD + _broker(port) + "".join(_service(instance, port) for instance in instances))
    if running:
        _supervisorctl("update")
    for report in (RUN / "health").glob("*.json"):  # an old report must not pass for a new one
        report.unlink()
    if not running:
        environ = {name: value for name, value in os.environ.items() if name not in {*SECRETS, *PASSED_ON}}
        subprocess.run([BIN / "supervisord", "-c", CONFIG], check=True, env=environ)
    _wait_until_ready(instances)
    print(f"up: {', '.join(instances)}; RabbitMQ on 127.0.0.1:{port}")
    print(f"The record of all messages is {DATA}/log.txt. The logs are in {RUN}/log.")


def down() -> None:
    """Stop the services, which finish the messages in hand, and then the broker."""
    if not _supervisor_runs():
        print("The chat does not run.")
        return
    _supervisorctl("shutdown")
    deadline = time.monotonic() + STOPPED_SECONDS
    while (RUN / "supervisord.pid").exists():
        if time.monotonic() > deadline:
            sys.exit(f"Some processes still run after {STOPPED_SECONDS} s. See .run/supervisord.log.")
        time.sleep(0.1)
    print("down")


def _check_free(port: int) -> None:
    for number in range(port, port + 4):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                sys.exit(f"Port {number} is in use. Choose another port: make up AMQP_PORT={port + 100}")


def _port() -> int:
    """Return the port of the last run, or the default."""
    try:
        return int((RUN / "port").read_text())
    except FileNotFoundError:
        return DEFAULT_PORT


def _prepare(port: int) -> None:
    RUN.mkdir(exist_ok=True)
    RUN.chmod(0o700)  # it holds passwords; somebody else may have created the directory
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
        "AMQP_PORT": port,  # nothing reads it, but supervisor restarts a service whose environment changed
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
        sys.exit(f"{name} has a quote, or a space before ; or #, which supervisor cannot read. Choose another value.")
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
        while wrong := _problem_after(ASK_SUPERVISOR_SECONDS, instance):
            if _keeps_exiting(instance):
                sys.exit(f"{instance} exits as soon as it starts: {_last_line(instance)}")
            if time.monotonic() > deadline:
                sys.exit(f"{instance} is not ready within {READY_SECONDS} s: {wrong}\nSee .run/log/{instance}.log.")


def _problem_after(seconds: float, instance: str) -> str | None:
    """Return None as soon as a replica is ready, else why it is not, after this time."""
    # Not at the top: after an update of the source, `down` has to run before `make up` installs what is new.
    from chat_worker.health import problem

    deadline = time.monotonic() + seconds
    while (wrong := problem(RUN / "health" / f"{instance}.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    return wrong


def _keeps_exiting(instance: str) -> bool:
    """Return whether the instance exited in its first 10 seconds, as it does with a wrong setting."""
    asked = subprocess.run([BIN / "supervisorctl", "-c", CONFIG, "status", instance], capture_output=True, check=False)
    return b"BACKOFF" in asked.stdout


def _last_line(instance: str) -> str:
    lines = (RUN / "log" / f"{instance}.log").read_text().splitlines()
    return lines[-1] if lines else "its log is empty"


if __name__ == "__main__":
    main()

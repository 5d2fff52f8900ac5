"""The whole chat on one machine without Docker: supervisor runs a private RabbitMQ node and the services.

    python -m local.system up [--registry N] [--router N] [--archive N] [--port PORT]
    python -m local.system down

`up` reads settings from the environment and from the file .env, as Docker Compose does; the environment goes first. On
a running system it brings the broker up to date, then adds replicas, replaces those whose code or settings changed, one
after the other, and removes replicas in the end.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import node, programs
from local.programs import CONFIG, DATA, RUN, SERVICES

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# The services read these from files, which the caller's variables of the same name would override.
SECRETS = ("AMQP_URL", "BROKER_ID", "TOKEN_PRIVATE_KEY", "TOKEN_PUBLIC_KEY")
# The settings for a person's programs, in .run/NAME.env, and the secret of each.
ENV_FILES = {
    "client": {"AMQP_URL": "client/amqp_url"},
    "admin": {
        "AMQP_URL": "admin/amqp_url",
        "MONITOR_AMQP_URL": "monitor/amqp_url",
        "MANAGEMENT_URL": "monitor/management_url",
        "FORMER_CLIENTS": "monitor/former_clients",
    },
}
PASSED_ON = {name for names in programs.SETTINGS.values() for name in names}
DEFAULT_PORT = 5673
LAST_PORT = 65535 - 4  # the node also uses the next four
READY_SECONDS = 90
ASK_SUPERVISOR_SECONDS = 1
TELL_SECONDS = 10
STOPPED_SECONDS = 90


def main() -> None:
    """Run the command that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("down", help="stop the chat")
    start = commands.add_parser("up", help="start the chat, or change a running one")
    for service in SERVICES:
        default = f"{service.upper()}_REPLICAS, or 1"
        start.add_argument(f"--{service}", type=int, metavar="N", help=f"replicas (default: {default})")
    start.add_argument(
        "--port",
        type=int,
        help=f"the AMQP port, before four more (default: AMQP_PORT, or as before, or {DEFAULT_PORT})",
    )
    arguments = parser.parse_args()
    os.chdir(ROOT)
    if arguments.command == "down":
        down()
        return
    found = settings()
    up(replicas({service: getattr(arguments, service) for service in SERVICES}, found), arguments.port, found)


def settings() -> dict[str, str]:
    """Return the settings of .env and of the environment, which goes first; an empty one counts as not set."""
    # Not at the top: after an update of the source, `down` has to run before `make up` installs what is new.
    from dotenv import dotenv_values

    return {name: value for name, value in {**dotenv_values(".env"), **os.environ}.items() if value}


def replicas(given: Mapping[str, int | None], settings: Mapping[str, str]) -> dict[str, int]:
    """Return the number of replicas of each service.

    Args:
        given: The numbers on the command line; None where there is none.
        settings: The settings, such as ROUTER_REPLICAS.

    Raises:
        SystemExit: A setting is not a number.
    """
    return {
        service: _number(settings, f"{service.upper()}_REPLICAS", 1) if count is None else count
        for service, count in given.items()
    }


def _number(settings: Mapping[str, str], name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal():
        sys.exit(f"{name} is {value!r}: set it to a whole number")
    return int(value)


def up(counts: Mapping[str, int], port: int | None, settings: Mapping[str, str]) -> None:
    """Start or change the system, and return when all replicas are ready.

    Args:
        counts: The number of replicas of each service.
        port: The AMQP port; None if AMQP_PORT, the last run or the default decides.
        settings: The settings.
    """
    port = port or _number(settings, "AMQP_PORT", _last_port())
    if not 0 < port <= LAST_PORT:
        sys.exit(f"AMQP_PORT is {port}: set it to a number from 1 to {LAST_PORT}")
    running = _supervisor_runs()
    if not running:
        _check_free(port)
    _write_files(port, settings)
    instances = [f"{service}-{number}" for service in SERVICES for number in range(1, counts[service] + 1)]
    old = programs.written() if running else {}
    ports = programs.metrics_ports(instances, old)
    services = {each: programs.service(each, settings, ports[each]) for each in instances}
    new = {"broker": programs.broker(port, old.get("broker", "")), **services}
    _start_broker(port, old | {"broker": new["broker"]}, running)
    programs.write_targets({"broker": port + node.METRICS, **ports})
    _start_services(old, new)
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
    node.end_port_mapper(_last_port())
    print("down")


def _check_free(port: int) -> None:
    for number in range(port, port + 5):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                sys.exit(f"Port {number} is in use. Choose another port: make up AMQP_PORT={port + 100}")


def _last_port() -> int:
    """Return the port of the last run, or the default."""
    try:
        return int((RUN / "port").read_text())
    except FileNotFoundError:
        return DEFAULT_PORT


def _write_files(port: int, settings: Mapping[str, str]) -> None:
    os.umask(0o077)  # for these files, and for those of supervisor and of what it starts
    RUN.mkdir(exist_ok=True)
    RUN.chmod(0o700)  # it holds passwords; somebody else may have created the directory
    for directory in (RUN / "health", RUN / "log", DATA):
        directory.mkdir(exist_ok=True)
    DATA.chmod(0o700)  # it holds what people said, and up to 0.3.0 everybody on the machine could read it
    init = [str(BIN / "chat-admin"), "init", str(RUN / "secrets"), "--host", "127.0.0.1"]
    ports = ["--port", str(port), "--management-port", str(port + 1)]  # those of local/node.py
    status = subprocess.run([*init, *ports], check=False, env=settings).returncode
    if status:
        sys.exit(status)
    (RUN / "port").write_text(str(port))
    for name, urls in ENV_FILES.items():
        lines = [f"{setting}={(RUN / 'secrets' / path).read_text().strip()}\n" for setting, path in urls.items()]
        (RUN / f"{name}.env").write_text("".join(lines))


def _start_broker(port: int, present: Mapping[str, str], running: bool) -> None:
    """Start or keep the broker beside the present services, and bring it up to date."""
    programs.write(present.values())
    if running:
        _supervisorctl("update", "broker")
        _start_stopped(["broker"])
    else:
        environ = {name: value for name, value in os.environ.items() if name not in {*SECRETS, *PASSED_ON}}
        subprocess.run([BIN / "supervisord", "-c", CONFIG], check=True, env=environ)
    try:
        node.prepare(RUN / "broker", port, RUN / "secrets" / "broker")
    except subprocess.CalledProcessError:
        sys.exit("No service was changed. The log of the broker is .run/log/broker.log.")


def _start_services(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Add new replicas together, replace changed ones one after the other, and stop the others in the end."""
    added = {name: section for name, section in new.items() if name not in old}
    changed = {name: new[name] for name in sorted(new, key=_turn) if name in old and new[name] != old[name]}
    present = {**old, "broker": new["broker"]}
    for group in [added, *({name: section} for name, section in changed.items())]:
        present |= group
        programs.write(present.values())
        _update(list(group.keys() - {"broker"}))
    programs.write(new.values())
    _supervisorctl("update")
    _start_stopped(list(new))
    _wait_until_ready([name for name in new if name != "broker"])


def _turn(instance: str) -> int:
    """Return when to replace a replica: those that read data of a new version go before those that write them."""
    return (*reversed(SERVICES), "broker").index(instance.partition("-")[0])


def _start_stopped(names: Sequence[str]) -> None:
    """Start programs that were stopped by hand, or by `up` because of a wrong setting: `update` starts none of them."""
    asked = subprocess.run([BIN / "supervisorctl", "-c", CONFIG, "status"], capture_output=True, check=False, text=True)
    states = dict(line.split()[:2] for line in asked.stdout.splitlines())
    stopped = [name for name in names if states.get(name) == "STOPPED"]
    if stopped:  # it fails for one that exits again, about which `_wait_until_ready` says more
        subprocess.run([BIN / "supervisorctl", "-c", CONFIG, "start", *stopped], capture_output=True, check=False)


def _update(instances: Sequence[str]) -> None:
    if instances:
        _supervisorctl("update", *instances)
        for instance in instances:  # an old report must not pass for a new one
            (RUN / "health" / f"{instance}.json").unlink(missing_ok=True)
        _wait_until_ready(instances)


def _supervisor_runs() -> bool:
    asked = subprocess.run([BIN / "supervisorctl", "-c", CONFIG, "pid"], capture_output=True, check=False)
    return asked.returncode == 0


def _supervisorctl(*command: str) -> None:
    subprocess.run([BIN / "supervisorctl", "-c", CONFIG, *command], check=True, stdout=subprocess.DEVNULL)


def _wait_until_ready(instances: Sequence[str]) -> None:
    begun = told = time.monotonic()
    for instance in instances:
        while wrong := _problem_after(ASK_SUPERVISOR_SECONDS, instance):
            if _keeps_exiting(instance):
                if "settings.invalid" in _last_line(instance):  # status 2, which no restart changes
                    _supervisorctl("stop", instance)
                sys.exit(f"{instance} exits as soon as it starts: {_last_line(instance)}")
            if time.monotonic() > told + TELL_SECONDS:
                told = time.monotonic()
                print(f"waiting for {instance}: {wrong}", flush=True)
            if time.monotonic() > begun + READY_SECONDS:
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

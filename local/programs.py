"""The processes of `make up`: the configuration of supervisor."""

import hashlib
import json
import os
import re
import shlex
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# Relative to the working directory of every process: supervisor cannot read a path with a space or a %.
RUN = Path(".run")
DATA = Path("data")
CONFIG = RUN / "supervisord.conf"
TARGETS = RUN / "targets.json"
SERVICES = ("registry", "router", "archive")
# `up` passes these settings to the services.
SETTINGS = {
    "registry": ("LOG_LEVEL", "TOKEN_SECONDS"),
    "router": ("LOG_LEVEL", "POSTS_PER_SECOND"),
    "archive": ("LOG_LEVEL", "INDEX_URL", "INDEX_URL_FILE"),
}
# Supervisor's configuration has no escape for a quote, and takes a ; or # after a space for the start of a comment.
UNQUOTABLE = re.compile(r"""["'\n]|\s[;#]""")

SUPERVISORD = f"""\
[supervisord]
logfile = {RUN}/supervisord.log
pidfile = {RUN}/supervisord.pid
childlogdir = {RUN}
umask = 077

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
umask = 077
stdout_logfile = {run}/log/{name}.log
stdout_logfile_maxbytes = 50MB
stdout_logfile_backups = 2
redirect_stderr = true
"""


def write(sections: Iterable[str]) -> None:
    """Replace supervisor's configuration.

    Args:
        sections: The sections of the programs.
    """
    CONFIG.write_text(SUPERVISORD + "".join(sections))


def written() -> dict[str, str]:
    """Return the sections of supervisor's present configuration, by the name of the program."""
    starts = re.split(r"(?=\n\[program:)", CONFIG.read_text())[1:]
    return {section.partition(":")[2].partition("]")[0]: section for section in starts}


def broker(port: int, present: str = "") -> str:
    """Return the section of the broker: the present one while its command stays the same, so that the broker runs on.

    Args:
        port: The AMQP port.
        present: The section of the running broker, which another version may have written.
    """
    definitions = RUN / "secrets" / "broker" / "definitions.json"
    command = f"{_python()} local/node.py --dir {RUN}/broker --port {port} --definitions {definitions}"
    if f"\ncommand = {command}\n" in present:
        return present
    return PROGRAM.format(name="broker", command=command, environment="", priority=1, stop_seconds=60, run=RUN)


def service(instance: str, settings: Mapping[str, str], metrics_port: int) -> str:
    """Return the section of a replica.

    Args:
        instance: Its name, such as router-1.
        settings: The settings of the whole system.
        metrics_port: The port of its metrics on 127.0.0.1.
    """
    name = instance.partition("-")[0]
    secrets = RUN / "secrets" / name
    variables = {
        "AMQP_URL_FILE": secrets / "amqp_url",
        "BROKER_ID_FILE": secrets / "broker_id",
        "TOKEN_PRIVATE_KEY_FILE": secrets / "token_private_key",
        "TOKEN_PUBLIC_KEY_FILE": secrets / "token_public_key",
        "DATA_DIR": DATA,
        "INSTANCE": instance,
        "OTEL_SERVICE_NAME": f"tertulia-{name}",  # for an OpenTelemetry SDK, which an operator may add
        "HEALTH_FILE": RUN / "health" / f"{instance}.json",
        "METRICS_PORT": metrics_port,
        "DIGEST": _digest(name),  # nothing reads it, but supervisor restarts a program whose environment changed
        **{setting: _quotable(setting, settings[setting]) for setting in SETTINGS[name] if settings.get(setting)},
    }
    environment = ",".join(f'{variable}="{value}"' for variable, value in variables.items())
    command = f"{_python()} -m chat_{name}"
    return PROGRAM.format(name=instance, command=command, environment=environment, priority=2, stop_seconds=15, run=RUN)


def metrics_ports(instances: Iterable[str], present: Mapping[str, str]) -> dict[str, int]:
    """Return a port for the metrics of each replica: the one that it has now, or a free one.

    Args:
        instances: The names of the replicas.
        present: The sections of the running programs.
    """
    found = {name: re.search(r'METRICS_PORT="(\d+)"', section) for name, section in present.items()}
    kept = {name: int(match[1]) for name, match in found.items() if match}
    return {each: kept.get(each) or _free_port() for each in instances}


def write_targets(ports: Mapping[str, int]) -> None:
    """Write the addresses of the metrics for Prometheus (https://prometheus.io/docs/guides/file-sd/).

    Args:
        ports: The port of each replica, and of the broker.
    """
    targets = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"service": name.partition("-")[0], "instance": name}}
        for name, port in ports.items()
    ]
    new = TARGETS.with_suffix(".new")
    new.write_text("[\n" + ",\n".join(map(json.dumps, targets)) + "\n]\n")
    new.replace(TARGETS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _digest(name: str) -> str:
    """Return a digest of the code and the secrets of a service."""
    code = [Path("requirements.txt"), *Path("libs").rglob("*.py"), *Path("services", name).rglob("*.py")]
    digest = hashlib.sha256()
    for path in sorted([*code, *(RUN / "secrets" / name).iterdir()]):
        digest.update(f"{path}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _quotable(setting: str, value: str) -> str:
    if UNQUOTABLE.search(value):
        sys.exit(
            f"{setting} has a quote, or a space before ; or #, which supervisor cannot read. Choose another value."
        )
    return value.replace("%", "%%")


def _python() -> str:
    return shlex.quote(os.path.relpath(sys.executable)).replace("%", "%%")

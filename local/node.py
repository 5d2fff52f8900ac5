"""A private RabbitMQ node in the foreground: all its files in one directory, all its ports on one address.

    python local/node.py --dir DIR --port 5673 [--definitions FILE] [--address 127.0.0.1]

It takes four ports in a row, of AMQP, management, Erlang distribution and epmd, so it never meets a RabbitMQ that
already runs on the standard ones. Without definitions there is the user guest, password guest, an
administrator. SIGTERM stops it in order. With another address than loopback's it can be one of several nodes.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

BROKER = Path(__file__).resolve().parent.parent / "broker"
# Debian's /usr/sbin/rabbitmq-server switches user and lowers the open-file limit; this one does neither.
SERVERS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
LOOPBACK = "127.0.0.1"
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


def main() -> None:
    """Become the node."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="where the node keeps everything")
    parser.add_argument("--port", type=int, required=True, help="of AMQP; the next three are taken too")
    parser.add_argument("--definitions", type=Path, help="users, permissions and policies to load at the start")
    parser.add_argument("--address", default=LOOPBACK)
    arguments = parser.parse_args()
    directory = arguments.dir.resolve()
    server = executable()
    if server is None:
        sys.exit("rabbitmq-server is not installed: apt-get install rabbitmq-server")
    _write_config(directory, arguments.address, arguments.port, arguments.definitions)
    _start_epmd(arguments.address, arguments.port + 3)
    os.execve(server, [server], environment(directory, arguments.port, arguments.address))


def executable() -> str | None:
    """The path of rabbitmq-server, or None when it is not installed."""
    return next((path for path in map(shutil.which, SERVERS) if path), None)


def answers(port: int, address: str = LOOPBACK) -> bool:
    """Whether a broker that speaks AMQP listens on this port."""
    try:
        with socket.create_connection((address, port), timeout=2) as connection:
            connection.sendall(AMQP_HEADER)
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def environment(directory: Path, port: int, address: str = LOOPBACK) -> dict[str, str]:
    """The environment of the node, and of rabbitmqctl to reach it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
    return inherited | {
        "HOME": str(directory),  # where Erlang looks for the cookie
        "RUNNING_UNDER_SYSTEMD": "true",  # no shell between the supervisor and the node
        "ERL_EPMD_PORT": str(port + 3),
        "ERL_EPMD_ADDRESS": address,
        # Part of the data's path: it stays when the port changes.
        "RABBITMQ_NODENAME": "chat@localhost" if address == LOOPBACK else f"chat@{address}",
        "RABBITMQ_USE_LONGNAME": "false" if address == LOOPBACK else "true",
        "RABBITMQ_DIST_PORT": str(port + 2),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{{address.replace('.', ',')}}}",
        "RABBITMQ_CONF_ENV_FILE": str(directory / "rabbitmq-env.conf"),
        "RABBITMQ_CONFIG_FILE": str(BROKER / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(directory / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(BROKER / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(directory / "data"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_PID_FILE": str(directory / "pid"),
    }


def _write_config(directory: Path, address: str, port: int, definitions: Path | None) -> None:
    lines = [
        f"listeners.tcp.1 = {address}:{port}",
        f"management.tcp.ip = {address}",
        f"management.tcp.port = {port + 1}",
    ]
    if definitions:  # unchanged ones are not loaded again, so that what an operator changed since stays
        lines += [
            "definitions.import_backend = local_filesystem",
            f"definitions.local.path = {definitions.resolve()}",
            "definitions.skip_if_unchanged = true",
        ]
    (directory / "conf.d").mkdir(parents=True, exist_ok=True)
    (directory / "conf.d" / "node.conf").write_text("\n".join(lines) + "\n")


def _start_epmd(address: str, port: int) -> None:
    """Start Erlang's port mapper as a child that ends with the node; else the node leaves one behind for ever."""
    command = ["setpriv", "--pdeathsig", "KILL", "epmd", "-address", address, "-port", str(port)]
    subprocess.Popen(command, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)


if __name__ == "__main__":
    main()

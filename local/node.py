"""A private RabbitMQ node in the foreground, with all files in one directory and all ports on one address.

    python local/node.py --dir DIR --port 5673 [--definitions FILE] [--address 127.0.0.1]

The node uses five consecutive ports: AMQP, management, Erlang distribution, epmd and metrics for Prometheus. It
therefore does not conflict with a RabbitMQ on the standard ports. With the definitions of `chat-admin init`, the node
has no users until broker/prepare.sh imports them. Without definitions, RabbitMQ creates the administrator `guest` with
the password `guest`. SIGTERM shuts the node down cleanly. On an address other than 127.0.0.1, the node can join a
cluster.
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
# Debian's wrappers in /usr/sbin switch the user, and that of the server lowers the open-file limit. The scripts that
# they wrap are here, and do neither.
RABBITMQ_BIN = "/usr/lib/rabbitmq/bin"
SERVERS = (f"{RABBITMQ_BIN}/rabbitmq-server", "rabbitmq-server")
LOOPBACK = "127.0.0.1"
METRICS = 4  # the port of the metrics is the AMQP port plus this
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


def main() -> None:
    """Replace this process with the node."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="the directory of all the node's files")
    parser.add_argument("--port", type=int, required=True, help="the AMQP port; the node also uses the next four")
    parser.add_argument(
        "--definitions", type=Path, help="the definitions.json of init; the node loads vhost.json beside it"
    )
    parser.add_argument("--address", default=LOOPBACK, help="the IPv4 address to listen on (default: %(default)s)")
    arguments = parser.parse_args()
    directory = arguments.dir.resolve()
    server = executable()
    if server is None:
        sys.exit("RabbitMQ is not installed. Install it: apt-get install rabbitmq-server")
    _write_config(directory, arguments.address, arguments.port, arguments.definitions)
    _start_epmd(arguments.address, arguments.port + 3)
    os.execve(server, [server], environment(directory, arguments.port, arguments.address))


def prepare(directory: Path, port: int, installation: Path) -> None:
    """Bring the running node up to date with the files of `chat-admin init`; return when services may start.

    Args:
        directory: The directory of the node's files.
        port: The node's AMQP port.
        installation: The directory `broker` that init wrote.

    Raises:
        subprocess.CalledProcessError: The node refused, or did not start. The reason is on stderr.
    """
    environ = environment(directory.resolve(), port)
    environ["PATH"] = f"{RABBITMQ_BIN}:{environ['PATH']}"
    subprocess.run([BROKER / "prepare.sh", installation], check=True, env=environ)


def executable() -> str | None:
    """Return the path of rabbitmq-server, or None if it is not installed."""
    return next((path for path in map(shutil.which, SERVERS) if path), None)


def answers(port: int, address: str = LOOPBACK) -> bool:
    """Return whether an AMQP 0-9-1 broker listens on this port."""
    try:
        with socket.create_connection((address, port), timeout=2) as connection:
            connection.sendall(AMQP_HEADER)
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def environment(directory: Path, port: int, address: str = LOOPBACK) -> dict[str, str]:
    """Return the environment for the node, and for a rabbitmqctl that connects to it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
    return inherited | {
        "HOME": str(directory),  # Erlang keeps its cookie here
        "RUNNING_UNDER_SYSTEMD": "true",  # the start script becomes the node, so the node receives signals
        "ERL_EPMD_PORT": str(port + 3),
        "ERL_EPMD_ADDRESS": address,
        # The path of the data contains the node name, so the name must not depend on the port.
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
        f"prometheus.tcp.ip = {address}",
        f"prometheus.tcp.port = {port + METRICS}",
    ]
    if definitions:
        # The option names definitions.json, as in version 0.2.0: supervisor restarts a node whose command changed.
        lines += [
            "definitions.import_backend = local_filesystem",
            f"definitions.local.path = {definitions.resolve().with_name('vhost.json')}",
            f"auth_oauth2.signing_keys.chat = {definitions.resolve().with_name('token_public_key')}",
        ]
    (directory / "conf.d").mkdir(parents=True, exist_ok=True)
    (directory / "conf.d" / "node.conf").write_text("\n".join(lines) + "\n")


def _start_epmd(address: str, port: int) -> None:
    """Start Erlang's port mapper (epmd) as a child that ends with the node.

    A node that starts epmd itself leaves it running after it stops.
    """
    command = ["setpriv", "--pdeathsig", "KILL", "epmd", "-address", address, "-port", str(port)]
    subprocess.Popen(command, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)


def end_port_mapper(port: int) -> None:
    """End a port mapper that a rabbitmqctl has started while the node was stopped: it would keep its port.

    Args:
        port: The AMQP port of the node, which has stopped.
    """
    command = ["epmd", "-port", str(port + 3), "-kill"]  # it refuses while a node uses the port mapper
    subprocess.run(command, capture_output=True, check=False)


if __name__ == "__main__":
    main()

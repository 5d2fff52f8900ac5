"""The identity of the broker: services refuse a broker that is not the one of their installation (decision 32).

`chat-admin init` makes an ID once. broker/prepare.sh declares the exchange chat.identity.ID on the broker of the first
start, and never again. Services look for this exchange when they connect. So a broker that has lost its data, or that
belongs to another installation, does not pass for an empty chat.
"""

import json
import secrets
from pathlib import Path

from chat_admin.files import write
from chat_amqp import topology

ID_BYTES = 8
READERS = ("registry", "router", "archive")


def write_identity(directory: Path) -> None:
    """Write the files of the identity, of a new one if there is none.

    Args:
        directory: The directory of the installation.

    Raises:
        OSError: A file cannot be read or written.
    """
    first = directory / READERS[0] / "broker_id"
    _write_id(directory, first.read_text().strip() if first.exists() else secrets.token_hex(ID_BYTES))


def accept_new_broker(directory: Path) -> None:
    """Make a new identity, and let broker/prepare.sh set up the next broker that it finds.

    Args:
        directory: The directory of the installation.

    Raises:
        OSError: A file cannot be read or written.
    """
    _write_id(directory, secrets.token_hex(ID_BYTES))
    for noted in ("applied.json", "cluster"):
        (directory / "broker" / noted).unlink(missing_ok=True)


def _write_id(directory: Path, broker_id: str) -> None:
    for reader in READERS:
        write(directory / reader / "broker_id", f"{broker_id}\n")
    write(directory / "broker" / "identity.json", json.dumps({"exchanges": [_exchange(broker_id)]}, indent=2) + "\n")


def _exchange(broker_id: str) -> dict[str, object]:
    return {
        "vhost": "/",
        "name": topology.identity(broker_id).name,
        "type": "fanout",
        "durable": True,
        "auto_delete": False,
        "internal": True,  # nobody can publish to it
        "arguments": {},
    }

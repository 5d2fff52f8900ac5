"""`chat-admin init`: create the secrets and definitions of an installation.

Each program has its own directory, so you can mount only the files that it needs:

    broker/definitions.json                    users, permissions and policies; broker/prepare.sh imports them
    broker/identity.json                       the exchange that marks the broker as that of this installation
    broker/vhost.json                          all that RabbitMQ loads by itself when it starts
    broker/erlang_cookie                       the shared secret of the nodes of a cluster
    registry/amqp_url, broker_id, token_private_key
    router/amqp_url, broker_id, token_public_key    and the same in archive/
    client/amqp_url                            the URL that is handed out, of the user entrance
    admin/amqp_url                             and the same in monitor/
    monitor/management_url                     the management API of the broker, for `chat-admin status`
    monitor/former_clients                     whether clients of 0.3.0 may log in
    former-client/amqp_url                     their URL, only in an installation that 0.3.0 made
"""

import json
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chat_admin.definitions import DEFAULT_RETENTION, Retention, definitions, retention_of
from chat_admin.files import write
from chat_admin.former_clients import former_url, keep_former_clients, note_former_clients
from chat_admin.identity import write_identity
from chat_admin.permissions import FORMER_CLIENT, USERS

PASSWORD_BYTES = 24
MONITOR = "monitor"
PLACES = {"entrance": "client"}  # the directories of users that are not called as their program
MANAGEMENT_PORT = 15672
# With definitions to load, RabbitMQ makes neither the virtual host nor the user guest by itself. broker/prepare.sh
# imports everything else: what RabbitMQ loads again at a start would undo the changes of an operator.
AT_START = {"vhosts": [{"name": "/"}]}


def initialise(
    directory: Path,
    hosts: Sequence[str],
    port: int,
    retention: Retention,
    management_port: int = MANAGEMENT_PORT,
) -> None:
    """Create the files that are missing. It keeps existing passwords and keys, so you can run it at each start.

    Args:
        directory: The directory for the files.
        hosts: The host names of the broker's nodes.
        port: The AMQP port of each node.
        retention: The retention of the rooms' streams.
        management_port: The port of the management API of each node.

    Raises:
        OSError: A file cannot be written or read.
    """
    keep_former_clients(directory)
    places = {name: directory / PLACES.get(name, name) / "amqp_url" for name in USERS}
    former = former_url(directory)
    places |= {FORMER_CLIENT: former} if former.exists() else {}
    passwords = {name: _password(place) for name, place in places.items()}
    for name, password in passwords.items():
        urls = [f"amqp://{name}:{password}@{host}:{port}/%2F" for host in hosts]
        write(places[name], ";".join(urls) + "\n")
    pages = [f"http://{MONITOR}:{passwords[MONITOR]}@{host}:{management_port}/" for host in hosts]
    write(directory / MONITOR / "management_url", ";".join(pages) + "\n")
    note_former_clients(directory)
    _write_keys(directory)
    _write_cookie(directory / "broker" / "erlang_cookie")
    write_identity(directory)
    _write_definitions(directory / "broker", definitions(passwords, retention))


def kept_retention(directory: Path) -> Retention:
    """Return the retention that was set before; the default if there is none.

    Args:
        directory: The directory of the installation.
    """
    try:
        return retention_of(json.loads((directory / "broker" / "definitions.json").read_text()))
    except (OSError, ValueError, KeyError):  # ValueError: an interrupted restore; `initialise` writes the file again
        return DEFAULT_RETENTION


def _write_definitions(directory: Path, broker: dict[str, Any]) -> None:
    write(directory / "definitions.json", json.dumps(broker, indent=2) + "\n")
    write(directory / "vhost.json", json.dumps(AT_START) + "\n")
    directory.chmod(directory.stat().st_mode | stat.S_IWGRP)  # broker/prepare.sh notes there what it has imported


def _password(url: Path) -> str:
    if not url.exists():
        return secrets.token_urlsafe(PASSWORD_BYTES)
    kept = urlsplit(url.read_text().split(";")[0].strip()).password
    return kept or secrets.token_urlsafe(PASSWORD_BYTES)


def _write_keys(directory: Path) -> None:
    private = directory / "registry" / "token_private_key"
    if not private.exists():
        write(private, _private_pem(Ed25519PrivateKey.generate()))
    public = _public_pem(private.read_bytes())
    for reader in ("broker", "router", "archive"):
        write(directory / reader / "token_public_key", public)


def _write_cookie(path: Path) -> None:
    if not path.exists():
        write(path, secrets.token_hex(PASSWORD_BYTES))


def _private_pem(key: Ed25519PrivateKey) -> str:
    pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, pkcs8, plain).decode()


def _public_pem(private_pem: bytes) -> str:
    public = serialization.load_pem_private_key(private_pem, password=None).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, spki).decode()

"""The settings that all services share."""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_amqp.settings import broker_url
from chat_wire.settings import LOG_LEVELS, InvalidSetting, choice, number, setting
from chat_worker.health import HEALTH_FILE

METRICS_HOST = "127.0.0.1"
MAX_PORT = 65535
MAX_INSTANCE = 255  # characters, the most that a host name has (RFC 1035, 2.3.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """The settings that all services share.

    Attributes:
        amqp_url: The URLs of the broker's nodes, separated by `;`.
        service: The service's name in log lines.
        instance: The replica's name in log lines and in the broker's list of connections.
        health_file: The file that the worker replaces with a report each second.
        log_level: The lowest level that is logged.
        broker_id: The id of the broker that the worker may use, 16 hex digits; empty for any broker.
        metrics_host: The address on which the worker serves its metrics.
        metrics_port: The port of the metrics; 0 for none.
    """

    amqp_url: str
    service: str
    instance: str
    health_file: Path
    log_level: str
    broker_id: str = ""
    metrics_host: str = METRICS_HOST
    metrics_port: int = 0


def worker_settings(environ: Mapping[str, str], service: str) -> WorkerSettings:
    """Read and check the settings that all services share.

    Args:
        environ: The environment variables.
        service: The service's name.

    Raises:
        SettingError: A setting is missing or wrong; the text says which and what to do.
    """
    return WorkerSettings(
        amqp_url=broker_url(environ),
        service=service,
        instance=_instance(environ),
        health_file=_health_file(environ),
        log_level=choice(environ, "LOG_LEVEL", LOG_LEVELS, "INFO"),
        broker_id=_broker_id(environ),
        metrics_host=setting(environ, "METRICS_HOST", METRICS_HOST),
        metrics_port=_metrics_port(environ),
    )


def _broker_id(environ: Mapping[str, str]) -> str:
    broker_id = setting(environ, "BROKER_ID", "")
    if not re.fullmatch("([0-9a-f]{16})?", broker_id):
        raise InvalidSetting(
            "BROKER_ID", f"is {broker_id[:80]!a}: use the file broker_id that `chat-admin init` writes, 16 hex digits"
        )
    return broker_id


def _metrics_port(environ: Mapping[str, str]) -> int:
    port = number(environ, "METRICS_PORT", 0)
    if port > MAX_PORT:
        raise InvalidSetting("METRICS_PORT", f"is {port}: set it to a number from 1 to {MAX_PORT}, or to 0 for none")
    return port


def _instance(environ: Mapping[str, str]) -> str:
    name = setting(environ, "INSTANCE", socket.gethostname())
    if not name.isprintable() or not 1 <= len(name) <= MAX_INSTANCE:
        raise InvalidSetting("INSTANCE", f"is {name[:80]!a}: set it to 1 to {MAX_INSTANCE} printable characters")
    return name


def _health_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the report. A report replaces its file, so it must not be a device such as /dev/null."""
    path = Path(setting(environ, "HEALTH_FILE", HEALTH_FILE))
    try:
        if path.exists() and not path.is_file():
            raise InvalidSetting(
                "HEALTH_FILE", f"is {path}, which is not a regular file: name one that may be replaced"
            )
        if not (path.parent.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)):
            raise InvalidSetting("HEALTH_FILE", f"is {path}: name a file in a directory that this process may write to")
    except OSError as error:
        raise InvalidSetting("HEALTH_FILE", f"cannot be used ({error.strerror}): name another file") from None
    return path

"""What every worker is told by its environment."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_wire.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """Where the broker is, and by which names this process is known in logs and to the broker."""

    amqp_url: str
    service: str
    instance: str
    health_file: Path
    log_level: str


def worker_settings(environ: Mapping[str, str], service: str) -> WorkerSettings:
    """Read the settings that all services share; raises MissingSetting when AMQP_URL is not there."""
    return WorkerSettings(
        amqp_url=setting(environ, "AMQP_URL"),
        service=service,
        instance=setting(environ, "INSTANCE", socket.gethostname()),
        health_file=Path(setting(environ, "HEALTH_FILE", "/tmp/health.json")),
        log_level=setting(environ, "LOG_LEVEL", "INFO").upper(),
    )

"""What every worker is told by its environment."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_wire.settings import InvalidSetting, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """Where the broker is, and by which names this process is known in logs and to the broker."""

    amqp_url: str
    service: str
    instance: str
    health_file: Path
    log_level: str


def worker_settings(environ: Mapping[str, str], service: str) -> WorkerSettings:
    """Read the settings that all services share; raises SettingError."""
    return WorkerSettings(
        amqp_url=setting(environ, "AMQP_URL"),
        service=service,
        instance=setting(environ, "INSTANCE", socket.gethostname()),
        health_file=_replaceable(Path(setting(environ, "HEALTH_FILE", "/tmp/health.json"))),
        log_level=setting(environ, "LOG_LEVEL", "INFO").upper(),
    )


def _replaceable(path: Path) -> Path:
    """The path, unless a report would take the place of something that is no file, as /dev/null."""
    if path.exists() and not path.is_file():
        raise InvalidSetting(f"HEALTH_FILE is {path}, which is not a regular file: name one that may be replaced")
    return path

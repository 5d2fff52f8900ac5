"""The entry point of every service: read the settings once, configure the logs, and serve."""

import faulthandler
import os
import resource
import socket
import sys
from collections.abc import Callable, Mapping

import structlog

from chat_wire.settings import SettingError
from chat_worker import metrics
from chat_worker.log import configure
from chat_worker.runtime import ServiceFactory, run
from chat_worker.settings import worker_settings

log = structlog.get_logger()

Build = Callable[[Mapping[str, str], str], ServiceFactory]


def main(name: str, build: Build) -> None:
    """Run a service until SIGTERM or SIGINT.

    Args:
        name: The service's name, as log lines have it.
        build: Reads the service's own settings from the environment and the replica's name (INSTANCE). It returns the
            function that makes the service each time that the runtime has connected.

    Raises:
        SystemExit: With status 2 if a setting is missing or wrong, after the line `settings.invalid`; with status 1
            after a bug.
    """
    _dump_tracebacks()
    try:
        settings = worker_settings(os.environ, name)
        make_service = build(os.environ, settings.instance)
    except SettingError as error:
        configure(name, socket.gethostname(), "INFO")
        log.error("settings.invalid", setting=error.name, error=str(error))
        sys.exit(2)
    configure(settings.service, settings.instance, settings.log_level)
    if settings.metrics_port:
        metrics.serve(settings.service, settings.instance, settings.metrics_host, settings.metrics_port)
    run(settings, make_service)


def _dump_tracebacks() -> None:
    """Write tracebacks to stderr when a signal such as SIGABRT ends this process (stuck.py), and no core with keys."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

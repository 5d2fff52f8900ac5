"""The entry point of every service: read the settings once, configure the logs, and serve."""

import os
import sys
from collections.abc import Callable, Mapping

from chat_wire.settings import SettingError
from chat_worker import log
from chat_worker.runtime import ServiceFactory, run
from chat_worker.settings import worker_settings


def main(name: str, build: Callable[[Mapping[str, str], str], ServiceFactory]) -> None:
    """Run a service until SIGTERM or SIGINT.

    Args:
        name: The service's name, as log lines have it.
        build: Reads the service's own settings from the environment and the replica's name (INSTANCE). It returns the
            function that makes the service each time that the runtime has connected.

    Raises:
        SystemExit: With status 2 and the reason on stderr if a setting is missing or wrong; with status 1 after a bug.
    """
    try:
        settings = worker_settings(os.environ, name)
        make_service = build(os.environ, settings.instance)
    except SettingError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(2)
    log.configure(settings.service, settings.instance, settings.log_level)
    run(settings, make_service)

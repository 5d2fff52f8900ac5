"""What every service's `__main__` does: settings from the environment, once, then serve."""

import os
import sys
from collections.abc import Callable, Mapping

from chat_wire.settings import SettingError
from chat_worker import log
from chat_worker.runtime import Service, run
from chat_worker.settings import worker_settings


def main(name: str, build: Callable[[Mapping[str, str], str], Service]) -> None:
    """Serve as `name`; `build` makes the service from the environment and the replica's name.

    Exits with 2, and the reason on stderr, when a setting is missing or wrong.
    """
    try:
        settings = worker_settings(os.environ, name)
        service = build(os.environ, settings.instance)
    except SettingError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(2)
    log.configure(settings.service, settings.instance, settings.log_level)
    run(settings, service)

"""`python -m chat_router`: run a router replica until SIGTERM."""

from collections.abc import Mapping
from functools import partial

from chat_router.batches import ServerClock
from chat_router.service import RouterService
from chat_router.settings import router_settings
from chat_worker.main import main
from chat_worker.runtime import ServiceFactory


def build(environ: Mapping[str, str], instance: str) -> ServiceFactory:
    """Read the settings and return the function that makes a service for new connections."""
    return partial(RouterService, router_settings(environ, instance), ServerClock())


if __name__ == "__main__":
    main("router", build)

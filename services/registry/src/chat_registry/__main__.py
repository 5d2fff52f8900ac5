"""`python -m chat_registry`: run a registry replica until SIGTERM."""

from collections.abc import Mapping
from functools import partial

from chat_registry.service import RegistryService
from chat_registry.settings import registry_settings
from chat_worker.main import main
from chat_worker.runtime import ServiceFactory


def build(environ: Mapping[str, str], instance: str) -> ServiceFactory:
    """Read the settings and return the function that makes a service for new connections."""
    return partial(RegistryService, registry_settings(environ, instance))


if __name__ == "__main__":
    main("registry", build)

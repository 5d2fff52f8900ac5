"""`python -m chat_registry`: run a registry replica until SIGTERM."""

from chat_registry.service import RegistryService
from chat_registry.settings import registry_settings
from chat_worker.main import main

if __name__ == "__main__":
    main("registry", lambda environ, instance: RegistryService(registry_settings(environ, instance)))

"""`python -m chat_router`: run a router replica until SIGTERM."""

from chat_router.service import RouterService
from chat_router.settings import router_settings
from chat_worker.main import main

if __name__ == "__main__":
    main("router", lambda environ, instance: RouterService(router_settings(environ, instance)))

"""A service says a lasting refusal of the broker once, and goes on when somebody has mended it."""

import pytest

from chat_worker.health import problem
from testkit.processes import System
from testkit.wait import until

NOTHING = {"configure": "^$", "write": "^$", "read": "^$"}


@pytest.mark.parametrize(
    ("right", "wrong", "todo"),
    [
        ("amqp://router:", "amqp://router:wrong", "correct the user and the password in AMQP_URL"),
        ("/test-", "/nowhere-", "correct the virtual host at the end of AMQP_URL"),
    ],
)
def test_a_url_that_the_broker_refuses_is_named_with_what_to_do(
    system: System, right: str, wrong: str, todo: str
) -> None:
    router = system.start("router", AMQP_URL=system.url("router").replace(right, wrong))
    (line,) = until(lambda: router.lines("broker.refused"))
    assert (line["level"], line["todo"].startswith(todo)) == ("error", True)
    assert "no connection to the broker" in str(problem(router.health))
    assert router.lines("broker.lost") == []


def test_a_service_goes_on_when_its_permissions_are_brought_up_to_date(system: System) -> None:
    permissions = f"permissions/{system.vhost}/router"
    before = system.broker.call("GET", permissions)
    system.broker.call("PUT", permissions, NOTHING)
    router = system.start("router")
    until(lambda: router.lines("broker.refused"))

    system.broker.call("PUT", permissions, {key: before[key] for key in NOTHING})

    until(router.ready, 30, "the router is ready")
    (line,) = router.lines("broker.refused")
    assert "refused for user 'router'" in line["error"]
    assert router.lines("broker.lost") == []

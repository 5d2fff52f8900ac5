"""A worker says a lasting error of the broker once, and tries again soon or slowly."""

from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from chat_amqp.declarations import Difference, difference_in
from chat_amqp.errors import AmqpError, DeclarationRefused, Unconfirmed, UnknownBroker
from chat_amqp.policies import QUEUE_POLICIES, policy_value
from chat_amqp.topology import ARCHIVE_QUEUES, REGISTRY_QUEUES, ROUTER_QUEUES
from chat_worker.errors import ConsumerCancelled
from chat_worker.trouble import Trouble

LOGIN = "(0, 0): (403) ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the log"
RIGHTS = "Queue.declare: (403) ACCESS_REFUSED - access to queue 'room.lobby' in vhost '/' refused for user 'router'"
VHOST = "Connection.open: (530) NOT_ALLOWED - vhost nowhere not found"
LIMIT = "Connection.open: (530) NOT_ALLOWED - access to vhost '/' refused for user 'router': limit (1) is reached"
MISSING = "Basic.publish: (404) NOT_FOUND - no exchange 'chat.rooms' in vhost '/'"
NO_REPLICA = "Basic.consume: (404) NOT_FOUND - queue 'room.lobby' in vhost '/' process is stopped by supervisor"


@pytest.fixture
def trouble(tmp_path: Path) -> Trouble:
    return Trouble(tmp_path / "health.json")


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (DeclarationRefused("room.lobby", "it is a classic queue"), "declaration.refused"),
        (UnknownBroker("it is empty"), "broker.unknown"),
        (AmqpError(LOGIN), "broker.refused"),
        (AmqpError(RIGHTS), "broker.refused"),
        (AmqpError(VHOST), "broker.refused"),
        (AmqpError(LIMIT), "broker.refused"),
    ],
)
def test_trouble_that_lasts_is_said_once_and_tried_again_slowly(trouble: Trouble, error: Exception, event: str) -> None:
    with capture_logs() as lines:
        pauses = [trouble.pause_after(error) for _ in range(3)]
    assert [(line["event"], line["log_level"], line["error"]) for line in lines] == [(event, "error", str(error))]
    assert pauses == [10.0] * 3


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ConsumerCancelled("the broker cancelled a consumer"),
            "the broker cancelled a consumer; the worker reconnects",
        ),
        (Unconfirmed("3 were not confirmed in time"), "3 were not confirmed in time; the worker reconnects"),
        (ConnectionRefusedError("refused"), "no connection to the broker: ConnectionRefusedError('refused')"),
    ],
)
def test_the_reason_says_what_ended_the_connection(tmp_path: Path, error: Exception, reason: str) -> None:
    Trouble(tmp_path / "health.json").pause_after(error)
    assert orjson.loads((tmp_path / "health.json").read_bytes())["reason"] == reason


def test_other_trouble_is_said_in_between(trouble: Trouble) -> None:
    with capture_logs() as lines:
        for text in (RIGHTS, VHOST, RIGHTS):
            trouble.pause_after(AmqpError(text))
    assert [line["error"] for line in lines] == [RIGHTS, VHOST, RIGHTS]


@pytest.mark.parametrize("error", [ConnectionRefusedError("refused"), AmqpError(NO_REPLICA), AmqpError(MISSING)])
def test_trouble_that_passes_is_tried_again_soon(trouble: Trouble, error: Exception) -> None:
    with capture_logs() as lines:
        assert trouble.pause_after(error) <= 2
    assert [(line["event"], line["log_level"]) for line in lines] == [("broker.lost", "warning")]


def test_what_goes_missing_again_and_again_does_not_pass(trouble: Trouble) -> None:
    with capture_logs() as lines:
        pauses = [trouble.pause_after(AmqpError(MISSING)) for _ in range(4)]
    assert [line["event"] for line in lines] == ["broker.lost", "broker.lost", "broker.refused"]
    assert pauses[2:] == [10.0, 10.0]


def test_the_health_report_has_the_reason(trouble: Trouble, tmp_path: Path) -> None:
    assert orjson.loads((tmp_path / "health.json").read_bytes())["reason"] == "the worker is starting"
    trouble.pause_after(ConnectionRefusedError("refused"))
    report = orjson.loads((tmp_path / "health.json").read_bytes())
    assert (report["ready"], report["reason"]) == (
        False,
        "no connection to the broker: ConnectionRefusedError('refused')",
    )


@pytest.mark.parametrize(
    ("values", "wanted", "found"),
    [
        ("received none but current is the value '10000' of type 'signedint'", None, 10_000),
        ("received none but current is the value 'chat.dead' of type 'longstr'", None, "chat.dead"),
        ("received the value 'true' of type 'bool' but current is none", True, None),
        ("received 'quorum' but current is 'classic'", "quorum", "classic"),
        ("received 'true' but current is 'false'", "true", "false"),
    ],
)
def test_a_refusal_of_the_broker_tells_what_differs(values: str, wanted: object, found: object) -> None:
    text = f"PRECONDITION_FAILED - inequivalent arg 'x-y' for queue 'a.b' in vhost 'it''s': {values}"
    assert difference_in(text) == Difference("queue", "a.b", "x-y", wanted, found)  # type: ignore[arg-type]


def test_another_refusal_tells_no_difference() -> None:
    assert difference_in("PRECONDITION_FAILED - unknown delivery tag 1") is None


def test_each_work_queue_has_one_policy() -> None:
    names = {each.name for group in (REGISTRY_QUEUES, ROUTER_QUEUES, ARCHIVE_QUEUES) for each in group}
    limited = {name for name in names if policy_value(name, "x-delivery-limit")}
    streams = {"registry.journal", "registry.snapshots", "sessions.ended", "room.lobby"}
    assert limited == names - streams - {"dead-letters"}
    assert len({policy.name for policy in QUEUE_POLICIES}) == len(QUEUE_POLICIES)

"""The same matrix by AMQP 1.0, which RabbitMQ 4 speaks on the same port."""

import pytest

from tests.security.amqp10 import attached, sent, to_exchange, to_queue
from tests.security.conftest import Objects
from tests.security.hostile import PARTITION
from tests.security.test_matrix import KEYS, MAY_PUBLISH, MAY_READ, login_of

STRANGERS = ("entrance", "session", "monitor")


@pytest.fixture(autouse=True)
def _on_rabbitmq_4(objects: Objects) -> None:
    if objects.broker.version() < (4,):
        pytest.skip("RabbitMQ 3 speaks AMQP 1.0 only with a plugin that the chat does not enable")


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_publishes_to_no_other_exchange(objects: Objects, who: str) -> None:
    login = login_of(objects, who)
    answers = {
        name: attached(login, to_exchange(name, KEYS.get(name, "room.lobby")), reads=False)
        for name in objects.exchanges
        if name != "amq.rabbitmq.log"
    }

    assert {name for name, answer in answers.items() if not answer} == MAY_PUBLISH[who]


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_reads_no_other_queue(objects: Objects, who: str) -> None:
    login = login_of(objects, who)
    answers = {name: attached(login, to_queue(name), reads=True) for name in objects.queues}

    assert {name for name, answer in answers.items() if not answer} == MAY_READ[who]


USERS = {"its own": "", "that of another session": "0" * 32, "that of an operator": "admin"}


@pytest.mark.parametrize("whose", USERS)
def test_a_session_is_the_sender_of_its_messages(objects: Objects, whose: str) -> None:
    login = login_of(objects, "session")

    answer = sent(login, to_exchange("chat.members", ""), USERS[whose] or login.user)

    assert bool(answer) == bool(USERS[whose]), answer


def test_a_session_uses_the_routing_keys_of_its_scopes_only(objects: Objects) -> None:
    login = login_of(objects, "session")
    keys = {f"{PARTITION}.room.lobby": True, f"{PARTITION + 1}.room.lobby": False, "#": False}

    assert {key: not sent(login, to_exchange("chat.posts", key), login.user) for key in keys} == keys

"""The session as a frontend uses it, with a silent broker or without one."""

import socket
from collections.abc import Iterator

import pytest

from chat_client.events import Event, NotSent
from chat_client.session import Session
from chat_wire.errors import InvalidName, InvalidText

NO_BROKER = "amqp://client:x@127.0.0.1:9/"


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Yield a server that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def not_sent(told: list[Event]) -> list[str]:
    return [event.text for event in told if isinstance(event, NotSent)]


def test_unsent_posts_are_named_even_if_the_broker_is_silent(silent: socket.socket) -> None:
    told: list[Event] = []
    session = Session(f"amqp://client:x@127.0.0.1:{silent.getsockname()[1]}/", "secret", told.append)
    session.start()
    connection, _address = silent.accept()
    session.post("one")
    session.post("two")

    session.close()

    with connection:
        assert not_sent(told) == ["one", "two"]


def test_a_session_that_was_not_started_can_be_closed() -> None:
    told: list[Event] = []
    session = Session(NO_BROKER, "secret", told.append)

    session.close()

    assert told == []


def test_a_post_made_just_before_closing_is_named_once() -> None:
    told: list[Event] = []
    session = Session(NO_BROKER, "secret", told.append)
    session.start()
    session.post("one")

    session.close()
    session.close()

    assert not_sent(told) == ["one"]


def test_half_of_a_surrogate_pair_is_refused_in_names_and_messages() -> None:
    session = Session(NO_BROKER, "secret", lambda _event: None)

    with pytest.raises(InvalidName):
        session.join("bob\udcff")
    with pytest.raises(InvalidText, match="leave it out"):
        session.post("hola\udcff")

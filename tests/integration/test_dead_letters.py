"""The operator's `chat-admin dead-letters` on a real broker."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest

from chat_admin.dead_letters import MAX_LISTED, dropped, listed, replayed, shown
from chat_admin.errors import NoSuchLetter, NotReplayed
from chat_amqp import former, topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import Post, Posts
from testkit.broker import TestBroker
from testkit.former import former_member
from testkit.processes import System
from testkit.tokens import member
from testkit.wait import until

INGRESS = former.ingress(3).name
COMMANDS = former.COMMANDS.name
INBOX = "inbox." + "0" * 32


class Letters:
    """A virtual host with dead-letters and the queues of its letters."""

    def __init__(self, broker: TestBroker, vhost: str) -> None:
        """Connect as registry and router, and declare the queues."""
        self.admin = broker.url("admin", vhost)
        registry, router = (connect(broker.url(user, vhost), "test") for user in ("registry", "router"))
        declare(registry, former.COMMANDS, former.OPERATIONS, topology.DEAD_LETTERS)
        declare(router, former.ingress(3))
        self.queues: Any = registry.channel()
        self.ingress: Any = router.channel()
        self.queues.auto_decode = self.ingress.auto_decode = False

    def close(self) -> None:
        self.queues.connection.client.release()
        self.ingress.connection.client.release()

    def die(self, *bodies: bytes, source: str = INGRESS) -> None:
        """Publish letters to dead-letters, as a service does."""
        headers = {"reason": "undecodable", "text": "a test", "source": source}
        self._publish("chat.dead", source, bodies, headers)

    def reject(self, body: bytes, **headers: str) -> None:
        """Have the broker itself dead-letter a message of partition 3."""
        before = self.count()
        self._publish("", INGRESS, [body], headers)
        self.ingress.basic_reject(self.next(self.ingress, INGRESS).delivery_tag, requeue=False)
        until(lambda: self.count() > before)

    def count(self) -> int:
        """Return the number of letters that are ready."""
        return int(self.queues.queue_declare("dead-letters", passive=True).message_count)

    def next(self, channel: Any, queue: str) -> Any:
        """Wait for the next message of a queue, and do not acknowledge it."""
        if queue != INGRESS:
            return until(lambda: channel.basic_get(queue))
        got: list[Any] = []  # RabbitMQ refuses basic.get on a queue with a single active consumer
        consumer = channel.basic_consume(queue, callback=got.append)
        until(lambda: got or channel.connection.drain_events(timeout=5) or got)
        channel.basic_cancel(consumer)
        return got[0]

    def _publish(self, exchange: str, key: str, bodies: Sequence[bytes], headers: dict[str, str]) -> None:
        publisher = Publisher(self.ingress.connection.channel())
        for body in bodies:
            publisher.publish(
                Publication(exchange=exchange, routing_key=key, body=body, reply_to=INBOX, headers=headers)
            )
        while publisher.unconfirmed:
            self.ingress.connection.drain_events(timeout=5)
        assert not publisher.returned


@pytest.fixture
def letters(broker: TestBroker, vhost: str) -> Iterator[Letters]:
    made = Letters(broker, vhost)
    yield made
    made.close()


def looked(letters: Letters) -> list[str]:
    """Return the listed letters. The broker takes a moment to requeue letters that were listed before."""
    listing = listed(letters.admin)
    until(lambda: letters.count() == len(listing))
    return listing


def ids(letters: Letters) -> list[str]:
    return [line.split()[0] for line in looked(letters)]


def left(letters: Letters, *bodies: str) -> bool:
    """Return whether dead-letters holds these letters, in this order."""
    return [line.split()[-1] for line in looked(letters)] == list(bodies)


def test_to_list_letters_any_number_of_times_changes_nothing(letters: Letters) -> None:
    letters.die(b"one", b"two", b"three")
    first = looked(letters)
    for _ in range(30):
        assert looked(letters) == first
    assert [line.split()[-1] for line in first] == ["one", "two", "three"]


def test_show_prints_all_of_a_letter(letters: Letters) -> None:
    letters.die(b"one", b'{"type":"claim","secret":"s3cret"}')
    two = ids(letters)[1]
    listing = shown(letters.admin, two)
    assert listing[0] == f"id: {two}"
    assert {f"reply_to: {INBOX}", "header text: a test", '  "secret": "***"'} < set(listing)


def test_a_list_ends_after_1000_letters_and_counts_the_others(letters: Letters) -> None:
    letters.die(*(b"%d" % n for n in range(MAX_LISTED + 2)))
    until(lambda: letters.count() == MAX_LISTED + 2)
    listing = listed(letters.admin)
    assert len(listing) == MAX_LISTED + 1
    assert listing[-1] == "2 more are not listed"


def test_a_replayed_letter_moves_to_the_queue_that_it_came_from(letters: Letters) -> None:
    letters.die(b"one", b"two")
    (one, two) = ids(letters)
    assert [line.split()[:2] for line in replayed(letters.admin, two)] == [["replayed", two]]
    until(lambda: ids(letters) == [one])
    message = letters.next(letters.ingress, INGRESS)
    assert (message.body, message.properties["reply_to"]) == (b"two", INBOX)
    assert message.delivery_info["exchange"] == "chat.ingress"


def test_a_letter_of_the_broker_returns_to_its_queue_whatever_its_sender_wrote(letters: Letters) -> None:
    letters.reject(b"one", source=COMMANDS, reason="none")
    (line,) = looked(letters)
    assert (INGRESS in line, "rejected" in line) == (True, True)
    assert len(list(replayed(letters.admin, None))) == 1
    assert letters.next(letters.ingress, INGRESS).body == b"one"


def test_a_replayed_command_has_the_rights_of_a_client(letters: Letters) -> None:
    letters.die(b"{}", source=COMMANDS)
    list(replayed(letters.admin, None))
    assert letters.next(letters.queues, COMMANDS).delivery_info["exchange"] == "chat.registry"


def test_a_letter_that_cannot_be_replayed_stays_and_the_others_are_replayed(letters: Letters) -> None:
    letters.die(b"entry", source="room.lobby")
    letters.die(b"nowhere", source=former.ingress(5).name)
    letters.die(b"post")
    with pytest.raises(NotReplayed, match=r"room\.lobby cannot be sent again(.|\n)*router\.ingress\.5 does not exist"):
        list(replayed(letters.admin, None))
    until(lambda: left(letters, "entry", "nowhere"))
    assert letters.next(letters.ingress, INGRESS).body == b"post"


def test_drop_deletes_one_letter_or_all(letters: Letters) -> None:
    letters.die(b"one", b"two", b"two", b"three")
    two = ids(letters)[1]
    assert len(list(dropped(letters.admin, two))) == 2, "equal letters have one id"
    until(lambda: left(letters, "one", "three"))
    assert len(list(dropped(letters.admin, None))) == 2
    assert ids(letters) == []


def test_an_unknown_id_is_an_error(letters: Letters) -> None:
    letters.die(b"one")
    for ask in (shown, replayed, dropped):
        with pytest.raises(NoSuchLetter, match="no letter has the id 000000000000"):
            list(ask(letters.admin, "000000000000"))
        until(lambda: letters.count() == 1)


def test_letters_stay_once_the_operator_stops_reading(letters: Letters) -> None:
    letters.die(b"one", b"two", b"three")
    dropping = dropped(letters.admin, None)
    next(dropping)
    assert isinstance(dropping, Generator)
    dropping.close()
    until(lambda: letters.count() == 2)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["list"], 0, "router.ingress.3"),
        (["show", "nothing"], 1, "no letter has the id nothing"),
        (["drop", "--all"], 0, "dropped"),
        (["drop"], 2, "one of the arguments"),
        (["replay", "x", "--all"], 2, "not allowed with"),
    ],
)
def test_the_exit_status_tells_a_refusal_from_a_failure(
    letters: Letters, arguments: list[str], status: int, says: str
) -> None:
    letters.die(b"one")
    done = command(letters.admin, *arguments)
    assert (done.returncode, says in done.stdout + done.stderr) == (status, True), done


def test_a_broker_that_does_not_answer_is_reported_with_status_2() -> None:
    done = command("amqp://guest:guest@127.0.0.1:1/", "list")
    assert (done.returncode, "is it running?" in done.stderr, done.stdout) == (2, True, "")


@pytest.mark.parametrize("action", ["list", "drop"])
def test_a_reader_may_close_the_pipe_after_the_first_line(letters: Letters, action: str) -> None:
    letters.die(*(b"%d" % n + b"x" * 80 for n in range(MAX_LISTED)))  # more bytes than a pipe holds
    asking = start(letters.admin, action, *(["--all"] if action == "drop" else []))
    assert asking.stdout
    assert asking.stderr
    assert asking.stdout.readline()
    asking.stdout.close()
    assert (asking.wait(30), asking.stderr.read()) == (1, b"")


def test_listed_letters_are_in_their_queue_while_a_slow_reader_reads(letters: Letters) -> None:
    letters.die(*(b"%d" % n + b"x" * 80 for n in range(MAX_LISTED)))
    until(lambda: letters.count() == MAX_LISTED)
    asking = start(letters.admin, "list")
    assert asking.stdout
    assert asking.stdout.readline()
    until(lambda: letters.count() == MAX_LISTED)
    assert asking.poll() is None, "the list is longer than a pipe holds"
    asking.communicate(timeout=30)


def start(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "chat_admin", "dead-letters", *arguments]
    return subprocess.Popen(
        command, env={**os.environ, "AMQP_URL": url}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat_admin", "dead-letters", *arguments],
        env={**os.environ, "AMQP_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_replayed_poison_message_returns_to_dead_letters_once(system: System) -> None:
    router = system.started("router")
    ann = former_member(system, "ann")
    for body in (b"garbage", b"{}"):
        ann.publish("chat.ingress", "3", body)
    until(lambda: len(listed(system.url("admin"))) == 2)
    assert len(list(replayed(system.url("admin"), None))) == 2
    until(lambda: len(router.lines("delivery.refused")) == 4)
    until(lambda: len(listed(system.url("admin"))) == 2)


@pytest.mark.parametrize("by_service", [True, False])
def test_replayed_posts_of_a_session_reach_the_room_as_its_posts(system: System, by_service: bool) -> None:
    # given
    router = system.started("router", POSTS_PER_SECOND="1")
    ann = member(system, "ann")
    assert ann.granted
    ann.join()
    if not by_service:
        router.kill()
    post = Publication(
        exchange=topology.POSTS.name,
        routing_key=topology.posts_key(3, "lobby"),
        body=encode(Posts(card=ann.card, posts=tuple(Post(sequence=n, client_ts=0, text="x") for n in (1, 2)))),
        user_id=ann.granted.session,
    )
    ann.publisher.publish(post)
    ann.confirmed()
    if not by_service:
        reject_one(system.url("router"), topology.posts(3).name)
    until(lambda: len(listed(system.url("admin"))) == 1)
    router.kill()
    system.started("router")

    # when
    (line,) = replayed(system.url("admin"), None)

    # then
    assert "router.posts.3" in line
    ann.hear(lambda: ann.ids() == [f"{ann.granted.session}-{n}" for n in (1, 2)])


def reject_one(url: str, queue: str) -> None:
    """Take a message from a queue and reject it, so that the broker makes it a dead letter."""
    with connect(url, "test") as connection:
        channel: Any = connection.channel()
        got: list[Any] = []
        channel.basic_consume(queue, callback=got.append)
        until(lambda: got or connection.drain_events(timeout=5) or got)
        channel.basic_reject(got[0].delivery_tag, requeue=False)

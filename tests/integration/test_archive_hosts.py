"""Archives on several hosts with one PostgreSQL, on a real broker: each host has a DATA_DIR of its own."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chat_wire.messages import History, Mine, Page
from chat_worker.health import problem
from testkit.archive_reports import reported, writing
from testkit.chatter import Chatter, new_request
from testkit.processes import Process, System, whole_lines
from testkit.proxy import Proxy, proxy_to
from testkit.stream import Speaker
from testkit.tokens import member
from testkit.wait import until


@dataclass
class Host:
    """A host that runs archives.

    Attributes:
        system: The chat.
        data: Its DATA_DIR.
        database: The URL of the database that all hosts share.
    """

    system: System
    data: Path
    database: str

    def archive(self, **settings: str) -> Process:
        """Start an archive, and wait until it is ready."""
        wanted = {"DATA_DIR": str(self.data), "INDEX_URL": self.database} | settings
        return self.system.started("archive", 1, **wanted)

    def log(self) -> bytes:
        """Return log.txt."""
        path = self.data / "log.txt"
        return path.read_bytes() if path.exists() else b""

    def ids(self) -> list[str]:
        """Return the ids of the posts in log.txt."""
        return [line["id"] for line in whole_lines(self.data / "log.txt")]


@pytest.fixture
def hosts(system: System, database: str, tmp_path: Path) -> list[Host]:
    """Return two hosts."""
    made = [Host(system, tmp_path / name, database) for name in ("one", "two")]
    for host in made:
        host.data.mkdir()
    return made


@pytest.fixture
def speaker(system: System) -> Iterator[Speaker]:
    """Yield a speaker. Start an archive, which declares the stream, before it speaks."""
    made = Speaker(system)
    yield made
    made.close()


def recorded(host: Host, speaker: Speaker, seconds: float = 20) -> None:
    """Wait until log.txt of a host has every published post, once and in order."""
    speaker.confirmed()
    until(lambda: len(host.ids()) >= len(speaker.ids), seconds, f"{host.data} has every post")
    assert host.ids() == speaker.ids


def history(chatter: Chatter, before: int | None = None) -> Any:
    return chatter.ask(History(request=new_request(), card=chatter.card, before=before, limit=200))


def all_history(chatter: Chatter) -> list[str]:
    """Return the ids of all posts that the archive knows, oldest first."""
    found: list[str] = []
    before = None
    while True:
        page = history(chatter, before)
        assert isinstance(page, Page)
        found = [f"{post.session}-{post.sequence}" for post in page.messages] + found
        if not page.more:
            return found
        before = page.messages[0].number


def test_an_archive_on_a_second_host_continues_the_database_and_fills_its_own_log_txt(
    system: System, hosts: list[Host], speaker: Speaker
) -> None:
    one, two = hosts
    first = one.archive()
    until(lambda: writing(first))
    ann = member(system, "ann")
    for number in range(300):
        speaker.say("s", f"post {number}", "and more")
    speaker.say("t", "of ann", author=ann.secret, user="ann")
    recorded(one, speaker)

    first.kill()
    system.broker.delete_queue(system.vhost, "room.lobby")  # as retention does, in one step
    second = two.archive()
    until(lambda: writing(second))
    speaker.say("t", "of ann again", author=ann.secret, user="ann")
    recorded(two, speaker)
    until(lambda: all_history(ann)[-1:] == ["t-2"])

    assert all_history(ann) == speaker.ids
    page = ann.ask(Mine(request=new_request(), card=ann.card, after=0, limit=50))
    assert [post.text for post in page.messages] == ["of ann", "of ann again"]
    assert two.log().startswith(one.log())
    whole = {"lines": 602, "of": 602, "whole": True, "problem": None}
    until(lambda: reported(second)["log"] == whole)

    back = one.archive()
    until(lambda: reported(back)["log"] == whole)
    assert one.log() == two.log()
    assert not reported(back)["writing"]


def cut_off(system: System, process: Process) -> None:
    """Close a replica's consuming connection at the broker, which lists a new connection only after some seconds."""

    def names() -> list[str]:
        return [
            each["name"]
            for each in system.broker.call("GET", "connections")
            if each.get("vhost") == system.vhost
            and each["client_properties"].get("connection_name")
            == f"{process.name.split('-')[0]} {process.name} consuming"
        ]

    system.broker.close_connections(until(names, what="the broker lists the connection"))


def test_a_paused_writer_that_lost_its_lease_cannot_write_and_follows_again(
    system: System, hosts: list[Host], speaker: Speaker
) -> None:
    one, two = hosts
    first = one.archive()
    until(partial(writing, first))
    second = two.archive()
    speaker.say("s", "before")
    recorded(one, speaker)

    first.send(signal.SIGSTOP)
    cut_off(system, first)
    until(lambda: speaker.alive() and writing(second), 60, "the second host writes while the first is paused")
    speaker.say("s", "meanwhile")
    recorded(two, speaker)
    first.send(signal.SIGCONT)
    speaker.say("s", "after")

    recorded(two, speaker)
    recorded(one, speaker)
    until(lambda: first.lines("broker.lost") and not writing(first))
    assert writing(second)
    assert one.log() == two.log()


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    """Yield the network between an archive and the database."""
    url = sa.make_url(database)
    with proxy_to(url.host or "", url.port or 0) as made:
        yield made


def through(proxy: Proxy, url: str) -> str:
    """Return a URL at which a proxy answers instead."""
    return sa.make_url(url).set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)


def seconds_until(condition: Any, limit: float) -> float:
    begun = time.monotonic()
    until(condition, limit)
    return time.monotonic() - begun


def test_a_silent_network_to_the_database_is_said_and_survived(
    system: System, hosts: list[Host], speaker: Speaker, proxy: Proxy
) -> None:
    one, _ = hosts
    archive = one.archive(INDEX_URL=through(proxy, one.database))
    until(lambda: writing(archive))
    ann = member(system, "ann")
    speaker.say("s", "before")
    recorded(one, speaker)

    proxy.open.clear()
    noticed = seconds_until(lambda: speaker.alive() and reported(archive)["stalled"], 10)
    assert "Start PostgreSQL and let the archive reach it" in str(problem(archive.health))
    speaker.say("s", "meanwhile")
    refused = seconds_until(lambda: history(ann).reason == "no_answer", 9)
    silent_until = time.monotonic() + 15
    until(lambda: speaker.alive() and time.monotonic() > silent_until, 20)
    proxy.open.set()
    resumed = seconds_until(lambda: one.ids() == speaker.ids, 5)

    print(f"noticed after {noticed:.1f} s, a question refused after {refused:.1f} s, resumed after {resumed:.1f} s")
    assert not archive.lines("broker.lost"), "heartbeats went on"
    until(archive.ready)


def test_a_writer_that_is_parted_from_the_broker_is_fenced_and_one_parted_from_the_database_goes_on_later(
    system: System, hosts: list[Host], speaker: Speaker, proxy: Proxy
) -> None:
    one, two = hosts
    user_at, _, address = system.url("archive").rpartition("@")
    host, _, port_and_vhost = address.partition(":")
    port, _, vhost = port_and_vhost.partition("/")
    with proxy_to(host, int(port)) as to_broker:
        first = one.archive(
            AMQP_URL=f"{user_at}@127.0.0.1:{to_broker.port}/{vhost}", INDEX_URL=through(proxy, one.database)
        )
        until(lambda: writing(first))
        second = two.archive()
        speaker.say("s", "before")
        recorded(one, speaker)

        to_broker.open.clear()
        cut_off(system, first)
        until(lambda: speaker.alive() and writing(second), 40)
        speaker.say("s", "meanwhile")
        recorded(two, speaker)
        until(lambda: first.lines("writer.fenced"), 20)
        to_broker.open.set()
        recorded(one, speaker, 40)

        proxy.open.clear()
        speaker.say("s", "without the database on one host")
        recorded(two, speaker)
        until(lambda: reported(first)["stalled"], 20)
        proxy.open.set()
        recorded(one, speaker)
    assert one.log() == two.log()

"""The archive's writer on a real broker: log.txt has each post once, in the order of the stream, after any failure."""

import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from chat_worker.health import problem
from testkit.archive_reports import lobby, reported, writing
from testkit.processes import Process, System
from testkit.stream import Speaker
from testkit.wait import until


@pytest.fixture
def speaker(system: System) -> Iterator[Speaker]:
    """Yield a speaker. Start an archive, which declares the stream, before it speaks."""
    made = Speaker(system)
    yield made
    made.close()


def ids(system: System) -> list[str]:
    return [line["id"] for line in system.recorded()]


def recorded(system: System, speaker: Speaker, seconds: float = 20) -> None:
    """Wait until log.txt has every published post, once and in order."""
    speaker.confirmed()
    until(lambda: len(ids(system)) >= len(speaker.ids), seconds, "log.txt has every published post")
    assert ids(system) == speaker.ids


def recorded_by(process: Process) -> list[str]:
    """Return the ids of the posts that a replica has logged as recorded, in order."""
    runs = [run for line in process.lines("posts.recorded") for run in line["runs"]]
    return [f"{session}-{sequence}" for session, first, last in runs for sequence in range(first, last + 1)]


def has_lease(process: Process) -> bool:
    return bool(reported(process).get("baton"))


def writer_among(archives: list[Process]) -> Process | None:
    return next((each for each in archives if writing(each)), None)


def has_more_than(count: int, system: System) -> bool:
    return len(ids(system)) > count


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


def test_log_txt_has_both_times_of_each_post_and_a_repeated_post_once(either_system: System, speaker: Speaker) -> None:
    archive = either_system.started("archive")
    first = speaker.say("s", "hola", "¿qué tal?")
    speaker.publish(first)
    speaker.say("s", "adiós", at=1_795_361_760_000_000)

    recorded(either_system, speaker)

    assert either_system.recorded()[2] == {
        "server_ts": "2026-11-22T15:36:00.000000Z",
        "client_ts": "1970-01-01T00:00:00.000000Z",
        "room": "lobby",
        "user": "u",
        "text": "adiós",
        "id": "s-3",
        "author": "a",
        "offset": 2,
        "index": 0,
    }
    until(lambda: recorded_by(archive) == speaker.ids)
    assert "hola" not in archive.log.read_text()


def test_an_undecodable_entry_is_skipped(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    odd = speaker.say("s", "one")
    object.__setattr__(odd, "type", "telegram")
    speaker.publish(odd)
    speaker.say("s", "two")

    recorded(system, speaker)

    assert [line["offset"] for line in archive.lines("entry.ignored")] == [1]


def test_after_a_kill_in_a_flood_another_writer_goes_on_where_the_first_stopped(
    either_system: System, speaker: Speaker
) -> None:
    archives = [either_system.started("archive")]
    until(lambda: writing(archives[0]))
    archives += [either_system.started("archive"), either_system.started("archive")]
    for _ in range(2):
        writer = until(partial(writer_among, archives))
        assert writer
        before = len(speaker.ids)
        for number in range(3000):
            speaker.say(f"s{number % 20}", *["x" * 50] * 3)
        until(partial(has_more_than, before, either_system))
        writer.kill()
        archives.remove(writer)

    recorded(either_system, speaker, 40)


def test_a_paused_writer_never_writes_beside_the_next_one(system: System, speaker: Speaker) -> None:
    first = system.started("archive")
    until(lambda: writing(first))
    second = system.started("archive")
    speaker.say("s", "before")
    recorded(system, speaker)

    first.send(signal.SIGSTOP)
    last_report = reported(first)
    cut_off(system, first)
    until(lambda: speaker.alive() and has_lease(second), 60, "the broker gives the lease to the second")
    speaker.say("s", "mean", "while")
    until(lambda: second.lines("archive.stalled"))
    assert second.lines("archive.stalled")[0]["reason"] == "log_held"
    until(lambda: lobby(second)["behind_posts"] == 2)
    assert "an archive was paused or is stuck" in str(problem(second.health))
    assert reported(first) == last_report, "the report of the paused one gets old"
    first.send(signal.SIGCONT)

    recorded(system, speaker, 30)
    until(lambda: writing(second))
    until(lambda: not has_lease(first))


@pytest.fixture
def user(system: System) -> Iterator[str]:
    """Yield a broker user for one replica; its password is its name."""
    name = f"{system.vhost}-archive"
    (rights,) = (
        each for each in system.broker.call("GET", f"vhosts/{system.vhost}/permissions") if each["user"] == "archive"
    )
    system.broker.call("PUT", f"users/{name}", {"password": name, "tags": ""})
    granted = {key: rights[key] for key in ("configure", "write", "read")}
    system.broker.call("PUT", f"permissions/{system.vhost}/{name}", granted)
    yield name
    system.broker.call("DELETE", f"users/{name}")


def test_a_writer_that_the_broker_refuses_lets_the_next_one_write(system: System, speaker: Speaker, user: str) -> None:
    address = system.url("archive").rpartition("@")[2]
    first = system.started("archive", AMQP_URL=f"amqp://{user}:{user}@{address}")
    until(lambda: writing(first))
    second = system.started("archive")
    speaker.say("s", "before")
    recorded(system, speaker)

    system.broker.call("PUT", f"users/{user}", {"password": "another", "tags": ""})
    cut_off(system, first)
    speaker.say("s", "after")

    until(lambda: writing(second), 30)
    recorded(system, speaker)
    assert first.popen.poll() is None
    assert len(first.lines("broker.connected")) == 1


def test_a_deleted_stream_is_noticed_and_read_from_its_beginning(either_system: System, speaker: Speaker) -> None:
    archive = either_system.started("archive")
    for text in ("one", "two", "three"):
        speaker.say("s", text)
    recorded(either_system, speaker)

    archive.kill()
    either_system.broker.delete_queue(either_system.vhost, "room.lobby")
    archive = either_system.started("archive")
    until(lambda: archive.lines("stream.diverged"))
    speaker.say("t", "four")

    recorded(either_system, speaker)
    assert [line["offset"] for line in either_system.recorded()] == [0, 1, 2, 0]


def test_a_stream_deleted_under_the_writer_is_declared_again_and_read(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    speaker.say("s", "one")
    recorded(system, speaker)

    system.broker.delete_queue(system.vhost, "room.lobby")
    until(lambda: archive.lines("stream.diverged"), 30)
    speaker.say("s", "two")

    recorded(system, speaker)


def test_a_stream_that_was_refilled_with_other_posts_is_recorded_too(either_system: System, speaker: Speaker) -> None:
    archive = either_system.started("archive")
    speaker.say("s", "one")
    recorded(either_system, speaker)
    archive.kill()
    either_system.broker.delete_queue(either_system.vhost, "room.lobby")
    second = either_system.started("archive")
    until(lambda: writing(second))
    second.kill()
    for _ in range(3):
        speaker.say("t", "other")
    speaker.confirmed()

    third = either_system.started("archive")

    recorded(either_system, speaker)
    (line,) = third.lines("stream.diverged")
    assert line["found"] == 0


def test_a_removed_log_txt_is_written_again_from_the_stream(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    speaker.say("s", "one", "two")
    recorded(system, speaker)

    (system.data / "log.txt").unlink()
    speaker.say("s", "three")

    recorded(system, speaker)
    assert archive.lines("index.rebuilding")


def test_the_writer_lease_is_never_lost_and_leases_do_not_pile_up(system: System) -> None:
    for _ in range(3):
        archives = [system.started("archive"), system.started("archive")]
        until(partial(writer_among, archives))
        for archive in archives:
            archive.kill()
    last = system.started("archive")

    until(lambda: writing(last))
    until(lambda: system.broker.queue(system.vhost, "archive.writer").get("messages") == 1)
    with closing(Speaker(system)) as speaker:
        speaker.say("s", "hola")
        recorded(system, speaker)


def test_a_replica_that_receives_sigterm_lets_the_next_one_write(either_system: System, speaker: Speaker) -> None:
    first = either_system.started("archive")
    until(lambda: writing(first))
    second = either_system.started("archive")
    speaker.say("s", "one")
    recorded(either_system, speaker)

    first.send(signal.SIGTERM)
    assert first.popen.wait(10) == 0

    until(lambda: writing(second))
    speaker.say("s", "two")
    recorded(either_system, speaker)

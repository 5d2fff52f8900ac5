"""An archive that cannot write is not ready and says why; it goes on by itself, and answers questions meanwhile."""

import resource
from collections.abc import Iterator

import pytest

from chat_wire.messages import History
from chat_worker.health import problem
from testkit.archive_reports import lobby, reported, writing
from testkit.chatter import new_request
from testkit.metrics import free_port, samples
from testkit.processes import System
from testkit.stream import Speaker
from testkit.tokens import member
from testkit.wait import until

WELL = {"writing": 1, "stalled": 0, "behind_posts": 0}


@pytest.fixture
def speaker(system: System) -> Iterator[Speaker]:
    """Yield a speaker. Start an archive, which declares the stream, before it speaks."""
    made = Speaker(system)
    yield made
    made.close()


def recorded(system: System, speaker: Speaker) -> None:
    """Wait until log.txt has every published post, once and in order."""
    speaker.confirmed()
    until(lambda: len(system.recorded()) >= len(speaker.ids), 20, "log.txt has every published post")
    assert [line["id"] for line in system.recorded()] == speaker.ids


def archive_metrics(port: int) -> dict[str, float]:
    """Return the metrics of an archive about writing."""
    found = samples(port)
    return {name: found[f"tertulia_archive_{name}"] for name in (*WELL, "posts_recorded_total")}


def test_a_full_disk_stalls_the_writer_and_free_space_lets_it_resume(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    for _ in range(20):
        speaker.say("s", *["x" * 4000] * 10)
    recorded(system, speaker)
    until(lambda: lobby(archive)["recorded"] == 19, what="the index has the posts too")
    size = (system.data / "log.txt").stat().st_size

    limit = resource.prlimit(archive.popen.pid, resource.RLIMIT_FSIZE, (size + 5000, resource.RLIM_INFINITY))
    for _ in range(20):
        speaker.say("s", *["y" * 4000] * 10)
    speaker.confirmed()
    (stalled,) = until(lambda: archive.lines("archive.stalled"))
    assert "File too large" in stalled["error"]
    until(lambda: reported(archive)["stalled"] == stalled["error"])
    assert "not ready" in str(problem(archive.health))
    assert "Free space on its disk" in str(problem(archive.health))
    until(lambda: lobby(archive)["behind_posts"] == 200)
    assert lobby(archive)["behind_seconds"] > 0
    assert (system.data / "log.txt").stat().st_size == size
    resource.prlimit(archive.popen.pid, resource.RLIMIT_FSIZE, limit)

    recorded(system, speaker)
    until(lambda: archive.lines("archive.resumed"))
    until(archive.ready)
    assert reported(archive)["stalled"] is None
    assert lobby(archive)["behind_posts"] == 0
    assert len(archive.lines("archive.stalled")) == 1


def test_an_archive_that_cannot_open_log_txt_is_not_ready_and_answers_questions(
    either_system: System, speaker: Speaker
) -> None:
    port = free_port()
    archive = either_system.started("archive", METRICS_PORT=str(port))
    until(lambda: writing(archive))
    speaker.say("s", "one")
    recorded(either_system, speaker)
    until(lambda: samples(port)["tertulia_archive_log_bytes"] == (either_system.data / "log.txt").stat().st_size)
    assert archive_metrics(port) == WELL | {"posts_recorded_total": 1}
    second = either_system.started("archive")

    log_txt = either_system.data / "log.txt"
    kept = log_txt.rename(log_txt.with_name("kept"))
    log_txt.mkdir()
    until(lambda: f"{log_txt} cannot be opened: Is a directory. Let the archive" in str(problem(archive.health)))
    ann = member(either_system, "ann")
    question = History(request=new_request(), card=ann.card, before=None, limit=9)
    assert [post.text for post in ann.ask(question).messages] == ["one"]
    assert second.ready() or either_system.index_url, "it has nothing to write, but log.txt follows PostgreSQL"
    speaker.say("s", "two", "three")
    waiting = 0 if either_system.index_url else 2
    until(lambda: samples(port)["tertulia_archive_behind_posts"] == waiting)
    until(lambda: samples(port)["tertulia_archive_stalled"] == 1)
    found = samples(port)
    assert found["tertulia_archive_writing"] == 0
    assert found['tertulia_archive_question_seconds_count{kind="history"}'] == 1
    assert all(found[f"tertulia_archive_{name}_seconds_count"] for name in ("log_write", "log_sync", "index"))
    log_txt.rmdir()
    kept.rename(log_txt)

    until(archive.ready)
    recorded(either_system, speaker)
    until(lambda: archive_metrics(port) == WELL | {"posts_recorded_total": 3})

"""The operator's `chat-admin export` and `chat-admin import` on a real broker, with real archives."""

import fcntl
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from chat_admin import importing, time_limit
from chat_admin.errors import NotExported, NotImported
from chat_admin.exporting import exported
from chat_admin.importing import Progress, imported
from chat_wire.codec import encode
from chat_wire.log_line import to_line
from chat_wire.messages import Export, History, Mine, Page, Recorded, Refused, Search
from chat_wire.names import sender_id
from testkit.broker import TestBroker
from testkit.chatter import Chatter, new_request
from testkit.processes import System, system_in
from testkit.stream import Speaker
from testkit.tokens import member
from testkit.wait import until

DAY = 86_400_000_000
START = 1_700_000_000_000_000  # 2023-11-14 22:13:20 UTC


POST = Recorded(
    number=1,
    room="lobby",
    offset=0,
    index=0,
    session="s0",
    sequence=1,
    user="Ann",
    author="a" * 64,
    client_ts=START,
    server_ts=START,
    text="\x00ñ",
)
# 18 lines: three posts each on six days, in turn of two sessions.
LINES = [
    to_line(replace(POST, session=f"s{day % 2}", sequence=day // 2 * 3 + post, server_ts=START + day * DAY))
    for day in range(6)
    for post in (1, 2, 3)
]
IDS = [orjson.loads(line)["id"] for line in LINES]


@pytest.fixture
def speaker(system: System) -> Iterator[Speaker]:
    """Yield a speaker. Start an archive, which declares the stream, before it speaks."""
    made = Speaker(system)
    yield made
    made.close()


@pytest.fixture
def empty(broker: TestBroker, tmp_path: Path) -> Iterator[System]:
    """Yield a second system, in which an archive runs."""
    (tmp_path / "empty").mkdir()
    vhost = broker.create_vhost()
    with system_in(broker, vhost, tmp_path / "empty") as made:
        made.started("archive")
        yield made
    broker.delete_vhost(vhost)


def speak(speaker: Speaker, system: System, batches: int = 6, posts: int = 3) -> bytes:
    """Say something on several days, and return log.txt, once it has everything."""
    for batch in range(batches):
        texts = [f"day {batch}, post {post}" for post in range(posts)]
        speaker.say(f"s{batch % 2}", *texts, user=f"user{batch % 2}", author="a" * 64, at=START + batch * DAY)
    speaker.confirmed()
    until(lambda: len(system.recorded()) == len(speaker.ids))
    return (system.data / "log.txt").read_bytes()


def export(system: System, room: str | None = None, since: int | None = None) -> bytes:
    pages = exported(system.url("admin"), room, since)
    return b"".join(to_line(post) for page in pages for post in page.messages)


def fill(system: System, lines: bytes) -> Progress:
    """Import lines, and return how far it came."""
    return list(imported(system.url("admin"), io.BytesIO(lines)))[-1]


def start(system: System, *arguments: str, **more: Any) -> "subprocess.Popen[bytes]":
    environ = {**os.environ, "AMQP_URL": system.url("admin")}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([sys.executable, "-m", "chat_admin", *arguments], env=environ, **options)


def command(system: System, *arguments: str, lines: bytes = b"") -> tuple[int, bytes, str]:
    """Run chat-admin, and return its status, its output and its errors."""
    process = start(system, *arguments, stdin=subprocess.PIPE)
    output, errors = process.communicate(lines, timeout=60)
    return process.returncode, output, errors.decode()


class WatchedFile(io.BytesIO):
    """A file that notes whether the time limit of the command runs while somebody reads a line."""

    limited = False

    def readline(self, size: int | None = -1, /) -> bytes:
        self.limited = self.limited or signal.getitimer(signal.ITIMER_REAL)[0] > 0
        return super().readline(size)


def without_places(lines: bytes) -> list[dict[str, Any]]:
    """Return the posts in lines of log.txt without their places in the stream, which another stream gives again."""
    found = [orjson.loads(line) for line in lines.splitlines()]
    return [{name: value for name, value in post.items() if name not in ("offset", "index")} for post in found]


def log(system: System) -> bytes:
    return (system.data / "log.txt").read_bytes()


def test_an_export_is_log_txt_byte_for_byte_in_pages_of_many_posts(system: System, speaker: Speaker) -> None:
    system.started("archive")
    recorded = speak(speaker, system, batches=9, posts=500)

    status, output, errors = command(system, "export")

    assert (status, errors) == (0, "4,500 messages exported\n")
    assert output == recorded


def test_an_export_has_the_posts_of_a_room_from_a_time_on(system: System, speaker: Speaker) -> None:
    system.started("archive")
    lines = speak(speaker, system).splitlines(keepends=True)

    assert export(system, "lobby", START + 4 * DAY) == b"".join(lines[12:])
    assert export(system, since=START + 3 * DAY + 1) == b"".join(lines[12:])
    assert export(system, since=START + 9 * DAY) == b""
    assert command(system, "export", "--room", "lobby", "--since", "2023-11-18 22:13:21")[1] == b"".join(lines[15:])
    with pytest.raises(NotExported, match="cellar"):
        export(system, "cellar")


def test_an_archive_refuses_an_export_that_a_client_asks_for(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    speak(speaker, system)
    ann = member(system, "ann")
    question = Export(request=new_request(), after=0)

    ann.publish("chat.questions", "room.lobby", encode(question))

    answer = ann.answer(None)
    assert isinstance(answer, Refused)
    assert answer.reason == "unknown_type"
    assert not archive.lines("question.answered")


def test_an_export_continues_when_another_archive_takes_over(system: System, speaker: Speaker) -> None:
    first = system.started("archive")
    recorded = speak(speaker, system, batches=9, posts=500)
    pages = exported(system.url("admin"), None, None)
    lines = [to_line(post) for post in next(pages).messages]
    first.kill()

    system.start("archive")
    lines += [to_line(post) for page in pages for post in page.messages]

    assert b"".join(lines) == recorded


def test_an_export_waits_until_the_index_has_all_of_log_txt(system: System, speaker: Speaker) -> None:
    archive = system.started("archive")
    recorded = speak(speaker, system)
    archive.kill()
    for part in system.data.glob("index.sqlite*"):
        part.unlink()
    with (system.data / "log.txt").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        archive = system.start("archive")
        until(lambda: archive.lines("archive.ready"))

        process = start(system, "export")
        until(lambda: archive.lines("question.refused") or process.poll() is not None)

    output, _ = process.communicate(timeout=60)
    assert output == recorded


def test_an_export_that_is_not_complete_says_so(system: System, speaker: Speaker) -> None:
    system.started("archive")
    speak(speaker, system, batches=3, posts=500)
    with Path("/dev/full").open("wb") as full:
        process = start(system, "export", stdout=full)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the output cannot be read or written: No space left on device" in errors.decode()
    assert "the export is not complete" in errors.decode()

    process = start(system, "export")  # nobody reads its output, so it waits with more than a pipe holds
    assert process.stdout
    assert process.stdout.read(1) == b"{"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.decode().splitlines() == ["0 messages exported: the export is not complete", "interrupted"]


def test_an_import_fills_an_empty_system_and_everything_is_found_as_before(
    system: System, speaker: Speaker, empty: System
) -> None:
    system.started("archive")
    old = member(system, "ann")
    speaker.say("s9", "¡Hola, mundo!", user="Ann", author=old.secret, at=START - DAY)
    speaker.say("s10", "through a new router", user="ann", author=sender_id(old.secret, "ann"), at=START - DAY)
    lines = speak(speaker, system)

    status, output, errors = command(empty, "import", "-", lines=export(system))

    assert (status, output, errors) == (0, b"", "20 messages imported, 0 were there: up to line 20\n")
    assert without_places(log(empty)) == without_places(lines)
    assert without_places(export(empty)) == without_places(lines)
    ann = member(empty, "ann", secret=old.secret)
    assert [ids(page) for page in answers(ann)] == [ids(page) for page in answers(old)]


def test_what_is_imported_into_postgresql_is_exported_from_it(system: System, database: str) -> None:
    system.started("archive", INDEX_URL=database)
    posts = [replace(POST, sequence=number, server_ts=START + number // 3 * DAY) for number in range(1, 3000)]
    lines = b"".join(map(to_line, posts))

    assert fill(system, lines) == Progress(found=0, added=2999, line=2999)

    assert without_places(export(system)) == without_places(lines)
    assert without_places(export(system, since=START + 999 * DAY)) == without_places(lines)[2996:]
    assert fill(system, lines) == Progress(found=2999, line=2999)


def answers(chatter: Chatter) -> Iterator[Page]:
    """Yield the answers to one question of each kind."""
    card = chatter.card
    for question in (
        History(request=new_request(), card=card, before=None, limit=5),
        History(request=new_request(), card=card, before=None, limit=5, since=START + 2 * DAY),
        Search(request=new_request(), card=card, words="mundo", before=None, limit=5),
        Search(request=new_request(), card=card, words="from:user1 day", before=None, limit=50),
        Mine(request=new_request(), card=card, after=0, limit=5),
    ):
        page = chatter.ask(question)
        assert isinstance(page, Page)
        assert page.messages
        yield page


def ids(page: Page) -> list[tuple[int, str, int, int]]:
    return [(post.number, post.session, post.sequence, post.server_ts) for post in page.messages]


def test_a_connected_member_sees_imported_posts_in_order_and_chat_goes_on(system: System, speaker: Speaker) -> None:
    system.started("archive")
    ann = member(system, "ann")
    ann.join()

    fill(system, b"".join(LINES))
    speaker.say("new", "after the import")

    ann.hear(lambda: len(ann.ids()) == len(IDS) + 1)
    assert ann.ids() == [*IDS, "new-1"]
    until(lambda: [line["id"] for line in system.recorded()] == [*IDS, "new-1"])


def test_an_interrupted_import_goes_on_without_doubles(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    system.started("archive")
    lines = b"".join(LINES)
    monkeypatch.setattr(importing, "CHUNK_POSTS", 4)
    first = imported(system.url("admin"), io.BytesIO(lines))
    assert [next(first).added for _ in range(3)] == [0, 4, 8]
    first.close()

    assert fill(system, lines) == Progress(found=8, added=10, line=18)
    assert fill(system, lines) == Progress(found=18, line=18)
    assert without_places(log(system)) == without_places(lines)


def test_an_import_that_was_killed_before_the_archive_recorded_goes_on_without_doubles(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = system.started("archive")
    lines = b"".join(LINES)
    publish = importing._publish

    def publish_and_die(*arguments: Any) -> None:
        archive.send(signal.SIGSTOP)
        publish(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_publish", publish_and_die)
    with pytest.raises(KeyboardInterrupt):
        fill(system, lines)
    monkeypatch.undo()
    archive.send(signal.SIGCONT)

    reached = fill(system, lines)
    assert reached.found + reached.added == 18
    assert without_places(log(system)) == without_places(lines)


def test_an_import_into_a_chat_with_other_messages_is_refused(system: System, speaker: Speaker) -> None:
    system.started("archive")
    speaker.say("other", "I was here first")
    speaker.confirmed()
    until(lambda: len(system.recorded()) == 1)

    with pytest.raises(NotImported, match="other-1"):
        fill(system, b"".join(LINES))

    assert [line["id"] for line in system.recorded()] == ["other-1"]


def test_an_import_ends_before_the_first_wrong_line_and_goes_on_once_it_is_right(
    system: System,
) -> None:
    system.started("archive")
    broken = [*LINES[:7], b"{}\n", *LINES[8:12], LINES[2], b"\n", *LINES[12:], LINES[0][:40]]

    status, _, errors = command(system, "import", "-", lines=b"".join(broken))

    assert status == 1
    assert [line.split(":")[0] for line in errors.splitlines()[:3]] == [
        "7 messages imported, 0 were there",
        "line 8",
        "line 13",
    ]
    assert without_places(log(system)) == without_places(b"".join(LINES[:7]))
    status, _, errors = command(system, "import", "-", lines=b"".join([*LINES, LINES[0][:40]]))
    assert status == 0
    assert errors.splitlines()[0] == "11 messages imported, 7 were there: up to line 18"
    assert "the last line is left out" in errors
    assert without_places(log(system)) == without_places(b"".join(LINES))


def test_an_import_without_a_running_chat_or_a_file_says_so(system: System, tmp_path: Path) -> None:
    status, _, errors = command(system, "import", str(tmp_path / "missing"))
    assert (status, "missing cannot be read or written: No such file" in errors) == (2, True)

    status, _, errors = command(system, "import", "-", lines=b"")
    assert status == 2
    assert "the archive has never run" in errors


def test_a_file_that_takes_long_to_read_and_compare_does_not_end_an_import(empty: System) -> None:
    file = WatchedFile(b"".join(LINES))

    with time_limit.limited():
        progress = list(imported(empty.url("admin"), file))[-1]

    assert (progress.added, file.limited) == (len(LINES), False)

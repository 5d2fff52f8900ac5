"""The index in PostgreSQL, where TEST_POSTGRESQL_URL names an empty database."""

import os
from pathlib import Path

import pytest

from chat_archive.domain import Arrived
from chat_archive.index import Index
from chat_archive.recorder import Recorder
from chat_archive.transcript import Transcript
from chat_wire.messages import Batch, Post, Run


@pytest.mark.skipif("TEST_POSTGRESQL_URL" not in os.environ, reason="TEST_POSTGRESQL_URL is not set")
def test_postgresql_holds_the_index_as_sqlite_does(tmp_path: Path) -> None:
    index = Index(os.environ["TEST_POSTGRESQL_URL"])
    index.create()
    index.clear()
    recorder = Recorder(Transcript(tmp_path / "log.txt"), index)
    posts = tuple(Post(sequence=number, client_ts=number, text=f"\x00ñ{number}") for number in (1, 2, 3))
    run = Run(session="s", user="Ann", author="a", posts=posts)
    arrived = [Arrived(0, Batch(room="lobby", router="r", server_ts=1, runs=(run,)))]

    recorder.open()
    assert not recorder.catch_up()
    written = recorder.record("lobby", arrived)
    recorder.close()

    assert index.history("lobby", None, 10) == written[::-1]
    assert index.mine("a", "ANN", 1, 1) == written[1:2]
    index.clear()
    recorder.open()
    assert recorder.catch_up()
    assert recorder.record("lobby", arrived) == []
    assert index.history("lobby", None, 10) == written[::-1]
    recorder.close()

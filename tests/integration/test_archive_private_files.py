"""The files of the archive, which only its user can read."""

import stat
from pathlib import Path

from testkit.processes import System
from testkit.stream import Speaker
from testkit.wait import until

FILES = {"index.sqlite", "index.sqlite-shm", "index.sqlite-wal", "log.txt"}


def modes(directory: Path) -> dict[str, int]:
    """Return the modes of a directory, as ".", and of its files."""
    found = {path.name: path for path in directory.iterdir()} | {".": directory}
    return {name: stat.S_IMODE(path.stat().st_mode) for name, path in found.items()}


def private(names: set[str]) -> dict[str, int]:
    return dict.fromkeys(names, 0o600) | {".": 0o700}


def say(system: System, speaker: Speaker, text: str) -> None:
    before = len(system.recorded())
    speaker.say("s", text)
    speaker.confirmed()
    until(lambda: len(system.recorded()) > before)


def test_a_new_archive_makes_files_that_only_its_user_can_read(system: System) -> None:
    system.started("archive")
    speaker = Speaker(system)
    say(system, speaker, "hola")

    assert modes(system.data) == private(FILES)
    speaker.close()


def test_an_archive_takes_the_rights_of_others_from_files_of_an_older_version(system: System) -> None:
    archive = system.started("archive")
    speaker = Speaker(system)
    say(system, speaker, "before")
    archive.kill()
    (system.data / "log.txt.aside-1").touch()
    (system.data / "of-somebody-else").touch()
    for name in (*FILES, "log.txt.aside-1", "of-somebody-else"):
        (system.data / name).chmod(0o644)
    system.data.chmod(0o755)

    archive = system.started("archive")
    say(system, speaker, "after")

    kept = {"of-somebody-else": 0o644}
    assert modes(system.data) == private({*FILES, "log.txt.aside-1"}) | kept
    changed = {Path(line["path"]).name: line["mode"] for line in archive.lines("file.protected")}
    assert changed == dict.fromkeys((*FILES, "log.txt.aside-1"), "0644") | {"data": "0755"}
    speaker.close()

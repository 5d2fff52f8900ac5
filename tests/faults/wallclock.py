"""The wall clock of a running process, stepped by libfaketime; the monotonic clock stays right."""

from pathlib import Path


def library() -> Path | None:
    """Return the path of libfaketime, or None if it is not installed."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def settings(file: Path) -> dict[str, str]:
    """Return the environment of a process whose clock `file` steps; empty without libfaketime."""
    found = library()
    if found is None:
        return {}
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def step(file: Path, seconds: int) -> None:
    """Set the offset from the true time, in seconds; the process applies it within a second."""
    new = file.with_suffix(".new")
    new.write_text(f"{seconds:+d}")
    new.replace(file)

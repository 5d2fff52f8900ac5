"""The wall clock of a process, to be stepped while it runs, by libfaketime; its monotonic clock stays right."""

from pathlib import Path


def library() -> Path | None:
    """The library that does it, if it is installed."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def settings(file: Path) -> dict[str, str]:
    """The environment of a process whose clock `file` steps; none without the library."""
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
    """Set the clock off from the true time; it is noticed within a second."""
    new = file.with_suffix(".new")
    new.write_text(f"{seconds:+d}")
    new.replace(file)

"""The processor time and memory of processes."""

from collections.abc import Iterable

import psutil

MEGABYTE = 1_000_000


def processor_seconds(processes: Iterable[int | psutil.Process]) -> float:
    """Return the user and system time of processes since they started, in seconds."""
    times = [_process(each).cpu_times() for each in processes]
    return sum(each.user + each.system for each in times)


def memory(process: int | psutil.Process) -> float:
    """Return the resident memory of a process, in MB."""
    return float(_process(process).memory_info().rss / MEGABYTE)


def _process(process: int | psutil.Process) -> psutil.Process:
    return process if isinstance(process, psutil.Process) else psutil.Process(process)

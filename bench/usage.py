"""What processes use of the machine."""

from collections.abc import Iterable

import psutil

MEGABYTE = 1_000_000


def processor_seconds(processes: Iterable[int | psutil.Process]) -> float:
    """The processor time that processes have used since they started, of user and system, in seconds."""
    times = [_process(each).cpu_times() for each in processes]
    return sum(each.user + each.system for each in times)


def memory(process: int | psutil.Process) -> float:
    """The resident memory of a process, in MB."""
    return float(_process(process).memory_info().rss / MEGABYTE)


def _process(process: int | psutil.Process) -> psutil.Process:
    return process if isinstance(process, psutil.Process) else psutil.Process(process)

"""The machine below the figures: which core does what, what a flush costs, how much memory a process has, who else works."""

import os
import platform
import resource
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import apsw
import psutil
import uvicorn


class Cores(NamedTuple):
    """The core of the server and the core of the load: the same one where there is no second."""

    server: int
    load: int


def cores() -> Cores:
    """The first and the last that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[-1])


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """The command, kept on one core."""
    return ["taskset", "--cpu-list", str(core), *command]


def proportional_bytes(process: int) -> int:
    """The memory of a process, with what it shares counted in equal parts (PSS)."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"process {process} has no Pss")


def flush_seconds(directory: Path, times: int = 200) -> list[float]:
    """How long 4 KiB and a flush take on the disk under the database: the floor below every commit."""
    path, found = directory / "flush", []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for number in range(times):
            started = time.perf_counter()
            os.pwrite(descriptor, bytes(4096), number * 4096)
            os.fdatasync(descriptor)
            found.append(time.perf_counter() - started)
    finally:
        os.close(descriptor)
        path.unlink()
    return found


def restless(core: int, times: int = 2_000) -> float:
    """How often a neighbour takes the core away unseen: the 99th percentile of one piece of work, in medians of it.

    No wait of a server on this core can be steadier than that.
    """
    usable, found = os.sched_getaffinity(0), []
    os.sched_setaffinity(0, {core})
    try:
        for _ in range(times):
            started = time.perf_counter()
            sum(range(50_000))
            found.append(time.perf_counter() - started)
    finally:
        os.sched_setaffinity(0, usable)
    found.sort()
    return found[times * 99 // 100] / found[times // 2]


def used_seconds(processes: Sequence[int]) -> float:
    """The processor time that these processes took so far."""
    times = [psutil.Process(process).cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


def tree_seconds(process: int) -> float:
    """The processor time of a process and of all below it, those that ended included."""
    top = psutil.Process(process)
    times = top.cpu_times()
    found = times.user + times.system + times.children_user + times.children_system
    for each in top.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            below = each.cpu_times()
            found += below.user + below.system
    return found


class Others:
    """The share of the machine that others used: neither this process, nor what it started and waited for, nor `ours`."""

    def __init__(self, ours: Callable[[], float]) -> None:
        """`ours` tells the processor time that our servers took so far."""
        self._ours = ours
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        times = psutil.cpu_times()
        own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        mine = sum(each.ru_utime + each.ru_stime for each in own) + self._ours()
        return sum(times), sum(times) - times.idle - times.iowait, mine

    def share(self) -> float:
        """Since this was made; 0 to 1."""
        (total, busy, mine), (total_now, busy_now, mine_now) = self._began, self._now()
        passed = total_now - total
        return max(0.0, (busy_now - busy - (mine_now - mine)) / passed) if passed else 0.0


def described() -> str:
    """One line for the table's head."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, Linux {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, uvicorn {uvicorn.__version__}, SQLite {apsw.sqlite_lib_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()

"""The servers that are measured: ours as an operator starts it, and the bare floor. Started, asked, stopped."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.machine import pinned, tree_seconds

PROGRAM = Path(sys.executable).with_name("admincenter")
_ADDRESS = re.compile(r"http://([0-9.]+:\d+)")
_STOP_SECONDS = 30


class Server(NamedTuple):
    """A running server; `host` is what its clients send as Host, `postmaster` the first process of its PostgreSQL."""

    process: int
    host: str
    started: float
    postmaster: int | None = None

    @property
    def base(self) -> str:
        """Where it is."""
        return f"http://{self.host}"

    @property
    def workers(self) -> list[int]:
        """The processes below it."""
        return [each.pid for each in psutil.Process(self.process).children()]

    @property
    def processes(self) -> list[int]:
        """All of them."""
        return [self.process, *self.workers]

    def database_seconds(self) -> float:
        """The processor time that its PostgreSQL took so far, in all its processes; 0 where the database is in the server."""
        return tree_seconds(self.postmaster) if self.postmaster else 0.0

    def get(self, target: str, token: str = "") -> tuple[int, bytes]:
        """One GET on a connection of its own: status and body."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request("GET", target, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def admin_center(place: Sequence[str], core: int, log: Path, workers: int = 1) -> Iterator[Server]:
    """`admincenter serve` with its defaults: limits, usage counters and access log on; the log goes to a file."""
    options = ["serve", "--host", "127.0.0.1", "--port", "0", *place, "--workers", str(workers)]
    with _running([str(PROGRAM), *options, "--log-format", "json"], core, log) as server:
        yield server


@contextmanager
def bare(core: int, log: Path) -> Iterator[Server]:
    """The bare floor."""
    with _running([sys.executable, "-m", "bench.bare"], core, log) as server:
        yield server


@contextmanager
def _running(command: Sequence[str], core: int, log: Path) -> Iterator[Server]:
    started = time.perf_counter()
    with log.open("ab") as errors:
        process = subprocess.Popen(
            pinned(core, command), stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment(), cwd=_TOP
        )
    try:
        yield Server(process.pid, _address(process, log), started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_STOP_SECONDS)


_TOP = Path(__file__).parents[1]


def _environment() -> dict[str, str]:
    """Ours without settings of the server: the defaults are measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")}


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = _ADDRESS.search(line)
        if found:
            return found[1]
    raise RuntimeError(f"the server did not start; its log is {log}")


def first_answer(server: Server, target: str) -> float:
    """Seconds from the start of the process to its first answer."""
    status, _body = server.get(target)
    if status != 200:
        raise RuntimeError(f"{target} answered {status}")
    return time.perf_counter() - server.started


def figures(server: Server) -> dict[str, float]:
    """The server's own figures from /metrics, by name."""
    lines = server.get("/metrics")[1].decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name.partition("{")[0]: float(value) for name, _space, value in pairs}

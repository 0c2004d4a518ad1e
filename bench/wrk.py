"""The load generator: wrk on a core of its own, sending whole requests that are written here, in turn."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from bench.figure import Spread, spread
from bench.machine import pinned

ROTATE = Path(__file__).parent / "lua" / "rotate.lua"
CONNECTIONS = 32


class Spoiled(Exception):
    """A load in which answers were refused or lost: its figure means nothing."""


class Load(NamedTuple):
    """What one load brought. `p50` and `p99` in milliseconds."""

    rate: float
    p50: float
    p99: float
    statuses: dict[str, int]
    tokens: Sequence[str]
    cpu: float = 0.0
    """Microseconds of processor time that the server took for one answer; `Ground.load` fills it in."""
    database: float = 0.0
    """The same of its PostgreSQL; 0 where the database is in the server."""


class Wrk:
    """Loads from one core, with requests kept in one directory."""

    def __init__(self, core: int, directory: Path) -> None:
        self._core, self._directory = core, directory
        self._files = 0

    def requests(self, each: Iterable[str]) -> Path:
        """A file of requests, for `load`."""
        self._files += 1
        path = self._directory / f"requests-{self._files}"
        path.write_text("".join(request + "\0" for request in each))
        return path

    def start(
        self,
        base: str,
        requests: Path,
        seconds: int,
        connections: int = CONNECTIONS,
        collect: bool = False,
        may_refuse: bool = False,
    ) -> Callable[[], Load]:
        """Begins a load; what comes back waits for its end. Raises Spoiled there where an answer is a refusal, unless
        refusals are expected or all answers are collected."""
        options = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(ROTATE), base]
        command = pinned(self._core, [*options, "--", str(requests), *(["collect"] if collect else [])])
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

        def wait() -> Load:
            output, _ = process.communicate()
            return _read(output, collect or may_refuse)

        return wait

    def load(self, base: str, requests: Path, seconds: int, connections: int = CONNECTIONS, collect: bool = False) -> Load:
        """A whole load."""
        return self.start(base, requests, seconds, connections, collect)()


def _read(output: str, may_refuse: bool) -> Load:
    lines = [line for line in output.splitlines() if line.startswith("REPORT ")]
    if not lines:
        raise Spoiled(f"wrk reported nothing: {output[-400:]}")
    report = json.loads(lines[0].removeprefix("REPORT "))
    if report["lost"] or (report["refused"] and not may_refuse):
        raise Spoiled(f"{report['refused']} answers were refused and {report['lost']} were lost, so this load measured nothing")
    statuses = dict(each.split("=") for each in report["statuses"].split())
    return Load(
        report["requests"] / report["microseconds"] * 1e6,
        report["p50"] / 1000,
        report["p99"] / 1000,
        {status: int(count) for status, count in statuses.items()},
        report["tokens"].split(),
    )


def apart(loads: Sequence[Load]) -> str:
    """What a note adds where the database has processes of its own: answers per CPU-second of either side."""
    if not any(each.database for each in loads):
        return ""
    server, database = spread(each.cpu for each in loads), spread(each.database for each in loads)
    return f"; per CPU-second of the server {_a_second(server)}, of the database {_a_second(database)}"


def _a_second(cost: Spread) -> Spread:
    """Turns microseconds of one answer into answers a second: what costs most is fewest."""
    return Spread(*(1_000_000 / max(each, 1e-9) for each in (cost.median, cost.high, cost.low)))


def is_missing() -> bool:
    """Whether the program is not installed."""
    return shutil.which("wrk") is None


def get(host: str, target: str, token: str = "") -> str:
    """A GET as it goes over the wire."""
    return _request("GET", host, target, f"Authorization: Bearer {token}\r\n" if token else "", "")


def post(host: str, target: str, fields: dict[str, str]) -> str:
    """A form as it goes over the wire."""
    body = urlencode(fields)
    head = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return _request("POST", host, target, head, body)


def post_json(host: str, target: str, body: bytes, token: str) -> str:
    """A JSON body, in ASCII, as it goes over the wire."""
    head = f"Authorization: Bearer {token}\r\nContent-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n"
    return _request("POST", host, target, head, body.decode("ascii"))


def _request(method: str, host: str, target: str, head: str, body: str) -> str:
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: example-sync/4.2\r\n{head}\r\n{body}"

"""What every scenario stands on: its place, the cores, the load generator, sites and servers, all ended at the end."""

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from bench import servers, site
from bench.machine import Others, cores, used_seconds
from bench.scale import Scale, Stock
from bench.servers import Server
from bench.site import Site
from bench.wrk import CONNECTIONS, Load, Wrk, get, post

T = TypeVar("T")


class Ground:
    """For one run. Use it as a context."""

    def __init__(self, scale: Scale, results: Path) -> None:
        self.scale, self._results = scale, results
        self._ends = ExitStack()
        self.cores = cores()
        self.others: list[float] = []
        self._sites = 0

    def __enter__(self) -> "Ground":
        self._results.mkdir(parents=True, exist_ok=True)
        self.place = Path(self._ends.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=self._results)))
        self.wrk = Wrk(self.cores.load, self.place)
        self.log = self.place / "server.log"
        return self

    def __exit__(self, *_error: object) -> None:
        self._ends.close()

    def told(self, what: str) -> None:
        """Progress, on one line that is written over."""
        if sys.stderr.isatty():
            print(f"\r\033[K  {what}", end="", file=sys.stderr, flush=True)

    def how(self) -> str:
        """How it was measured, for the table's head."""
        busy = f"; others used up to {max(self.others):.0%} of the machine" if self.others else ""
        rounds = f"{self.scale.rounds} rounds of {self.scale.seconds} s each"
        return f"server on core {self.cores.server}, load from core {self.cores.load}, {rounds}{busy}"

    @cached_property
    def main(self) -> Site:
        """The site of the size that the targets speak of."""
        return self.another(self.scale.stock)

    def another(self, stock: Stock) -> Site:
        """A fresh site of any size."""
        self._sites += 1
        return site.copy(self._results, stock, self.place / f"site-{self._sites}", self.told)

    def serve(self, on: Site, workers: int = 1) -> AbstractContextManager[Server]:
        """Our server, on its core."""
        return servers.admin_center(on.data, self.cores.server, self.log, workers)

    @cached_property
    def bare(self) -> Server:
        """The bare floor, which stays up to the end of the run."""
        return self._ends.enter_context(servers.bare(self.cores.server, self.log))

    def load(self, server: Server, requests: Path, connections: int = CONNECTIONS) -> Load:
        """A load, with the server's own processor time beside the rate: that one hardly feels who else works."""
        before = used_seconds(server.processes)
        load = self.wrk.load(server.base, requests, self.scale.seconds, connections)
        used = used_seconds(server.processes) - before
        return load._replace(cpu=used / (load.rate * self.scale.seconds) * 1_000_000)

    def bare_load(self, connections: int = CONNECTIONS) -> Load:
        """What the bare floor answers."""
        return self.load(self.bare, self.wrk.requests([get(self.bare.host, "/")]), connections)

    def calls(self, server: Server, on: Site) -> Path:
        """`GET /me` with fresh tokens, over as many integrations as the default limits need."""
        tokens = on.mint(on.some(self.scale.callers))
        return self.wrk.requests(get(server.host, "/me", token) for token in tokens)

    def purchases(self, server: Server, on: Site) -> Path:
        """Token requests of other integrations than those of `calls`, where there are enough."""
        callers = set(on.some(self.scale.callers))
        app_ids = [each for each in on.secrets if each not in callers][: self.scale.minters]
        return self.wrk.requests(purchase(server, each, on.secrets[each]) for each in app_ids)

    def alternate(self, measures: Mapping[str, Callable[[], T]], ours: list[int]) -> dict[str, list[T]]:
        """A B A B …: each measure once a round, so that a slower minute slows all. Notes how much others disturbed."""
        found: dict[str, list[T]] = {name: [] for name in measures}
        for number in range(self.scale.rounds):
            for name, measure in measures.items():
                self.told(f"round {number + 1} of {self.scale.rounds}: {name}")
                others = Others([*ours, *self.bare.processes])
                found[name].append(measure())
                self.others.append(others.share())
        return found


def purchase(server: Server, app_id: str, secret: str) -> str:
    """One token request."""
    fields = {"access_token": f"{app_id}|{secret}", "grant_type": "client_credentials"}
    return post(server.host, "/work_get_token", fields)

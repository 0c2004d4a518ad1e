"""What every scenario stands on: its place, the cores, the load generator, sites and servers, all ended at the end."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from bench import postgres, servers, site
from bench.machine import Others, cores, restless, used_seconds
from bench.scale import Scale, Stock
from bench.servers import Server
from bench.site import Site
from bench.wrk import CONNECTIONS, Load, Wrk, get, post
from tests.postgres_cluster import Cluster

T = TypeVar("T")


class Ground:
    """For one run. Use it as a context."""

    def __init__(self, scale: Scale, results: Path) -> None:
        self.scale, self._results = scale, results.resolve()
        self._ends = ExitStack()
        self.cores = cores()
        self.others: list[float] = []
        self.restless = restless(self.cores.server)
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
        database = f", {postgres.described(self.cluster, self.cores.load)}" if "cluster" in vars(self) else ""
        unsteady = f"; the same work takes {self.restless:.1f} times its median at its p99 on the server's idle core"
        return f"server on core {self.cores.server}, load from core {self.cores.load}{database}, {rounds}{busy}{unsteady}"

    @cached_property
    def main(self) -> Site:
        """The site of the size that the targets speak of."""
        return self.another(self.scale.stock)

    def another(self, stock: Stock) -> Site:
        """A fresh site of any size."""
        self._sites += 1
        return site.copy(self._results, stock, self.place / f"site-{self._sites}", self.told)

    @cached_property
    def cluster(self) -> Cluster:
        """A PostgreSQL of this run's own, on the load's core, so that the server has its own core as without one."""
        self.place.chmod(0o711)  # PostgreSQL does not run as root, and its directory lies below
        found = postgres.started(self.place / "postgres", self.cores.load)
        self._ends.callback(found.stop)
        return found

    @cached_property
    def _moved(self) -> tuple[Site, str]:
        source = self.another(self.scale.stock)
        return source, postgres.moved(self.cluster, source, self.told)

    @cached_property
    def main_on_postgres(self) -> Site:
        """The site on PostgreSQL that the targets speak of."""
        return self.another_on_postgres()

    def another_on_postgres(self) -> Site:
        """A fresh one like it."""
        source, template = self._moved
        self.told("copying the database")
        return Site(source.directory, postgres.copied(self.cluster, template))

    @contextmanager
    def serve(self, on: Site, workers: int = 1) -> Iterator[Server]:
        """Our server, on its core."""
        with servers.admin_center(on.place, self.cores.server, self.log, workers) as server:
            yield server._replace(postmaster=self.cluster.process if on.database_url else None)

    @cached_property
    def bare(self) -> Server:
        """The bare floor, which stays up to the end of the run."""
        return self._ends.enter_context(servers.bare(self.cores.server, self.log))

    def load(self, server: Server, requests: Path, connections: int = CONNECTIONS) -> Load:
        """A load, with the server's own processor time beside the rate: that one hardly feels who else works."""
        before, database = used_seconds(server.processes), server.database_seconds()
        load = self.wrk.load(server.base, requests, self.scale.seconds, connections)
        used, database = used_seconds(server.processes) - before, server.database_seconds() - database
        of_one = 1_000_000 / (load.rate * self.scale.seconds)
        return load._replace(cpu=used * of_one, database=database * of_one)

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

    def alternate(self, measures: Mapping[str, Callable[[], T]], ours: Sequence[Server]) -> dict[str, list[T]]:
        """A B A B …: each measure once a round, so that a slower minute slows all. Notes how much others disturbed."""
        found: dict[str, list[T]] = {name: [] for name in measures}
        for number in range(self.scale.rounds):
            for name, measure in measures.items():
                self.told(f"round {number + 1} of {self.scale.rounds}: {name}")
                others = Others(lambda: _seconds([*ours, self.bare]))
                found[name].append(measure())
                self.others.append(others.share())
        return found


def _seconds(running: Sequence[Server]) -> float:
    """The processor time that all of them took; a PostgreSQL that several use counts once."""
    databases = {each.postmaster: each.database_seconds() for each in running}
    return sum(used_seconds(each.processes) for each in running) + sum(databases.values())


def purchase(server: Server, app_id: str, secret: str) -> str:
    """One token request."""
    fields = {"access_token": f"{app_id}|{secret}", "grant_type": "client_credentials"}
    return post(server.host, "/work_get_token", fields)

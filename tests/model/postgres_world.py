"""The product under the model on PostgreSQL: killed, backed up and restored as it is there."""

import subprocess
from pathlib import Path

from tests.model.world import BY, World
from tests.postgres_cluster import Cluster
from tests.postgres_programs import found


class PostgresWorld(World):
    """A server's life on a database of its own."""

    compares = False

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._cluster, self._template = cluster, template
        self._names = [cluster.new_database(template)]
        super().__init__()

    @property
    def database_url(self) -> str:  # type: ignore[override]
        return self._cluster.url(self._names[-1])

    def crash(self) -> None:
        """What kill -9 leaves: the server can tell the database nothing more, not even what it had counted."""
        self._cluster.execute(f"ALTER DATABASE {self._names[-1]} ALLOW_CONNECTIONS false")
        self._cluster.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._names[-1]}'")
        self._close()
        self._cluster.execute(f"ALTER DATABASE {self._names[-1]} ALLOW_CONNECTIONS true")
        self._open()

    def backup(self) -> Path:
        self._lives += 1
        target = self._place / f"backup-{self._lives}"
        self._tool("pg_dump", "--file", str(target), self.database_url)
        return target

    def restore(self, backup: Path) -> None:
        self._close()
        self._names.append(self._cluster.new_database())
        self._tool("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(backup), self.database_url)
        self._open()
        self.store.restored(BY)

    def _tool(self, name: str, *arguments: str) -> None:
        done = subprocess.run([found(name), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def end(self) -> None:
        super().end()
        for each in self._names:
            self._cluster.drop(each)

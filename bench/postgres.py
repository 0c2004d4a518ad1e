"""The PostgreSQL that is measured: a private cluster in the run's directory, filled by a move of a seeded data directory."""

from pathlib import Path

from admincenter.core.audit import Origin
from admincenter.store.move import move
from bench.machine import pinned
from bench.people import Told
from bench.site import Site
from tests.postgres_cluster import Cluster
from tests.postgres_programs import program

_SETTINGS = {"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""All else is as `initdb` leaves it."""


def is_missing() -> bool:
    """Whether PostgreSQL is not installed."""
    return program("initdb") is None


def started(directory: Path, core: int) -> Cluster:
    """A cluster on one core, reached through a Unix socket."""
    directory.mkdir()
    cluster = Cluster(directory, _SETTINGS, pinned(core, []))
    cluster.start()
    return cluster


def described(cluster: Cluster, core: int) -> str:
    """For the table's head."""
    return f"PostgreSQL {cluster.version} on core {core} too (Unix socket, fsync and synchronous_commit on)"


def moved(cluster: Cluster, source: Site, told: Told) -> str:
    """Moves a site as the command does; the database's name. It is left at rest, so that no vacuum falls into a load."""
    name = cluster.new_database()
    by = Origin("cli:operator@admin.example.com")
    move(source.data, None, cluster.url(name), by, lambda what, done, of: told(f"PostgreSQL: {what}: {done:,} of {of:,}"))
    cluster.execute("VACUUM (FREEZE, ANALYZE)", name)
    return name


def copied(cluster: Cluster, template: str) -> str:
    """The URL of a fresh copy, written to the disk, so that no checkpoint of it falls into a load."""
    name = cluster.new_database(template)
    cluster.execute("CHECKPOINT")
    return cluster.url(name)

"""A PostgreSQL of the tests' own: made in a temporary directory, reached through a Unix socket there, gone at their end.

One that runs on the machine already is never looked at.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres_programs import found
from tests.serving import until
from tests.wire import HANG

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "log_min_messages": "warning",
    "jit": "off",
}
_NAMES = count(1)


class Cluster:
    """A running server. `superuser` may do everything in it."""

    superuser = "postgres"

    def __init__(self, directory: Path, settings: Mapping[str, str] = _SETTINGS, under: Sequence[str] = ()) -> None:
        """`settings` are quick and forget at a crash, unless others are given; `under` is a command that starts the server."""
        self.directory, self._settings, self._under = directory, settings, under
        self._data = directory / "data"
        self._as = _unprivileged()

    def start(self) -> None:
        """Makes the cluster and starts it."""
        self.directory.chmod(0o755)
        shutil.chown(self.directory, self._as.get("user", os.geteuid()))
        trusting = ("--username", self.superuser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        self._run("initdb", "--pgdata", str(self._data), *trusting)
        self.resume()

    def resume(self) -> None:
        """Starts the server; it ends with us, however we end."""
        flags = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [
            *self._under,
            "setpriv",
            "--pdeathsig",
            "INT",
            found("postgres"),
            "-D",
            str(self._data),
            "-k",
            str(self.directory),
            *flags,
        ]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as)
        until(lambda: self._answers() or self._process.poll() is not None, "PostgreSQL")
        assert self._process.poll() is None, (self.directory / "log").read_text()

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), self.connected():
            return True
        return False

    @property
    def process(self) -> int:
        """The server's first process, the parent of all others."""
        return self._process.pid

    def stop(self) -> None:
        """Stops the server at once, as a crash would."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(HANG)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run([found(name), *arguments], capture_output=True, text=True, check=False, **self._as)
        assert done.returncode == 0, done.stderr

    def url(self, database: str, role: str = superuser) -> str:
        """What a program connects with."""
        return f"postgresql://{role}@/{database}?host={self.directory}"

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator["psycopg.Connection[Any]"]:
        """A connection of the superuser's."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            yield connection

    def new_database(self, template: str = "template0") -> str:
        """Another database; its name. Where PostgreSQL can, it sorts texts as people do: nothing may lean on bytes' order."""
        name = f"test_{next(_NAMES)}"
        people = " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if self.version >= 15 and template == "template0" else ""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}{people}")
        return name

    @cached_property
    def version(self) -> int:
        """Its major version."""
        with self.connected() as connection:
            return connection.info.server_version // 10_000

    def drop(self, database: str) -> None:
        """Takes a database away, and whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs one statement as the superuser."""
        with self.connected(database) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise AssertionError("there is no user to run PostgreSQL as")


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """A cluster that is gone at the end."""
    directory = Path(tempfile.mkdtemp(prefix="admincenter-pg-"))
    try:
        cluster = Cluster(directory)
        cluster.start()
        yield cluster
        cluster.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)

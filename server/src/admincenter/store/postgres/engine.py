"""PostgreSQL behind a `Store`: one database for any number of nodes, whose data directories hold no more than the key file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from admincenter.core import soundness
from admincenter.core.audit import SECOND
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.tokens import LIFE
from admincenter.store import creation, directory, facts, migrate
from admincenter.store.clock import Clock
from admincenter.store.database import in_snapshot
from admincenter.store.engine import Host, Upkeep
from admincenter.store.postgres import rights
from admincenter.store.postgres.clock import DatabaseClock
from admincenter.store.postgres.connector import Connector, one_line
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.postgres.limits import PATIENT
from admincenter.store.postgres.lookups import PostgresLookups
from admincenter.store.sql import Broken

MOST_OFF = 5 * SECOND
"""How far a node's own clock may be off before it says so."""


class PostgresEngine:
    """`engine.Engine` over a URL."""

    embedded = False

    def __init__(self, url: str, data: Path, clock: Clock | None) -> None:
        self.clock: Clock = clock or DatabaseClock()
        self._connector, self._patient = Connector(url), Connector(url, PATIENT)
        self._data = data
        self._kept: list[PostgresDatabase] = []
        self._is_open = True

    @property
    def name(self) -> str:
        return self._connector.name

    def open(self, key_path: Path, create: bool) -> bool:
        self._connector.refuse_unreachable()
        with self.one_clear_line():
            database = PostgresDatabase(self._patient, self.clock)
            try:
                self._bring_up(database, create)
                return not _is_furnished(database) and self._furnish(database, key_path, create)
            finally:
                database.close()

    def _bring_up(self, database: PostgresDatabase, create: bool) -> None:
        present, newest = migrate.applied(database), migrate.known()[-1].number
        if present:
            facts.refuse_out_of_service(database.sql, self.name)
        if present < newest and not create:
            state = "has an older schema" if present else "is empty"
            raise StartRefused(f"The {self.name} {state}: `admincenter database migrate` brings it up, and so does the server")
        try:
            migrate.bring_up(database, self.clock)
        except StartRefused as refused:
            if present > newest:
                raise
            raise StartRefused(
                f"The {self.name} must be brought up to this version's schema, and this role may not do it: "
                f"type `admincenter database migrate` as one that may. {refused}"
            ) from None

    def _furnish(self, database: PostgresDatabase, key_path: Path, create: bool) -> bool:
        if not create:
            raise StartRefused(f"The {self.name} has no instance yet; `admincenter serve` makes the first one")
        if (self._data / directory.DATABASE).exists():
            raise StartRefused(
                f"{self._data} holds a SQLite database, and the {self.name} is empty: `admincenter database move` takes "
                "the data there. To begin with nothing, name another directory with --data"
            )
        return creation.furnish(database, key_path, self.name)

    @contextmanager
    def one_clear_line(self) -> Iterator[None]:
        try:
            yield
        except (StorageUnavailable, Broken, psycopg.Error) as error:
            raise StartRefused(f"The {self.name} cannot be used: {one_line(error.__cause__ or error)}") from None
        except OSError as error:
            raise StartRefused(f"{error.filename or self._data} cannot be used: {error.strerror}") from None

    def not_before(self, highest: int) -> None:
        """As on SQLite: where the database's clock stepped back, no token lives longer (F11)."""
        self.let_go()  # the next connection begins with a look at the database's clock
        with self.connected() as database:
            in_snapshot(database, lambda tx: None)
        if isinstance(self.clock, DatabaseClock) and highest - self.clock() <= LIFE:
            self.clock.not_before(highest)

    def connect(self) -> PostgresDatabase:
        return PostgresDatabase(self._connector, self.clock)

    def connect_to_write(self) -> PostgresDatabase:
        return self.connect()

    @contextmanager
    def connected(self) -> Iterator[PostgresDatabase]:
        """One is kept for the next who asks; whether it still stands is looked at when it is used."""
        try:
            database = self._kept.pop()
        except IndexError:
            database = self.connect()
        try:
            yield database
        finally:
            database.rollback()
            if self._is_open and not self._kept and not database.is_over:
                self._kept.append(database)
            else:
                database.close()

    def let_go(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def lookups(self, host: Host) -> PostgresLookups:
        return PostgresLookups(self._connector, self.clock, host)

    def upkeep(self, host: Host) -> Upkeep | None:
        """PostgreSQL does its own."""
        return None

    def mark_running(self) -> bool:
        """Whether it was stopped cleanly is PostgreSQL's own business, and many nodes serve."""
        return False

    def mark_stopped(self) -> None:
        """Nothing was marked."""

    def integrity_faults(self) -> list[str]:
        """Pages are PostgreSQL's: its checksums, and `pg_amcheck`."""
        return []

    def faults(self) -> list[str]:
        with self.connected() as database:
            return in_snapshot(database, lambda tx: list(soundness.faults(tx)))

    def warnings(self) -> list[str]:
        return [*self._role(), *self.clock_warnings()]

    def _role(self) -> Iterator[str]:
        with self.connected() as database:
            is_strong = rights.may_change_the_log(database)
        if is_strong:
            yield (
                "the server's role may change and delete what is in the audit log; "
                "give it one of its own that may not, see docs/howto/postgresql.md"
            )

    def clock_warnings(self) -> list[str]:
        ahead = self.clock.own_is_ahead if isinstance(self.clock, DatabaseClock) else 0
        if abs(ahead) <= MOST_OFF:
            return []
        how = "ahead of" if ahead > 0 else "behind"
        return [f"this machine's clock is {abs(ahead) / SECOND:.0f} s {how} the database's, which is the one that counts"]

    def close(self) -> None:
        self._is_open = False
        self.let_go()


def _is_furnished(database: PostgresDatabase) -> bool:
    return bool(in_snapshot(database, lambda tx: tx.server_keys.all()))

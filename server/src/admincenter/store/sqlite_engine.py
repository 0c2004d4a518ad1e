"""SQLite behind a `Store`: one file in the data directory, served by the processes of one machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.tokens import LIFE
from admincenter.store import checking, creation, directory, facts, migrate, sqlite
from admincenter.store.clock import Clock, SystemClock
from admincenter.store.engine import Host
from admincenter.store.sql import Broken
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.sqlite_lookups import SqliteLookups
from admincenter.store.wal import WalMover


class SqliteEngine:
    """`engine.Engine` over the data directory's database."""

    embedded = True

    def __init__(self, data: Path, clock: Clock | None) -> None:
        sqlite.refuse_old_library()
        self.path = data / directory.DATABASE
        self.clock: Clock = clock or SystemClock()
        self._data, self._clock_is_given, self._lock = data, clock is not None, -1

    @property
    def name(self) -> str:
        return str(self.path)

    def open(self, key_path: Path, create: bool) -> bool:
        with self.one_clear_line():
            is_new = creation.is_due(self.path)
            if is_new:
                self._begin(key_path, create)
        self._lock = directory.share(self._data)
        with self.one_clear_line():
            self._check()
        return is_new

    def _begin(self, key_path: Path, create: bool) -> None:
        if not create:
            raise StartRefused(f"There is no database in {self._data}; `admincenter serve --data {self._data}` makes one")
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with directory.alone(self._data):
            if creation.is_due(self.path):
                creation.begin(self.path, key_path, self.clock)

    def _check(self) -> None:
        directory.refuse_foreign_owner(self.path)
        if not os.access(self.path, os.W_OK):
            raise StorageUnavailable
        with self.connected() as database:
            if not migrate.applied(database):
                raise StartRefused(f"{self.path} is empty: the database was lost; `admincenter database restore` a backup")
            facts.refuse_out_of_service(database.sql, self.path)
            migrate.bring_up(database, self.clock)

    @contextmanager
    def one_clear_line(self) -> Iterator[None]:
        try:
            yield
        except Broken as error:
            raise StartRefused(
                f"{self.path} is damaged ({error}); restore a backup with `admincenter database restore`"
            ) from None
        except StorageUnavailable:
            raise StartRefused(
                f"{self.path} cannot be written: it is read-only, locked by somebody else, or the disk is full"
            ) from None
        except OSError as error:
            raise StartRefused(f"{self.path} cannot be used: {error.strerror}") from None

    def not_before(self, highest: int) -> None:
        """A wall clock that stepped back over a restart lengthens no token's life (F11).

        Where the highest time lies further ahead than a token lives, the clock was wrong then and is not followed.
        """
        if not self._clock_is_given and highest - self.clock() <= LIFE:
            self.clock = SystemClock(not_before=highest)

    def connect(self) -> SqliteDatabase:
        return SqliteDatabase(self.path, self.clock)

    def connect_to_write(self) -> SqliteDatabase:
        database = self.connect()
        database.leave_checkpoints_to_others()
        return database

    @contextmanager
    def connected(self) -> Iterator[SqliteDatabase]:
        database = self.connect()
        try:
            yield database
        finally:
            database.close()

    def let_go(self) -> None:
        """None is kept."""

    def lookups(self, host: Host) -> SqliteLookups:
        return SqliteLookups(self.connect(), host)

    def upkeep(self, host: Host) -> WalMover:
        return WalMover(self.connect, host)

    def mark_running(self) -> bool:
        with self.connected() as database:
            was_unclean = facts.get(database.sql, facts.RUNNING) is not None
            facts.put(database.sql, facts.RUNNING, str(self.clock()))
        return was_unclean

    def mark_stopped(self) -> None:
        with suppress(Broken, StorageUnavailable), self.connected() as database:
            facts.drop(database.sql, facts.RUNNING)

    def integrity_faults(self) -> list[str]:
        with self.connected() as database:
            return checking.pages(database)

    def faults(self) -> list[str]:
        with self.connected() as database:
            return checking.faults(database)

    def warnings(self) -> list[str]:
        return []

    def clock_warnings(self) -> list[str]:
        return []

    def close(self) -> None:
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

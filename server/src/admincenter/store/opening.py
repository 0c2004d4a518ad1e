"""A store: a data directory with its key file, and the engine that holds the data; checked before anything is done (F07)."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeVar

from admincenter.core import keys
from admincenter.core.audit import SYSTEM, Origin
from admincenter.core.errors import KeyRefused, OutcomeUnknown, StartRefused, StorageUnavailable
from admincenter.core.integrations import revoke_from_the_future
from admincenter.core.ports import Change, Tx
from admincenter.core.restoration import Restored, bring_all_back
from admincenter.core.tokens import LIFE
from admincenter.store import backup, creation, keyfile, rotation
from admincenter.store.clock import Clock
from admincenter.store.database import Database, in_snapshot
from admincenter.store.engine import Engine
from admincenter.store.sql import Broken
from admincenter.store.sqlite_engine import SqliteEngine
from admincenter.store.writer import write_one

T = TypeVar("T")


class Store:
    """A checked place to work on. `create=True` makes a new one where there is none yet; nothing else ever does.

    The data are in the data directory, or in the PostgreSQL database that the URL names.
    """

    def __init__(
        self,
        data: Path,
        key_file: Path | None = None,
        *,
        create: bool = False,
        clock: Clock | None = None,
        database_url: str = "",
    ) -> None:
        self.data = data
        self.key_path = key_file or data / creation.KEY_FILE
        self.engine = _engine(data, database_url, clock)
        self.was_unclean = False
        try:
            self.is_new = self.engine.open(self.key_path, create)
            with self.engine.one_clear_line():
                self.keyring()
                self.engine.not_before(self._highest_time())
        except BaseException:
            self.close()
            raise

    @property
    def clock(self) -> Clock:
        """What time it is for everything that this store does."""
        return self.engine.clock

    @property
    def name(self) -> str:
        """Which database it is, without any password."""
        return self.engine.name

    def _highest_time(self) -> int:
        with self.connected() as database:
            [[highest]] = database.sql.all("SELECT coalesce(max(recorded_at), 0) FROM audit_heads")
        return int(highest)

    def connected(self) -> AbstractContextManager[Database]:
        """A connection for a moment."""
        return self.engine.connected()

    def let_go(self) -> None:
        """Closes whatever connection is kept. Comes before a fork: two processes on one would garble it."""
        self.engine.let_go()

    def keyring(self) -> keys.Keyring:
        """The live keys. Raises StartRefused where the key file is not this database's."""
        try:
            return self._ring()
        except KeyRefused:
            pass  # file and database are two reads; a key may have been retired in between
        try:
            return self._ring()
        except KeyRefused as error:
            raise StartRefused(f"{self.key_path}: {error}") from None

    def _ring(self) -> keys.Keyring:
        file = keyfile.load(self.key_path)
        with self.connected() as database:
            return keys.ring(file, database.tx.server_keys.all())

    def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One operation in a transaction of its own. Raises its refusal, StorageUnavailable or OutcomeUnknown."""
        try:
            with self.connected() as database:
                return write_one(database, function, os.urandom)
        except Broken as error:
            raise OutcomeUnknown from error

    def read(self, function: Callable[[Tx], T]) -> T:
        """A read in one snapshot. Raises StorageUnavailable."""
        try:
            with self.connected() as database:
                return in_snapshot(database, function)
        except Broken as error:
            raise StorageUnavailable from error

    def mark_running(self) -> None:
        """From here on, a stop that is not `mark_stopped` was unclean. Whether the last one was stays in `was_unclean`.

        Tokens of a future that a wrong clock had are revoked here, since they would come alive when it arrives: by a server
        that starts, not by a command, whose clock may be the wrong one.
        """
        if self._highest_time() - self.clock() > LIFE:
            self.write(lambda tx: revoke_from_the_future(tx, SYSTEM))
        self.was_unclean = self.engine.mark_running()

    def mark_stopped(self) -> None:
        """The server stopped cleanly."""
        self.engine.mark_stopped()

    def integrity_faults(self) -> list[str]:
        """What a full check of every page and index finds; empty where all is well."""
        return self.engine.integrity_faults()

    def faults(self) -> list[str]:
        """What is wrong with the database, in its pages and in what it says; empty where all is well."""
        return self.engine.faults()

    def warnings(self) -> list[str]:
        """What works, and an operator should know."""
        return self.engine.warnings()

    def clock_warnings(self) -> list[str]:
        """Those about this machine's clock, as it was at the last look."""
        return self.engine.clock_warnings()

    def backup(self, target: Path, by: Origin, told: backup.Told) -> None:
        """One moment of the database as a new file, while others write. Raises StartRefused."""
        if not isinstance(self.engine, SqliteEngine):
            raise StartRefused(
                f"{self.name} is backed up with PostgreSQL's own tools, `pg_dump` or a base backup with its log of changes; "
                "after one is put back, type `admincenter database restored`"
            )
        with self.engine.connected() as database:
            recorded = partial(self.write, lambda tx: backup.told_everywhere(tx, target.name, by))
            backup.take(database, self.clock, target, told, recorded)

    def restored(self, by: Origin) -> Restored:
        """What a restore by PostgreSQL's own tools must be followed by, so that it revives nothing. Raises StartRefused."""
        if self.engine.embedded:
            raise StartRefused(f"{self.name} is restored, and made fit to serve, with `admincenter database restore FILE`")
        key = self.keyring().primary
        return self.write(lambda tx: bring_all_back(tx, key, by, os.urandom))

    def add_key(self, by: Origin) -> str:
        """A new server key, live for look-ups; its id. Raises KeyRefused."""
        return self.write(lambda tx: rotation.add(tx, self.key_path, by))

    def retire_key(self, key_id: str, by: Origin) -> None:
        """Takes a server key out of use, or finishes that. Raises KeyRefused."""
        if not self.read(lambda tx: rotation.is_left_over(tx, self.key_path, key_id)):
            self.write(lambda tx: keys.retire(tx, key_id, by))
        self.write(lambda tx: rotation.take_from_file(tx, self.key_path, key_id))

    def keyring_if_changed(self, known: keys.Keyring) -> keys.Keyring | None:
        """The keys again, where the file or the database's list of them changed."""
        ring = self.keyring()
        return None if ring == known else ring

    def has_no_integration(self) -> bool:
        """Whether nobody has created an integration yet."""
        return not self.read(lambda tx: tx.integrations.any())

    def close(self) -> None:
        """Gives the place free."""
        self.engine.close()


def _engine(data: Path, database_url: str, clock: Clock | None) -> Engine:
    """PostgreSQL's part is imported where it is used: a server on SQLite needs none of it."""
    if not database_url:
        return SqliteEngine(data, clock)
    from admincenter.store.postgres.engine import PostgresEngine

    return PostgresEngine(database_url, data, clock)

"""The embedded engine: SQLite through APSW, which carries its own current library (D10)."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.store.clock import Clock
from admincenter.store.sql import Broken, Garbled, Lock, Row, Value
from admincenter.store.tx import SqlTx

BUSY_MS = 5_000
PAGES_A_STEP = 1_000
_UNAVAILABLE = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.FullError,
    apsw.ReadOnlyError,
    apsw.InterruptError,
    apsw.CantOpenError,
    apsw.PermissionsError,
    apsw.ProtocolError,
)
_BROKEN = (apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.NoMemError)
_FIXED_BACKPORTS = ((3, 44, 6), (3, 50, 7))


def refuse_old_library(version: str | None = None) -> None:
    """Raises StartRefused on a library with the WAL-reset defect, which loses committed writes (3.7.0 to 3.51.2)."""
    text = version or apsw.sqlite_lib_version()
    number = tuple(int(part) for part in text.split("."))
    if (3, 7, 0) <= number <= (3, 51, 2) and number not in _FIXED_BACKPORTS:
        raise StartRefused(f"SQLite {text} can lose committed writes (the WAL-reset defect); install the pinned apsw wheel")


def _fault(error: apsw.Error) -> Exception:
    """What an engine's error means for the one who asked."""
    if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:  # a full disk: no room for the log's index (F04)
        return StorageUnavailable()
    if isinstance(error, _BROKEN):
        return Broken(str(error))
    if isinstance(error, _UNAVAILABLE):
        return StorageUnavailable()
    return error


_PRAGMAS = "; ".join(
    [
        "PRAGMA trusted_schema=OFF",
        "PRAGMA foreign_keys=ON",
        "PRAGMA synchronous=FULL",
        "PRAGMA temp_store=MEMORY",  # what a savepoint keeps to undo a statement by is small, and no file of its own
    ]
)


class SqliteSql:
    """`sql.Sql` over one APSW connection. Who may write here is alone: BEGIN IMMEDIATE sees to it."""

    for_update = ""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._execute = connection.cursor().execute
        self._many = connection.cursor().executemany
        self.ends: float | None = None

    def all(self, statement: str, parameters: Sequence[Value] = ()) -> list[Row]:
        if self.ends is not None and time.monotonic() > self.ends:
            raise StorageUnavailable
        try:
            return self._execute(statement, parameters).fetchall()
        except apsw.Error as error:
            raise _fault(error) from error
        except UnicodeDecodeError as error:  # the engine does not look into texts, damaged ones come out as they are (F08)
            raise Garbled("a text in the database is damaged") from error

    def run(self, statement: str, parameters: Sequence[Value] = ()) -> int:
        try:
            self._execute(statement, parameters).fetchall()
        except apsw.Error as error:
            raise _fault(error) from error
        return self._connection.changes()

    def many(self, statement: str, rows: Sequence[Sequence[Value]]) -> None:
        try:
            self._many(statement, rows)
        except apsw.Error as error:
            raise _fault(error) from error

    def script(self, statements: str) -> None:
        self.run(statements)

    def share(self, lock: Lock) -> None:
        """Nothing to do."""

    def take_alone(self, lock: int) -> None:
        """Nothing to do."""


class SqliteDatabase:
    """One connection with the settings on which the promises rest: WAL, a flush at every commit, foreign keys."""

    def __init__(self, path: Path, clock: Clock, *, create: bool = False, read_only: bool = False) -> None:
        if read_only:
            flags = apsw.SQLITE_OPEN_READONLY
        else:
            flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
        try:
            self.connection = apsw.Connection(str(path), flags=flags)
            self.connection.set_busy_timeout(BUSY_MS)
            self.connection.execute(_PRAGMAS)
            if create:
                self.connection.execute("PRAGMA journal_mode=WAL").fetchall()
        except apsw.Error as error:
            raise _fault(error) from error
        if not read_only and self.connection.readonly("main"):  # what the engine falls back to, silently (F07)
            raise StorageUnavailable
        self.sql = SqliteSql(self.connection)
        self.tx = SqlTx(self.sql, clock)

    def begin(self) -> None:
        self.sql.run("BEGIN IMMEDIATE")

    def snapshot(self) -> None:
        self.sql.run("BEGIN")

    def commit(self) -> None:
        self.sql.run("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.sql.run("ROLLBACK")

    def savepoint(self) -> None:
        self.sql.run("SAVEPOINT operation")

    def release(self) -> None:
        self.sql.run("RELEASE operation")

    def undo(self) -> None:
        self.sql.run("ROLLBACK TO operation")
        self.sql.run("RELEASE operation")

    def wait_for_locks(self, *, patiently: bool) -> None:
        """There is one lock, and who writes has it."""

    @property
    def in_transaction(self) -> bool:
        return bool(self.connection.in_transaction)

    def tables(self) -> set[str]:
        return {row[0] for row in self.sql.all("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def stop_after(self, seconds: float) -> None:
        """Ends what reads later than this from now, within a statement or between two; the caller sees StorageUnavailable."""
        self.sql.ends = limit = time.monotonic() + seconds
        self.connection.set_progress_handler(lambda: time.monotonic() > limit, 10_000)

    def leave_checkpoints_to_others(self) -> None:
        """This connection's commits never pay for moving the WAL into the database."""
        self.connection.wal_autocheckpoint(0)

    def wait_at_most(self, milliseconds: int) -> None:
        """How long a lock is waited for."""
        self.connection.set_busy_timeout(milliseconds)

    def move_wal(self) -> int:
        """Moves the WAL into the database file as far as nobody is in the way; how many frames it holds."""
        return self._checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE)

    def start_wal_over(self) -> bool:
        """Moves the rest and has the next writer begin the WAL anew, unless somebody is in the way; whether it is done.

        Quick after a `move_wal`, and quickest from the one who writes: nobody waits for a lock.
        """
        self.wait_at_most(0)
        try:
            self._checkpoint(apsw.SQLITE_CHECKPOINT_RESTART)
        except StorageUnavailable:
            return False
        finally:
            self.wait_at_most(BUSY_MS)
        return True

    def empty_wal(self) -> None:
        """The same, and the WAL is an empty file afterwards: the database file alone holds everything."""
        self._checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _checkpoint(self, mode: int) -> int:
        try:
            return self.connection.wal_checkpoint(mode=mode)[0]
        except apsw.Error as error:
            raise _fault(error) from error

    def copy_to(self, other: "SqliteDatabase", told: Callable[[int, int], None]) -> None:
        """Copies every page, some at a time. Within a read transaction of ours it is one snapshot, while others write."""
        try:
            with other.connection.backup("main", self.connection, "main") as copy:
                while not copy.done:
                    copy.step(PAGES_A_STEP)
                    told(copy.page_count - copy.remaining, copy.page_count)
        except apsw.Error as error:
            raise _fault(error) from error

    def keep_log_beside(self, beside: bool) -> None:
        """Whether commits go to a WAL beside the file; without one, the file alone is the whole database."""
        self.sql.run(f"PRAGMA journal_mode={'WAL' if beside else 'DELETE'}")

    def integrity_faults(self) -> list[str]:
        """What a full check of every page and index finds; empty where all is well."""
        found = [row[0] for row in self.sql.all("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        self.connection.close()

"""A data directory: what must be true before anything in it is served or changed (F07), and how its parts are opened."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from admincenter.core import keys
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import KeyRefused, OutcomeUnknown, StartRefused, StorageUnavailable
from admincenter.core.instances import create
from admincenter.core.ports import Change, Instance, Tx
from admincenter.core.tokens import LIFE
from admincenter.store import facts, keyfile, migrate, sqlite
from admincenter.store.clock import Clock, SystemClock
from admincenter.store.sql import Broken
from admincenter.store.writer import write_one

T = TypeVar("T")

DATABASE = "admincenter.db"
KEY_FILE = "server.key"
LOCK = "admincenter.lock"
FIRST_INSTANCE = "Main"


class Store:
    """One data directory, checked. `create=True` makes a new one where there is none yet; nothing else ever does."""

    def __init__(self, data: Path, key_file: Path | None = None, *, create: bool = False, clock: Clock | None = None) -> None:
        sqlite.refuse_old_library()
        self.data = data
        self.path = data / DATABASE
        self.key_path = key_file or data / KEY_FILE
        self.clock = clock or SystemClock()
        self.is_new = _is_new(data, self.key_path)
        if self.is_new and not create:
            raise StartRefused(f"There is no database in {data}; `admincenter serve --data {data}` makes one")
        if self.is_new:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(data, fcntl.LOCK_SH)
        with _one_clear_line(self.path):
            self._prepare()
        self.clock = clock or SystemClock(not_before=self._high_water())

    def _prepare(self) -> None:
        if self.is_new:
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            if not self.key_path.exists():
                keyfile.save(self.key_path, keys.new_file(os.urandom))
        _refuse_foreign_owner(self.path)
        database = sqlite.SqliteDatabase(self.path, self.clock, create=self.is_new)
        try:
            migrate.bring_up(database, self.clock)
            if facts.get(database.sql, facts.TAKEN_AT):
                raise StartRefused(f"{self.path} is a backup's copy; put it in service with `admincenter database restore`")
            if self.is_new:
                self._furnish(database)
        finally:
            database.close()
        self.keyring()

    def _furnish(self, database: sqlite.SqliteDatabase) -> None:
        """The first instance, the first key's fingerprint, the database's identity: in one transaction."""
        key_id = keyfile.load(self.key_path).digest_keys[0].key_id

        def first(tx: Tx) -> Change[Instance]:
            tx.server_keys.insert(key_id, tx.now)
            facts.put(database.sql, facts.IDENTITY, os.urandom(16).hex())
            return create(tx, FIRST_INSTANCE, SYSTEM, os.urandom)

        write_one(database, first, os.urandom)

    def _high_water(self) -> int:
        """The highest time ever stored, so that a wall clock that stepped back over a restart revives no token (F11).

        Where it lies further ahead than a token lives, the clock was wrong then, and every token of that time is refused anyway.
        """
        with self.connected() as database:
            found = database.sql.all("SELECT coalesce(max(recorded_at), 0) FROM audit_heads")
        ahead = int(found[0][0]) - time.time_ns() // 1000
        return int(found[0][0]) if 0 < ahead <= LIFE else 0

    def connect(self) -> sqlite.SqliteDatabase:
        """A new connection for the thread that calls."""
        return sqlite.SqliteDatabase(self.path, self.clock)

    @contextmanager
    def connected(self) -> Iterator[sqlite.SqliteDatabase]:
        """A connection that is closed at the end."""
        database = self.connect()
        try:
            yield database
        finally:
            database.close()

    def keyring(self) -> keys.Keyring:
        """The live keys. Raises StartRefused where the key file is not this database's."""
        file = keyfile.load(self.key_path)
        with self.connected() as database:
            known = database.tx.server_keys.all()
        try:
            return keys.ring(file, known)
        except KeyRefused as error:
            raise StartRefused(f"{self.key_path}: {error}") from None

    def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One operation in a transaction of its own. Raises its refusal, StorageUnavailable or OutcomeUnknown."""
        with self.connected() as database:
            try:
                return write_one(database, function, os.urandom)
            except Broken as error:
                raise OutcomeUnknown from error

    def read(self, function: Callable[[Tx], T]) -> T:
        """A read in one snapshot."""
        with self.connected() as database:
            database.snapshot()
            return function(database.tx)

    def close(self) -> None:
        """Gives the directory free."""
        os.close(self._lock)


def _is_new(data: Path, key_path: Path) -> bool:
    """Whether the directory was never used. A database that is missing beside its remains is a loss, not a beginning."""
    if (data / DATABASE).exists():
        return False
    remains = [each for each in (data / f"{DATABASE}-wal", data / f"{DATABASE}-shm", data / KEY_FILE) if each.exists()]
    if remains:
        raise StartRefused(
            f"{data / DATABASE} is missing, but {remains[0].name} is there: the database was lost. "
            "Put it back, or `admincenter database restore` a backup"
        )
    return True


def _refuse_foreign_owner(path: Path) -> None:
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise StartRefused(f"{path} belongs to user {_user(owner)}; run this as that user (you are {_user(os.geteuid())})")


def _user(number: int) -> str:
    import pwd

    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _lock(data: Path, how: int) -> int:
    """Servers and commands share the directory; a restore needs it alone."""
    try:
        descriptor = os.open(data / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StartRefused(f"{data} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StartRefused(f"{data} is in use: stop the server and other commands first") from None
    return descriptor


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """The directory to ourselves. Raises StartRefused while anyone else uses it."""
    descriptor = _lock(data, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _one_clear_line(path: Path) -> Iterator[None]:
    """Turns what the engine says at the start into one line that a person can act on."""
    try:
        yield
    except Broken as error:
        raise StartRefused(f"{path} is damaged ({error}); restore a backup with `admincenter database restore`") from None
    except StorageUnavailable:
        raise StartRefused(f"{path} cannot be written: it is read-only, locked by somebody else, or the disk is full") from None
    except OSError as error:
        raise StartRefused(f"{path} cannot be used: {error.strerror}") from None

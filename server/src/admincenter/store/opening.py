"""A data directory: what must be true before anything in it is served or changed (F07), and how its parts are opened."""

import fcntl
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from admincenter.core import keys
from admincenter.core.audit import SYSTEM, Origin
from admincenter.core.errors import KeyRefused, OutcomeUnknown, StartRefused, StorageUnavailable
from admincenter.core.integrations import revoke_from_the_future
from admincenter.core.ports import Change, Tx
from admincenter.core.tokens import LIFE
from admincenter.store import backup, checking, creation, facts, keyfile, migrate, rotation, sqlite
from admincenter.store.clock import Clock, SystemClock
from admincenter.store.sql import Broken
from admincenter.store.writer import write_one

T = TypeVar("T")

DATABASE = "admincenter.db"
LOCK = "admincenter.lock"


class Store:
    """One data directory, checked. `create=True` makes a new one where there is none yet; nothing else ever does."""

    def __init__(self, data: Path, key_file: Path | None = None, *, create: bool = False, clock: Clock | None = None) -> None:
        sqlite.refuse_old_library()
        self.data = data
        self.path = data / DATABASE
        self.key_path = key_file or data / creation.KEY_FILE
        self.clock = clock or SystemClock()
        self.was_unclean = False
        with _one_clear_line(self.path):
            self.is_new = creation.is_due(self.path)
            if self.is_new:
                self._begin(create)
        self._lock = _lock(data, fcntl.LOCK_SH)
        try:
            with _one_clear_line(self.path):
                self._check()
                self.clock = clock or self._clock_after_all_that_is_stored()
        except BaseException:
            self.close()
            raise

    def _begin(self, create: bool) -> None:
        if not create:
            raise StartRefused(f"There is no database in {self.data}; `admincenter serve --data {self.data}` makes one")
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self.data):
            if creation.is_due(self.path):
                creation.begin(self.path, self.key_path, self.clock)

    def _check(self) -> None:
        refuse_foreign_owner(self.path)
        if not os.access(self.path, os.W_OK):
            raise StorageUnavailable
        with self.connected() as database:
            if not migrate.applied(database):
                raise StartRefused(f"{self.path} is empty: the database was lost; `admincenter database restore` a backup")
            facts.refuse_out_of_service(database.sql, self.path)
            migrate.bring_up(database, self.clock)
        self.keyring()

    def _clock_after_all_that_is_stored(self) -> Clock:
        """The machine's clock, but not before the highest time ever stored: a wall clock that stepped back over a restart
        lengthens no token's life (F11).

        Where that lies further ahead than a token lives, the clock was wrong then and is not followed.
        """
        highest = self._highest_time()
        return SystemClock(not_before=highest) if highest - self.clock() <= LIFE else self.clock

    def _highest_time(self) -> int:
        with self.connected() as database:
            [[highest]] = database.sql.all("SELECT coalesce(max(recorded_at), 0) FROM audit_heads")
        return int(highest)

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
                database.snapshot()
                return function(database.tx)
        except Broken as error:
            raise StorageUnavailable from error

    def mark_running(self) -> None:
        """From here on, a stop that is not `mark_stopped` was unclean. Whether the last one was stays in `was_unclean`.

        Tokens of a future that a wrong clock had are revoked here, since they would come alive when it arrives: by a server
        that starts, not by a command, whose clock may be the wrong one.
        """
        if self._highest_time() - self.clock() > LIFE:
            self.write(lambda tx: revoke_from_the_future(tx, SYSTEM))
        with self.connected() as database:
            self.was_unclean = facts.get(database.sql, facts.RUNNING) is not None
            facts.put(database.sql, facts.RUNNING, str(self.clock()))

    def mark_stopped(self) -> None:
        """The server stopped cleanly."""
        with suppress(Broken, StorageUnavailable), self.connected() as database:
            facts.drop(database.sql, facts.RUNNING)

    def integrity_faults(self) -> list[str]:
        """What a full check of every page and index finds; empty where all is well."""
        with self.connected() as database:
            return checking.pages(database)

    def faults(self) -> list[str]:
        """What is wrong with the database, in its pages and in what it says; empty where all is well."""
        with self.connected() as database:
            return checking.faults(database)

    def backup(self, target: Path, by: Origin, told: backup.Told) -> None:
        """One moment of the database as a new file, while others write. Raises StartRefused."""
        with self.connected() as database:
            recorded = partial(self.write, lambda tx: backup.told_everywhere(tx, target.name, by))
            backup.take(database, self.clock, target, told, recorded)

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
        """Gives the directory free."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


def refuse_foreign_owner(path: Path) -> None:
    """Raises StartRefused where the file is another user's."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise StartRefused(f"{path} belongs to user {_user(owner)}; run this as that user (you are {_user(os.geteuid())})")


def _user(number: int) -> str:
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

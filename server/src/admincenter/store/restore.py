"""A restore: a backup is checked, made fit in a copy of it, and put in the database's place by one rename.

Nothing in the directory changes before that copy is whole. The replaced database stays beside, under another name.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import apsw

from admincenter.core import keys
from admincenter.core.audit import SECOND, Head, Origin
from admincenter.core.credentials import ServerKey
from admincenter.core.errors import KeyRefused, StartRefused, StorageUnavailable
from admincenter.core.ports import Change, Tx
from admincenter.core.restoration import Replaced, Restored, Restoring, Revived, bring_back, what_is_replaced
from admincenter.store import checking, creation, directory, facts, keyfile, migrate, sqlite
from admincenter.store.backup import Told
from admincenter.store.clock import Clock, SystemClock
from admincenter.store.durable import sync
from admincenter.store.sql import Broken
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.writer import write_one

_MAGIC = b"SQLite format 3\0"
BESIDE = f"{directory.DATABASE}.restoring"


class Place(NamedTuple):
    """Where a backup is restored to."""

    data: Path
    key_path: Path
    clock: Clock

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.data / directory.DATABASE


def place_of(data: Path, key_file: Path | None) -> Place:
    """A data directory as a place to restore to."""
    return Place(data, key_file or data / creation.KEY_FILE, SystemClock())


def restore(place: Place, source: Path, by: Origin, told: Told) -> Restored:
    """Puts a backup in the database's place. Raises StartRefused, and then nothing was changed."""
    sqlite.refuse_old_library()
    file = keyfile.load(place.key_path)
    place.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with directory.alone(place.data), _beside(place.data / BESIDE) as beside:
        if place.database.exists():
            directory.refuse_foreign_owner(place.database)
        _copy(source, beside, place, told)
        replaced = _read_replaced(place, beside)
        taken_at, instances = _make_fit(beside, place, file, replaced, by)
        kept = _swap(beside, place)
        return Restored(taken_at, kept.name if kept else "", bool(replaced), instances)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A new file of our own in the directory, gone at the end unless it was moved. A broken-off restore leaves an old one."""
    _remove(path)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, beside: Path, place: Place, told: Told) -> None:
    if not source.is_file():
        raise StartRefused(f"There is no file {source}")
    with _refusing(source), _opened(source, place.clock, read_only=True) as backup, _opened(beside, place.clock) as copy:
        if not _is_marked(backup):
            raise StartRefused(f"{source} is not a backup: it has no mark of `admincenter database backup`")
        backup.snapshot()
        backup.copy_to(copy, told)
        copy.keep_log_beside(False)
        migrate.bring_up(copy, place.clock)
        if faults := checking.faults(copy):
            raise StartRefused(f"{source} is damaged: {faults[0]}")


def _is_marked(backup: SqliteDatabase) -> bool:
    try:
        return migrate.applied(backup) > 0 and (facts.get(backup.sql, facts.TAKEN_AT) or "").isdecimal()
    except StartRefused:
        return False


@contextmanager
def _refusing(source: Path) -> Iterator[None]:
    """Turns what the engine says of a file into one line."""
    try:
        yield
    except Broken as error:
        raise StartRefused(f"{source} is not a backup, or is damaged: {error}") from None
    except StorageUnavailable:
        raise StartRefused(f"{source} cannot be read, or there is no room for its copy in the data directory") from None


@contextmanager
def _opened(path: Path, clock: Clock, *, read_only: bool = False) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(path, clock, read_only=read_only)
    try:
        yield database
    finally:
        database.close()


def _read_replaced(place: Place, beside: Path) -> Mapping[str, Replaced]:
    """Each instance in the database that is replaced; nothing where that cannot be read or believed."""
    if not _looks_like_a_database(place.database):
        return {}
    with _opened(beside, place.clock) as copy:
        identity = facts.get(copy.sql, facts.IDENTITY)
        heads = {row.instance: copy.tx.audit.head(row.instance) for row in copy.tx.instances.all()}
    try:
        with _opened(place.database, place.clock) as database:
            database.empty_wal()
            return _instances(database, heads) if _is_believed(database, identity) else {}
    except (Broken, StorageUnavailable, StartRefused, apsw.Error):
        return {}


def _looks_like_a_database(path: Path) -> bool:
    """What does not is not even opened: the engine would throw away the log beside it, which is all that is left of it."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _is_believed(database: SqliteDatabase, identity: str | None) -> bool:
    """Whether this is the database that the backup was taken of, in service to its end, and not damaged.

    One that was moved does not know what was reset where it went.
    """
    named = migrate.applied(database) and facts.get(database.sql, facts.IDENTITY) == identity
    elsewhere = any(facts.get(database.sql, each) for each in (facts.TAKEN_AT, facts.MOVED_TO))
    return bool(named) and not elsewhere and not checking.damage(database)


def _instances(database: SqliteDatabase, heads: Mapping[str, Head]) -> dict[str, Replaced]:
    """Of all instances of the backup, or of none: a log that does not continue casts doubt on the whole file."""
    found = {instance: what_is_replaced(database.tx, instance, head) for instance, head in heads.items()}
    known = {instance: each for instance, each in found.items() if each is not None}
    return known if len(known) == len(heads) else {}


def _make_fit(
    beside: Path, place: Place, file: keys.KeyFile, replaced: Mapping[str, Replaced], by: Origin
) -> tuple[int, list[Revived]]:
    """Everything that a restore does to the data, in one transaction of the copy."""
    with _opened(beside, place.clock) as copy:
        taken_at = int(facts.get(copy.sql, facts.TAKEN_AT) or 0)
        how = Restoring(taken_at, _primary(copy, place, file), by, os.urandom)

        def all_instances(tx: Tx) -> Change[list[Revived]]:
            facts.drop(copy.sql, facts.TAKEN_AT)
            facts.drop(copy.sql, facts.RUNNING)
            done = [bring_back(tx, row.instance, replaced.get(row.instance), how) for row in tx.instances.all()]
            return Change([each.value for each in done], [event for each in done for event in each.events])

        instances = write_one(copy, all_instances, os.urandom)
        copy.keep_log_beside(True)
    if beside.with_name(beside.name + "-wal").exists():
        raise StorageUnavailable
    sync(beside)
    return taken_at, instances


def _primary(copy: SqliteDatabase, place: Place, file: keys.KeyFile) -> ServerKey:
    try:
        return keys.ring(file, copy.tx.server_keys.all()).primary
    except KeyRefused as error:
        raise StartRefused(f"{place.key_path}: {error}") from None


def _swap(beside: Path, place: Place) -> Path | None:
    """At every moment the database's name leads to the old file or the new one; no log of the old one lies beside the new."""
    name = _free_name(place)
    kept = _keep(place.database, name)
    for suffix in ("-wal", "-shm"):
        left = place.database.with_name(place.database.name + suffix)
        if left.exists():
            left.replace(name.with_name(name.name + suffix))
    sync(place.data)
    beside.replace(place.database)
    sync(place.data)
    return kept


def _free_name(place: Place) -> Path:
    when = datetime.fromtimestamp(place.clock() // SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")
    name, number = f"{directory.DATABASE}.replaced-{when}", 2
    while (place.data / name).exists():
        name, number = f"{directory.DATABASE}.replaced-{when}-{number}", number + 1
    return place.data / name


def _keep(database: Path, kept: Path) -> Path | None:
    """The old database under a second name; copied where the file system has no hard links."""
    if not database.exists():
        return None
    with suppress(OSError):
        os.link(database, kept)
        return kept
    shutil.copy2(database, kept)
    sync(kept)
    return kept

"""How a data directory begins: the database is built beside its place, then moved there, so that a crash leaves none or all."""

import os
from pathlib import Path

from admincenter.core import keys
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.instances import create
from admincenter.core.ports import Change, Instance, Tx
from admincenter.store import facts, keyfile, migrate
from admincenter.store.clock import Clock
from admincenter.store.durable import sync
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.writer import write_one

FIRST_INSTANCE = "Main"
KEY_FILE = "server.key"


def is_due(path: Path) -> bool:
    """Whether nothing was ever begun here. A database that is missing beside its remains is a loss, not a beginning (F07)."""
    if path.exists():
        return False
    remains = [each for each in (*_logs(path), path.with_name(KEY_FILE)) if each.exists()]
    if remains and not _unfinished(path).exists():
        if path.exists():  # another process has moved it there between the two looks
            return False
        raise StartRefused(
            f"{path} is missing, but {remains[0].name} is there: the database was lost. "
            "Put it back, or `admincenter database restore` a backup"
        )
    return True


def begin(path: Path, key_path: Path, clock: Clock) -> None:
    """A new key file where there is none, and a new database with its first instance; what a crash left half made, again."""
    fresh = _unfinished(path)
    for each in (fresh, *_logs(fresh)):
        each.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if not key_path.exists():
        keyfile.save(key_path, keys.new_file(os.urandom))
    _build(fresh, key_path, clock)
    if any(each.exists() for each in _logs(fresh)):
        raise StorageUnavailable
    os.replace(fresh, path)
    sync(path.parent)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _logs(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _build(path: Path, key_path: Path, clock: Clock) -> None:
    database = SqliteDatabase(path, clock, create=True)
    try:
        migrate.bring_up(database, clock)
        _furnish(database, keyfile.load(key_path).digest_keys[0].key_id)
    finally:
        database.close()


def _furnish(database: SqliteDatabase, key_id: str) -> None:
    """The first instance, the first key's fingerprint, the database's identity: in one transaction."""

    def first(tx: Tx) -> Change[Instance]:
        tx.server_keys.insert(key_id, tx.now)
        facts.put(database.sql, facts.IDENTITY, os.urandom(16).hex())
        return create(tx, FIRST_INSTANCE, SYSTEM, os.urandom)

    write_one(database, first, os.urandom)

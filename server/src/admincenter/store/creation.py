"""How a data directory begins: the database is built beside its place, then moved there, so that a crash leaves none or all."""

import os
from pathlib import Path

from admincenter.core import keys
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.instances import create
from admincenter.core.ports import Change, Tx
from admincenter.store import facts, keyfile, migrate
from admincenter.store.clock import Clock
from admincenter.store.database import Database
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
        furnish(database, key_path, path)
    finally:
        database.close()


def furnish(database: Database, key_path: Path, name: object) -> bool:
    """The first instance, the first key's fingerprint, the database's identity: in one transaction, and once.

    However many nodes begin at the same moment, one of them does it, and only that one makes a key file where it has none.
    Whether it was done here.
    """

    def first(tx: Tx) -> Change[bool]:
        tx.server_keys.lock()
        facts.refuse_out_of_service(database.sql, name)  # a move into it may have begun since it was looked at
        if tx.server_keys.all():
            return Change(False, [])
        tx.server_keys.insert(_own_key(key_path), tx.now)
        facts.put(database.sql, facts.IDENTITY, os.urandom(16).hex())
        return Change(True, create(tx, FIRST_INSTANCE, SYSTEM, os.urandom).events)

    return write_one(database, first, os.urandom)


def _own_key(key_path: Path) -> str:
    if not key_path.exists():
        key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        keyfile.save(key_path, keys.new_file(os.urandom))
    return keyfile.load(key_path).digest_keys[0].key_id

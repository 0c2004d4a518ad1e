"""A backup: one file that is one moment of the database, marked so that nothing serves it before it is restored.

It is made beside its place and moved there when it is whole, so that a file under the wanted name is always a good backup.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from admincenter.core.audit import Origin, event
from admincenter.core.errors import StartRefused
from admincenter.core.ports import Change, Tx
from admincenter.core.values import visible
from admincenter.store import checking, facts
from admincenter.store.clock import Clock
from admincenter.store.durable import sync
from admincenter.store.sqlite import SqliteDatabase

Told = Callable[[int, int], None]
"""Progress: how many pages are done, of how many."""


def take(source: SqliteDatabase, clock: Clock, target: Path, told: Told, record: Callable[[], None]) -> None:
    """Copies the database into a new file while others write. Raises StartRefused where the file exists or is damaged.

    `record` makes the event once the copy is whole, before it is there under its name: without event no backup.
    """
    _refuse_existing(target)
    descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent)
    os.close(descriptor)
    beside = Path(name)
    try:
        _copy(source, clock, beside, told)
        sync(beside)
        _refuse_existing(target)
        record()
        _move(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    sync(target.parent)


def _refuse_existing(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise StartRefused(f"{target} exists already, and no backup is ever overwritten; choose another name")


def _copy(source: SqliteDatabase, clock: Clock, beside: Path, told: Told) -> None:
    copy = SqliteDatabase(beside, clock)
    try:
        source.snapshot()
        facts.get(source.sql, facts.IDENTITY)  # the snapshot begins with the first read
        taken_at = clock()
        source.copy_to(copy, told)
        copy.keep_log_beside(False)
        facts.put(copy.sql, facts.TAKEN_AT, str(taken_at))
        if damage := checking.damage(copy):
            raise StartRefused(f"{damage[0]}. So would be its backup; none was made")
    finally:
        source.rollback()
        copy.close()


def _move(beside: Path, target: Path) -> None:
    """A hard link refuses a name that came up meanwhile; where a file system has none, the look before must do."""
    try:
        os.link(beside, target)
    except FileExistsError:
        _refuse_existing(target)
    except OSError:
        _refuse_existing(target)
        beside.rename(target)


def told_everywhere(tx: Tx, file: str, by: Origin) -> Change[None]:
    """The event of a backup that succeeded, in every instance."""
    name = visible(file, 200)
    return Change(None, [event("database.backed_up", row.instance, by, file=name) for row in tx.instances.all()])

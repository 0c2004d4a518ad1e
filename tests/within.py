"""A log read inside one open transaction, so that what a forger did there can be looked at and then taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from admincenter.core.ports import Tx
from admincenter.store.clock import Clock
from admincenter.store.database import Database
from admincenter.store.opening import Store
from admincenter.store.sqlite import SqliteDatabase

T = TypeVar("T")


class Within:
    """Reads, and runs statements by hand, on one connection."""

    def __init__(self, database: Database) -> None:
        self.sql = database.sql
        self._tx = database.tx

    def read(self, function: Callable[[Tx], T]) -> T:
        return function(self._tx)


@contextmanager
def undone(store: Store) -> Iterator[Within]:
    """Whatever is done by hand is undone at the end."""
    with store.connected() as database:
        database.begin()
        try:
            yield Within(database)
        finally:
            database.rollback()


@contextmanager
def opened(path: Path, clock: Clock) -> Iterator[Within]:
    """A database file of its own, a backup's copy perhaps."""
    database = SqliteDatabase(path, clock, read_only=True)
    try:
        yield Within(database)
    finally:
        database.close()

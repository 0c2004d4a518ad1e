"""What the writer and the commands need from an engine's connection."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from admincenter.core.ports import Tx
from admincenter.store.sql import Sql
from admincenter.store.tx import SqlTx

T = TypeVar("T")


class Database(Protocol):
    """One open connection, used by one thread at a time."""

    @property
    def sql(self) -> Sql: ...
    @property
    def tx(self) -> SqlTx: ...

    def begin(self) -> None:
        """Starts a transaction that may write; waits for other writers, at most the busy timeout."""

    def snapshot(self) -> None:
        """Starts a transaction that only reads."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def undo(self) -> None:
        """Back to the savepoint."""

    def wait_for_locks(self, *, patiently: bool) -> None:
        """How long this transaction waits for each lock from here on: as long as ever, or hardly at all."""

    @property
    def in_transaction(self) -> bool: ...
    def tables(self) -> set[str]:
        """The names of all tables, ours or not."""

    def stop_after(self, seconds: float) -> None:
        """Ends what reads later than this from now, within a statement or between two; the caller sees StorageUnavailable."""

    def close(self) -> None: ...


def in_snapshot(database: Database, function: Callable[[Tx], T]) -> T:
    """A read that sees one moment."""
    database.snapshot()
    try:
        return function(database.tx)
    finally:
        database.rollback()

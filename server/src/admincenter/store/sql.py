"""What the statements of this room are written against: one connection, three verbs. Parameters are `?`, on both engines."""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from typing import Any, Protocol

Value = str | int | bytes | None
Row = tuple[Any, ...]


class Lock(IntEnum):
    """What one transaction may have to itself, where several can write at once. The numbers are those of advisory locks."""

    SCHEMA = 0x61635F01
    SERVER_KEYS = 0x61635F02


class Sql(Protocol):
    """An open connection."""

    @property
    def for_update(self) -> str:
        """How a SELECT ends whose rows must stay as they are until the commit; empty where there is only one writer anyway."""

    def share(self, lock: Lock) -> None:
        """Nobody takes the lock alone before this transaction ends. Nothing where there is only one writer anyway."""

    def take_alone(self, lock: int) -> None:
        """Nobody shares or takes the lock before this transaction ends; waits for those who do.

        A `Lock`, or the number of an instance, which none of them has: then what is taken is its account directory.
        """

    def all(self, statement: str, parameters: Sequence[Value] = ()) -> list[Row]: ...
    def run(self, statement: str, parameters: Sequence[Value] = ()) -> int:
        """Executes; how many rows it changed."""

    def many(self, statement: str, rows: Sequence[Sequence[Value]]) -> None: ...
    def script(self, statements: str) -> None:
        """Executes several statements without parameters."""


class Locked(Exception):
    """The cause of a StorageUnavailable: a lock was waited for in vain. The transaction stands, up to its last savepoint."""


@cache
def rows_of(columns: int, rows: int) -> str:
    """Placeholders for so many rows: a list that is one statement gives the interpreter away once, and not for each row."""
    return ", ".join(["(" + ", ".join("?" * columns) + ")"] * rows)


class Broken(Exception):
    """The storage below us failed (an I/O error, a damaged file). This process must not go on with it (F03)."""


class Garbled(Broken):
    """A text that came back is not UTF-8: bytes in the file were damaged where the engine does not look (F08)."""

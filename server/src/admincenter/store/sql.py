"""What the statements of this room are written against: one connection, three verbs. Parameters are `?`, on both engines."""

from collections.abc import Sequence
from typing import Any, Protocol

Value = str | int | bytes | None
Row = tuple[Any, ...]


class Sql(Protocol):
    """An open connection."""

    def all(self, statement: str, parameters: Sequence[Value] = ()) -> list[Row]: ...
    def run(self, statement: str, parameters: Sequence[Value] = ()) -> int:
        """Executes; how many rows it changed."""

    def many(self, statement: str, rows: Sequence[Sequence[Value]]) -> None: ...


class Broken(Exception):
    """The storage below us failed (an I/O error, a damaged file). This process must not go on with it (F03)."""


class Garbled(Broken):
    """A text that came back is not UTF-8: bytes in the file were damaged where the engine does not look (F08)."""

"""The tables of the schema, page by page in the order of their keys, counted and digested: the same on both engines.

What the tables are is read from a database, so that one which a later migration adds is known here without being named.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from admincenter.store import facts
from admincenter.store.sql import Row, Sql, Value
from admincenter.store.sqlite import SqliteDatabase

PAGE = 1_000
"""How many rows are in memory at once."""

LOG = "audit_events"

_NOT_DATA = "schema_migrations"
"""Which migrations were applied when is each database's own history."""

_COLUMNS = """
SELECT m.name, c.name, c.type, c.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.rowid, c.cid
"""
_ONLY = {"database_facts": f"name NOT IN ({', '.join(repr(each) for each in facts.OF_THIS_COPY)})"}
"""Which rows of a table are data, where not all are."""

Key = tuple[str | int, ...]
Seen = Callable[[int], None]
"""Told how many rows were seen since the last time."""


class Table(NamedTuple):
    """A table: its columns with their types, and those of its primary key."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: tuple[str, ...]

    def key_of(self, row: Row) -> Key:
        """The primary key of one of its rows."""
        return tuple(row[self.columns.index(each)] for each in self.key)


class Summary(NamedTuple):
    """How many rows a table has, and the sum of their digests: engines sort differently, and in a sum order does not count."""

    rows: int
    digest: str


def of(database: SqliteDatabase) -> list[Table]:
    """Every table that holds data, each after those that it refers to."""
    found: dict[str, list[Row]] = {}
    for name, *column in database.sql.all(_COLUMNS):
        found.setdefault(name, []).append(tuple(column))
    return [_table(name, columns) for name, columns in found.items() if name != _NOT_DATA]


def _table(name: str, columns: list[Row]) -> Table:
    names, types, _places = zip(*columns, strict=True)
    key = sorted((place, column) for column, _type, place in columns if place)
    return Table(name, names, types, tuple(column for _place, column in key))


def pages(sql: Sql, table: Table, after: Key = ()) -> Iterator[list[Row]]:
    """The rows behind a key, in the order in which this engine has the keys."""
    while rows := sql.all(_page(table, bool(after)), after):
        yield rows
        after = table.key_of(rows[-1])


def _page(table: Table, later: bool) -> str:
    key = ", ".join(table.key)
    behind = f"({key}) > ({', '.join('?' * len(table.key))})" if later else ""
    where = " AND ".join(each for each in (_ONLY.get(table.name, ""), behind) if each)
    return (
        f"SELECT {', '.join(table.columns)} FROM {table.name}" + (f" WHERE {where}" if where else "") + f" ORDER BY {key}"
        f" LIMIT {PAGE}"  # as a number, so that who plans the statement knows it
    )


def count(sql: Sql, table: Table) -> int:
    """How many rows of data it has."""
    where = f" WHERE {_ONLY[table.name]}" if table.name in _ONLY else ""
    return int(sql.all(f"SELECT count(*) FROM {table.name}{where}")[0][0])


def summary(sql: Sql, table: Table, seen: Seen = lambda _rows: None) -> Summary:
    """What two tables have in common only if they hold the same rows, every byte of them."""
    rows = total = 0
    for page in pages(sql, table):
        rows += len(page)
        total += sum(int.from_bytes(_digest(row), "big") for row in page)
        seen(len(page))
    return Summary(rows, f"{total % 2**256:064x}")


def _digest(row: tuple[Value, ...]) -> bytes:
    return hashlib.sha256(repr(row).encode()).digest()

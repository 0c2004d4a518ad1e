"""Rows of another engine put into a table, a page in one statement."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from admincenter.core.errors import StartRefused
from admincenter.store.postgres.connector import one_line
from admincenter.store.postgres.parameters import Encoded, blobs, columns, numbers, texts
from admincenter.store.postgres.sql import PostgresSql
from admincenter.store.sql import Row
from admincenter.store.tables import Table

_AS: dict[str, Callable[[Sequence[Any]], Encoded]] = {
    "TEXT": texts,
    "BIGINT": numbers,
    "SMALLINT": numbers,
    "BYTEA": blobs,
}
"""How a column of a type travels; the migrations use no other type."""


def insert(sql: PostgresSql, table: Table, rows: Sequence[Row]) -> None:
    """Adds the rows. Raises StartRefused where one holds what this engine cannot: only a damaged or forged one does."""
    arrays = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}) SELECT * FROM unnest({arrays})"
    try:
        sql.run(statement, columns([_AS[each] for each in table.types], rows))
    except (AttributeError, TypeError, OverflowError, UnicodeEncodeError, psycopg.Error) as error:
        raise StartRefused(
            f"A row of table {table.name}, at or after {rows[0][: len(table.key)]}, holds what PostgreSQL cannot hold"
            f" ({one_line(error)}); look at it, then move again"
        ) from None


def empty(sql: PostgresSql, tables: Sequence[Table]) -> None:
    """Takes all rows out of the tables."""
    sql.script(f"TRUNCATE {', '.join(each.name for each in tables)}")

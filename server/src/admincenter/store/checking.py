"""The check of a whole database: its pages, its references, and whether what it says twice agrees."""

from collections.abc import Iterator

from admincenter.core import soundness
from admincenter.store.sql import Broken
from admincenter.store.sqlite import SqliteDatabase


def faults(database: SqliteDatabase) -> list[str]:
    """A sentence for each thing that is wrong, in one snapshot, while others write."""
    database.snapshot()
    try:
        return damage(database) or [*_dangling(database), *soundness.faults(database.tx)]
    except Broken as error:
        return [f"The file is damaged: {error}"]
    finally:
        database.rollback()


def damage(database: SqliteDatabase) -> list[str]:
    """A sentence for each page and index that is wrong."""
    return [f"The file is damaged: {each}" for each in pages(database)]


def pages(database: SqliteDatabase) -> list[str]:
    """What the engine's full check says of each page and index that is wrong; what it broke off with, where it cannot go on."""
    try:
        return database.integrity_faults()
    except Broken as error:
        return [str(error)]


def _dangling(database: SqliteDatabase) -> Iterator[str]:
    for table, row, referred, _number in database.sql.all("PRAGMA foreign_key_check"):
        yield f"Row {row} of table {table} refers to a row of {referred} that does not exist"

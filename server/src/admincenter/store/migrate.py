"""Numbered, append-only migrations, each applied in one transaction together with its record (D11)."""

import re
from importlib import resources
from typing import NamedTuple

from admincenter.core.errors import StartRefused
from admincenter.store.clock import Clock
from admincenter.store.database import Database
from admincenter.store.sql import Lock

_RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)
"""


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    script: str


def known() -> list[Migration]:
    """Every migration of this program, in order."""
    found = []
    for each in resources.files("admincenter.store").joinpath("migrations").iterdir():
        if match := re.fullmatch(r"(\d{4})_(\w+)\.sql", each.name):
            found.append(Migration(int(match[1]), match[2], each.read_text(encoding="utf-8")))
    return sorted(found)


def applied(database: Database) -> int:
    """The number of the newest migration in the database; 0 where there is none. Raises StartRefused on foreign data."""
    tables = database.tables()
    if not tables:
        return 0
    if not {"schema_migrations", "database_facts"} <= tables:
        raise StartRefused("The database belongs to another program; choose another one, or another data directory")
    return int(database.sql.all("SELECT coalesce(max(number), 0) FROM schema_migrations")[0][0])


def missing(database: Database) -> list[Migration]:
    """What is not applied yet. Raises StartRefused where the schema is newer than this program, or another program's."""
    migrations = known()
    present = applied(database)
    if present > migrations[-1].number:
        raise StartRefused(
            f"The database has schema {present}, made by a newer version; this program knows {migrations[-1].number}. "
            "Use that version, or restore a backup of this one"
        )
    return [each for each in migrations if each.number > present]


def bring_up(database: Database, clock: Clock) -> int:
    """Applies what is missing; how many. Raises StartRefused where the schema is newer than this program."""
    found = missing(database)
    for each in found:
        _apply(database, each, clock)
    return len(found)


def _apply(database: Database, migration: Migration, clock: Clock) -> None:
    database.begin()
    try:
        database.sql.take_alone(Lock.SCHEMA)
        if applied(database) < migration.number:
            database.sql.run(_RECORDS)
            database.sql.script(migration.script)
            record = (migration.number, migration.name, clock())
            database.sql.run("INSERT INTO schema_migrations VALUES (?, ?, ?)", record)
        database.commit()
    except BaseException:
        database.rollback()
        raise

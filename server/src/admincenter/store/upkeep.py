"""What an operator asks of a whole database, on either engine: how it stands, its schema, the rights of the server's role."""

import os
from collections.abc import Sequence
from pathlib import Path

import apsw

from admincenter.core.errors import StartRefused
from admincenter.core.whole import Migrated, Standing
from admincenter.store import engines, facts, migrate
from admincenter.store.database import Database
from admincenter.store.postgres import rights
from admincenter.store.postgres.database import PostgresDatabase


def standing(url: str, data: Path) -> Standing:
    """How the database of the URL stands, or that of the data directory where there is none. Changes nothing."""
    with engines.either(url, data, changes=False) as (database, name):
        missing = [each.name for each in migrate.missing(database)]
        present = migrate.applied(database)
        engine, role, may_migrate, may_delete = _may(database, name)
        return Standing(
            engine=engine,
            database=name,
            role=role,
            identity=facts.get(database.sql, facts.IDENTITY) if present else None,
            schema=present,
            known=migrate.known()[-1].number,
            missing=missing,
            state=_state(database) if present else "empty",
            may_migrate=may_migrate,
            may_delete_audit_rows=may_delete,
        )


def _may(database: Database, name: str) -> tuple[str, str, bool, bool]:
    """The engine, the role, whether it may migrate, whether it may delete audit rows."""
    if isinstance(database, PostgresDatabase):
        here = rights.here(database)
        return f"PostgreSQL {here.version}", here.role, here.may_migrate, here.may_delete_audit_rows
    writable = os.access(name, os.W_OK)
    return f"SQLite {apsw.sqlite_lib_version()}", "", writable, writable


def _state(database: Database) -> str:
    if facts.get(database.sql, facts.TAKEN_AT):
        return "a backup's copy"
    if where := facts.get(database.sql, facts.MOVED_TO):
        return f"moved to {where}"
    if facts.get(database.sql, facts.MOVING):
        return "a move into it is not complete"
    return "in service" if facts.get(database.sql, facts.IDENTITY) else "without data"


def migrated(url: str, data: Path) -> Migrated:
    """Applies the migrations that are missing, one migrator at a time. Raises StartRefused."""
    with engines.either(url, data, changes=True) as (database, name):
        if not url and not migrate.applied(database):
            raise StartRefused(f"{name} is empty: the database was lost; `admincenter database restore` a backup")
        before, missing = migrate.applied(database), [each.name for each in migrate.missing(database)]
        migrate.bring_up(database, lambda: database.tx.now)
        return Migrated(name, before, migrate.applied(database), missing)


def rights_of_the_server(url: str, role: str, apply: bool) -> Sequence[str]:
    """The statements that make a role the server's; run, where that is wanted. Raises StartRefused."""
    if not url:
        raise StartRefused("A data directory has no roles; name a PostgreSQL with --database-url")
    with engines.reached(engines.connector_to(url)) as database:
        if migrate.missing(database):
            raise StartRefused("The schema is not up to date; run `admincenter database migrate` first")
        return rights.give(database, role) if apply else rights.to_be_given(database, role)

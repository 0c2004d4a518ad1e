"""What a role may do here, and rights given to the server's: questions to PostgreSQL's own catalogue.

Functions are named with their schema: before rights were given, others may have put into ours what fits our arguments better.
"""

from collections.abc import Sequence
from typing import NamedTuple

from admincenter.core.errors import StartRefused
from admincenter.store.postgres import grants
from admincenter.store.postgres.database import PostgresDatabase

_HERE = """
SELECT current_user::text, current_database()::text, coalesce(current_schema(), '')::text,
    pg_catalog.current_setting('server_version')::text,
    coalesce(pg_catalog.has_schema_privilege(current_schema(), 'CREATE'), false)
        AND NOT EXISTS (SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
            AND NOT pg_catalog.pg_has_role(relowner, 'USAGE')),
    coalesce(pg_catalog.has_table_privilege(pg_catalog.to_regclass('audit_events'), 'DELETE'), false)
"""
_OWNS = """
EXISTS (SELECT 1 FROM pg_database WHERE datname = current_database() AND pg_catalog.pg_has_role({role}, datdba, 'MEMBER'))
OR EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = current_schema() AND pg_catalog.pg_has_role({role}, nspowner, 'MEMBER'))
OR EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname = current_schema() AND pg_catalog.pg_has_role({role}, relowner, 'MEMBER'))
"""
"""An owner gives himself whatever was taken from him, and drops what he may not change."""

_ROLE = f"""
SELECT rolsuper, pg_catalog.pg_has_role(oid, ?::text, 'MEMBER'), rolname = ?::text, {_OWNS.format(role="pg_roles.oid")}
FROM pg_roles WHERE rolname = ?::text
"""
_GIVEN = """
SELECT pg_catalog.has_database_privilege(?::text, current_database(), 'CONNECT')
    AND pg_catalog.has_table_privilege(?::text, 'audit_events', 'INSERT')
    AND NOT pg_catalog.has_table_privilege(?::text, 'audit_events', 'UPDATE, DELETE, TRUNCATE')
"""
_STRONG = f"""
SELECT pg_catalog.has_table_privilege('audit_events', 'UPDATE, DELETE, TRUNCATE') OR {_OWNS.format(role="current_user")}
"""


class Here(NamedTuple):
    """Who we are where, and whether that role may migrate, and may delete audit rows."""

    role: str
    database: str
    schema: str
    version: str
    may_migrate: bool
    may_delete_audit_rows: bool


def here(database: PostgresDatabase) -> Here:
    """What the server says of this connection."""
    return Here._make(database.sql.all(_HERE)[0])


def may_change_the_log(database: PostgresDatabase) -> bool:
    """Whether this connection's role can change or delete what is in the audit log, or give itself the right to."""
    return bool(database.sql.all(_STRONG)[0][0])


def to_be_given(database: PostgresDatabase, role: str) -> Sequence[str]:
    """The statements that give a role what the server needs, and take the rest. Raises StartRefused where none binds it."""
    ours = here(database)
    found = database.sql.all(_ROLE, (ours.role, ours.role, role))
    if not found:
        raise StartRefused(f"There is no role {role}; make it first: CREATE ROLE {grants.quoted(role)} LOGIN PASSWORD '…'")
    [(is_superuser, is_ours, is_self, owns)] = found
    if is_superuser or is_ours or is_self:
        raise StartRefused(
            f"Role {role} may do everything here, and no grant binds it; the server's role must be one of its own"
        )
    if owns:
        raise StartRefused(
            f"Role {role} owns the database or something in it, so no grant binds it; the server's role must be one of its own"
        )
    return list(grants.statements(role, ours.database, ours.schema))


def give(database: PostgresDatabase, role: str) -> Sequence[str]:
    """Runs them, all or none. Raises StartRefused where this connection's role may not."""
    statements = to_be_given(database, role)
    database.begin()
    try:
        for each in statements:
            database.sql.run(each)
        if database.sql.all(_GIVEN, (role, role, role)) != [(True,)]:
            raise StartRefused(
                "This connection's role does not own the database and its tables, so use the role that migrates; "
                f"or {role} has rights to the audit log from another role that it is a member of, so take it out of that"
            )
        database.commit()
    except BaseException:
        database.rollback()
        raise
    return statements

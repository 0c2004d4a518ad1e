"""What the server's role may do, where it is not the migrator's: everything it needs, and nothing to the audit log but add."""

from collections.abc import Iterator

_MAY = {
    "database_facts": "SELECT, INSERT, UPDATE, DELETE",
    "schema_migrations": "SELECT",
    "server_keys": "SELECT, INSERT, UPDATE, DELETE",
    "instances": "SELECT, INSERT, UPDATE",
    "integrations": "SELECT, INSERT, UPDATE",
    "granted_permissions": "SELECT, INSERT, DELETE",
    "allowed_addresses": "SELECT, INSERT, DELETE",
    "waiting_addresses": "SELECT, INSERT, UPDATE, DELETE",
    "audit_events": "SELECT, INSERT",
    "audit_heads": "SELECT, INSERT, UPDATE (sequence, digest, recorded_at)",
    "audit_cuts": "SELECT",
    "audit_rollup": "SELECT, INSERT, UPDATE",
    "usage": "SELECT, INSERT, UPDATE",
    "accounts": "SELECT, INSERT, UPDATE, DELETE",
    "account_emails": "SELECT, INSERT, DELETE",
    "deleted_accounts": "SELECT, INSERT",
    "account_changes": "SELECT, INSERT, DELETE",
    "invitations": "SELECT, INSERT, UPDATE, DELETE",
    "account_counts": "SELECT, INSERT, UPDATE",
    "instance_settings": "SELECT, INSERT, UPDATE",
}
"""Each table, and each thing that a statement of the server does to it. Cuts and deletes by age are the migrator's."""


def statements(role: str, database: str, schema: str = "public") -> Iterator[str]:
    """What the migrator runs, after each migration, so that the role may serve and do no more.

    PostgreSQL lets everybody connect to a new database, and whoever may can keep our advisory locks for ever.
    """
    to, within, on = quoted(role), quoted(schema), quoted(database)
    yield f"REVOKE ALL ON DATABASE {on} FROM {to}, PUBLIC"
    yield f"GRANT CONNECT ON DATABASE {on} TO {to}"
    yield f"REVOKE CREATE ON SCHEMA {within} FROM {to}, PUBLIC"
    yield f"GRANT USAGE ON SCHEMA {within} TO {to}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {within} FROM {to}, PUBLIC"
    for table, rights in _MAY.items():
        yield f"GRANT {rights} ON {within}.{table} TO {to}"


def quoted(name: str) -> str:
    """A name as an identifier, whatever stands in it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'

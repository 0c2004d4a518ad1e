"""What a database says of itself: its identity, whether it was stopped cleanly, whether it is a backup's copy."""

from admincenter.store.sql import Sql

IDENTITY = "identity"
RUNNING = "running"
TAKEN_AT = "taken_at"
PROBED = "probed"


def get(sql: Sql, name: str) -> str | None:
    """One fact, or None."""
    rows = sql.all("SELECT value FROM database_facts WHERE name = ?", (name,))
    return str(rows[0][0]) if rows else None


def put(sql: Sql, name: str, value: str) -> None:
    """Sets one fact."""
    sql.run(
        "INSERT INTO database_facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def drop(sql: Sql, name: str) -> None:
    """Forgets one fact."""
    sql.run("DELETE FROM database_facts WHERE name = ?", (name,))

"""What a database says of itself: its identity, whether it was stopped cleanly, whether anything but itself is in service."""

from admincenter.core.errors import StartRefused
from admincenter.store.sql import Sql

IDENTITY = "identity"
RUNNING = "running"
TAKEN_AT = "taken_at"
PROBED = "probed"
MOVED_TO = "moved_to"
MOVING = "moving"

OF_THIS_COPY = (RUNNING, TAKEN_AT, PROBED, MOVED_TO, MOVING)
"""What is true of one copy of the data, and does not go with the data."""


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


def refuse_out_of_service(sql: Sql, name: object) -> None:
    """Raises StartRefused where the data is in service elsewhere, or not whole."""
    if get(sql, TAKEN_AT):
        raise StartRefused(f"{name} is a backup's copy; put it in service with `admincenter database restore`")
    if where := get(sql, MOVED_TO):
        raise StartRefused(
            f"{name} was moved to PostgreSQL: the data is in the {where}; name it with ADMINCENTER_DATABASE_URL "
            "(`admincenter database move --back` undoes a move made by mistake)"
        )
    if get(sql, MOVING):
        raise StartRefused(f"The move into the {name} is not complete; type the same `admincenter database move` again")

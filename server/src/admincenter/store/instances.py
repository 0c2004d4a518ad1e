"""The statements on instances."""

from admincenter.core.audit import GENESIS
from admincenter.core.ports import Instance
from admincenter.store.sql import Sql

_ALL = "SELECT instance, name, created_at, cursor_key FROM instances"


class SqlInstances:
    """`ports.Instances` in SQL."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def insert(self, row: Instance) -> None:
        self._sql.run("INSERT INTO instances VALUES (?, ?, ?, ?)", row)
        self._sql.run("INSERT INTO audit_heads VALUES (?, 0, ?, 0, 0)", (row.instance, GENESIS))

    def get(self, instance: str) -> Instance | None:
        rows = self._sql.all(_ALL + " WHERE instance = ?", (instance,))
        return Instance._make(rows[0]) if rows else None

    def all(self) -> list[Instance]:
        return [Instance._make(row) for row in self._sql.all(_ALL + " ORDER BY created_at, instance")]

    def rename(self, instance: str, name: str) -> None:
        self._sql.run("UPDATE instances SET name = ? WHERE instance = ?", (name, instance))

    def setting(self, instance: str, name: str) -> str | None:
        rows = self._sql.all("SELECT value FROM instance_settings WHERE instance = ? AND name = ?", (instance, name))
        return str(rows[0][0]) if rows else None

    def set_setting(self, instance: str, name: str, value: str) -> None:
        self._sql.run(
            "INSERT INTO instance_settings VALUES (?, ?, ?) ON CONFLICT (instance, name) DO UPDATE SET value = excluded.value",
            (instance, name, value),
        )

"""The statements on usage: ordinary API reads, counted."""

from collections.abc import Sequence

from admincenter.core.ports import UsageCount
from admincenter.store.sql import Sql


class SqlUsageLog:
    """`ports.UsageLog` in SQL."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def add(self, counts: Sequence[UsageCount]) -> None:
        self._sql.many(
            "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (instance, app_id, permission, address, day)"
            " DO UPDATE SET times = usage.times + excluded.times,"
            " last_at = CASE WHEN excluded.last_at > usage.last_at THEN excluded.last_at ELSE usage.last_at END",
            counts,
        )

    def of(self, instance: str, app_id: str) -> list[UsageCount]:
        found = self._sql.all(
            "SELECT instance, app_id, permission, address, day, times, last_at FROM usage"
            " WHERE instance = ? AND app_id = ? ORDER BY day DESC, permission, address",
            (instance, app_id),
        )
        return [UsageCount._make(row) for row in found]

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
            sorted(counts),  # always in one order, so that no two writers wait for each other
        )

    def of(self, instance: str, app_id: str) -> list[UsageCount]:
        found = self._sql.all(
            "SELECT instance, app_id, permission, address, day, times, last_at FROM usage WHERE instance = ? AND app_id = ?",
            (instance, app_id),
        )
        return sorted(map(UsageCount._make, found), key=lambda row: (-row.day, row.permission, row.address))

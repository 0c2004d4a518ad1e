"""The statements on what accounts looked like before, and on the outbox of invitations."""

from admincenter.core.ports import AccountChange, Invitation
from admincenter.store.sql import Sql

_HERE = " WHERE instance = ? AND account_id = ?"
_OLDEST = {
    "account_changes": ("instance, account_id, version", "changed_at"),
    "invitations": ("instance, account_id, version", "settled_at"),
}
"""The key of each table that is trimmed, and the column that says how old a row is."""


class SqlAccountJournal:
    """`ports.AccountJournal` in SQL."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def note(self, change: AccountChange) -> None:
        self._sql.run("INSERT INTO account_changes VALUES (?, ?, ?, ?, ?, ?)", change)

    def changes(self, instance: str, account_id: str) -> list[AccountChange]:
        found = self._sql.all(
            f"SELECT {', '.join(AccountChange._fields)} FROM account_changes{_HERE} ORDER BY version", (instance, account_id)
        )
        return [AccountChange._make(row) for row in found]

    def invite(self, instance: str, account_id: str, version: int, now: int) -> None:
        self._sql.run("INSERT INTO invitations VALUES (?, ?, ?, 'pending', ?, NULL)", (instance, account_id, version, now))

    def settle(self, instance: str, account_id: str, state: str, now: int) -> None:
        self._sql.run(
            f"UPDATE invitations SET state = ?, settled_at = ?{_HERE} AND state = 'pending'", (state, now, instance, account_id)
        )

    def invitations(self, instance: str, account_id: str) -> list[Invitation]:
        found = self._sql.all(
            f"SELECT {', '.join(Invitation._fields)} FROM invitations{_HERE} ORDER BY version", (instance, account_id)
        )
        return [Invitation._make(row) for row in found]

    def trim(self, before: int, limit: int) -> int:
        return sum(self._trim(table, before, limit) for table in _OLDEST)

    def _trim(self, table: str, before: int, limit: int) -> int:
        key, age = _OLDEST[table]
        found = f"SELECT {key} FROM {table} WHERE {age} < ? ORDER BY {age} LIMIT ?"
        return self._sql.run(f"DELETE FROM {table} WHERE ({key}) IN ({found})", (before, limit))

"""The statements on server keys: fingerprints only."""

from admincenter.core.ports import ServerKeyRecord
from admincenter.store.sql import Lock, Sql


class SqlServerKeys:
    """`ports.ServerKeys` in SQL."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def lock(self) -> None:
        self._sql.take_alone(Lock.SERVER_KEYS)

    def all(self) -> list[ServerKeyRecord]:
        self._sql.share(Lock.SERVER_KEYS)
        found = self._sql.all("SELECT key_id, is_primary, added_at FROM server_keys ORDER BY added_at, key_id")
        return [ServerKeyRecord._make(row) for row in found]

    def insert(self, key_id: str, now: int) -> None:
        first = int(not self.all())
        self._sql.run("INSERT INTO server_keys VALUES (?, ?, ?)", (key_id, first, now))

    def promote(self, key_id: str) -> None:
        self._sql.run(
            "UPDATE server_keys SET is_primary = CASE WHEN key_id = ? THEN 1 ELSE 0 END"
            " WHERE EXISTS (SELECT 1 FROM server_keys WHERE key_id = ?)",
            (key_id, key_id),
        )

    def delete(self, key_id: str) -> None:
        self._sql.run("DELETE FROM server_keys WHERE key_id = ?", (key_id,))

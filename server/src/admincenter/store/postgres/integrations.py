"""The statements on integrations that take lists, each as one statement for all of them."""

from collections.abc import Sequence

from admincenter.core.ports import Facts, TokenRow
from admincenter.store.integrations import FACTS, MINT, SqlIntegrations
from admincenter.store.postgres.parameters import blobs, columns, numbers, texts
from admincenter.store.postgres.sql import PostgresSql
from admincenter.store.sql import Lock

_FACTS = f"{FACTS} WHERE "
_BY_APP_IDS = _FACTS + "app_id = ANY(?) ORDER BY app_id"
_BY_TOKENS = f"{_FACTS} token_digest = ANY(?) UNION ALL {_FACTS} previous_digest = ANY(?)"
_LOCKED = "SELECT app_id FROM integrations WHERE instance = ? ORDER BY app_id FOR UPDATE"

# The keys first, then the rows in order: rows are locked behind the sort, and so behind everything that it waits for.
_LOCKED_IN_ORDER = """
WITH keys AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(?))
SELECT 1 FROM integrations CROSS JOIN keys WHERE app_id = ANY(?) ORDER BY app_id FOR UPDATE OF integrations
"""
_ROWS = f"r ({', '.join(TokenRow._fields)}) AS (SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))"
_MINT = f"WITH {_ROWS} {MINT} RETURNING i.app_id"

_AS = (texts, blobs, numbers, numbers, blobs, texts, numbers, blobs, numbers, blobs, texts)
"""How the columns of a TokenRow travel."""


class PostgresIntegrations(SqlIntegrations):
    """`ports.Integrations` on PostgreSQL. Rows are locked in the order of their App IDs, so that no two writers deadlock."""

    _sql: PostgresSql

    def __init__(self, sql: PostgresSql) -> None:
        super().__init__(sql)

    def facts_by_app_id(self, app_ids: Sequence[str]) -> list[Facts | None]:
        rows = self._sql.all(_BY_APP_IDS + self._sql.for_update, (texts(app_ids),)) if app_ids else []
        found = {row.app_id: row for row in map(Facts._make, rows)}
        return [found.get(each) for each in app_ids]

    def facts_by_token(self, presented: Sequence[Sequence[bytes]]) -> list[Facts | None]:
        asked = blobs([digest for digests in presented for digest in digests])
        rows = [Facts._make(row) for row in self._sql.all(_BY_TOKENS, (asked, asked))] if presented else []
        live = {row.token_digest: row for row in rows}
        previous = {row.previous_digest: row for row in rows}
        return [_first(digests, live) or _first(digests, previous) for digests in presented]

    def _minted(self, rows: Sequence[TokenRow]) -> set[str]:
        if not rows:
            return set()
        self._sql.all(_LOCKED_IN_ORDER, (Lock.SERVER_KEYS, texts([row.app_id for row in rows])))
        return {found[0] for found in self._sql.all(_MINT, columns(_AS, rows))}

    def kill_all_tokens(self, instance: str, reason: str) -> int:
        self._sql.all(_LOCKED, (instance,))
        return super().kill_all_tokens(instance, reason)


def _first(digests: Sequence[bytes], found: dict[bytes | None, Facts]) -> Facts | None:
    return next((found[each] for each in digests if each in found), None)

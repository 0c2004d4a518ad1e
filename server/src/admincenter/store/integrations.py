"""The statements on integrations, their permissions, allowlists and tokens."""

from collections.abc import Sequence
from functools import cache

from admincenter.core.ports import Facts, Integration, NewIntegration, Proof, Standing, TokenRow, WaitingAddress
from admincenter.core.tokens import LIFE, in_rounds
from admincenter.store.sql import Sql, rows_of

FACTS = f"SELECT {', '.join(Facts._fields)} FROM integrations"
_BY_TOKEN = f"{FACTS} WHERE token_digest = ?"
_BY_PREVIOUS = f"{FACTS} WHERE previous_digest = ?"
_SEEN = f"SELECT {', '.join(Integration._fields)} FROM integrations WHERE instance = ?"
_HERE = " WHERE instance = ? AND app_id = ?"

# D8: the conditions under which a mint was allowed are conditions of its statement. The key may have been retired meanwhile.
MINT = """
UPDATE integrations AS i SET
    previous_digest     = CASE WHEN i.token_digest IS NULL THEN i.previous_digest ELSE i.token_digest END,
    previous_expires_at = CASE WHEN i.token_digest IS NULL THEN i.previous_expires_at ELSE r.superseded_until END,
    previous_reason     = CASE WHEN i.token_digest IS NULL THEN i.previous_reason ELSE 'superseded' END,
    token_digest = r.token_digest, token_key = r.token_key, issued_at = r.issued_at, sealed = r.sealed,
    generation = i.generation + 1, secret_digest = r.secret_digest, secret_key = r.secret_key
FROM r
WHERE i.app_id = r.app_id AND i.secret_digest = r.proved AND i.access_version = r.access_version AND i.generation = r.before
    AND i.enabled = 1 AND i.deleted_at IS NULL AND EXISTS (SELECT 1 FROM server_keys WHERE key_id = r.token_key)
"""

_KILL = f"""
UPDATE integrations SET
    previous_digest = token_digest, previous_expires_at = issued_at + {LIFE}, previous_reason = ?,
    token_digest = NULL, token_key = NULL, issued_at = NULL, sealed = NULL
WHERE token_digest IS NOT NULL AND instance = ?
"""

_WAITING_KEPT = 100


@cache
def _by_app_ids(number: int) -> str:
    return f"{FACTS} WHERE app_id IN ({', '.join('?' * number)})"


@cache
def _proofs(number: int) -> str:
    app_ids = ", ".join("?" * number)
    columns = ", ".join(Proof._fields)
    return f"SELECT {columns} FROM integrations WHERE app_id IN ({app_ids}) AND enabled = 1 AND deleted_at IS NULL"


@cache
def _mint(number: int) -> str:
    return f"WITH r ({', '.join(TokenRow._fields)}) AS (VALUES {rows_of(len(TokenRow._fields), number)}) {MINT}"


class SqlIntegrations:
    """`ports.Integrations` in SQL."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def facts_by_app_id(self, app_ids: Sequence[str]) -> list[Facts | None]:
        rows = self._sql.all(_by_app_ids(len(app_ids)), app_ids)
        found = {row.app_id: row for row in map(Facts._make, rows)}
        return [found.get(each) for each in app_ids]

    def facts_by_token(self, presented: Sequence[Sequence[bytes]]) -> list[Facts | None]:
        return [self._of_token(digests) for digests in presented]

    def _of_token(self, digests: Sequence[bytes]) -> Facts | None:
        for statement in (_BY_TOKEN, _BY_PREVIOUS):
            for digest in digests:
                rows = self._sql.all(statement, (digest,))
                if rows:
                    return Facts._make(rows[0])
        return None

    def insert(self, row: NewIntegration) -> None:
        self._sql.run(
            "INSERT INTO integrations (instance, app_id, name, description, owner, purpose, created_at, secret_digest,"
            " secret_key, secret_set_at, access) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, row.created_at, b""),
        )

    def get(self, instance: str, app_id: str) -> Integration | None:
        rows = self._sql.all(_SEEN + " AND app_id = ?" + self._sql.for_update, (instance, app_id))
        return Integration._make(rows[0]) if rows else None

    def all(self, instance: str) -> list[Integration]:
        return [Integration._make(row) for row in self._sql.all(_SEEN + " ORDER BY created_at, app_id", (instance,))]

    def any(self) -> bool:
        return bool(self._sql.all("SELECT 1 FROM integrations LIMIT 1"))

    def rename(self, instance: str, app_id: str, name: str) -> None:
        self._sql.run("UPDATE integrations SET name = ?" + _HERE, (name, instance, app_id))

    def set_enabled(self, instance: str, app_id: str, enabled: bool) -> None:
        self._sql.run("UPDATE integrations SET enabled = ?" + _HERE, (int(enabled), instance, app_id))

    def set_url_credentials(self, instance: str, app_id: str, on: bool) -> None:
        self._sql.run(
            "UPDATE integrations SET url_credentials = ?, access_version = access_version + 1"
            + _HERE
            + " AND url_credentials <> ?",
            (int(on), instance, app_id, int(on)),
        )

    def bury(self, instance: str, app_id: str, now: int) -> None:
        self._sql.run("UPDATE integrations SET deleted_at = ?" + _HERE, (now, instance, app_id))

    def set_secret(self, instance: str, app_id: str, digest: bytes, key_id: str, now: int) -> None:
        self._sql.run(
            "UPDATE integrations SET secret_digest = ?, secret_key = ?, secret_set_at = ?" + _HERE,
            (digest, key_id, now, instance, app_id),
        )

    def permissions(self, instance: str, app_id: str) -> list[str]:
        found = self._sql.all("SELECT permission FROM granted_permissions" + _HERE, (instance, app_id))
        return sorted(row[0] for row in found)  # here and below: how texts are ordered would be the database's choice

    def grant(self, instance: str, app_id: str, permission: str, now: int) -> None:
        self._sql.run("INSERT INTO granted_permissions VALUES (?, ?, ?, ?)", (instance, app_id, permission, now))

    def withdraw(self, instance: str, app_id: str, permission: str) -> None:
        self._sql.run("DELETE FROM granted_permissions" + _HERE + " AND permission = ?", (instance, app_id, permission))

    def networks(self, instance: str, app_id: str) -> list[str]:
        found = self._sql.all("SELECT added_at, network FROM allowed_addresses" + _HERE, (instance, app_id))
        return [row[1] for row in sorted(found)]

    def allow(self, instance: str, app_id: str, network: str, now: int) -> None:
        self._sql.run("INSERT INTO allowed_addresses VALUES (?, ?, ?, ?)", (instance, app_id, network, now))
        self._sql.run("DELETE FROM waiting_addresses" + _HERE + " AND address = ?", (instance, app_id, network))

    def disallow(self, instance: str, app_id: str, network: str) -> None:
        self._sql.run("DELETE FROM allowed_addresses" + _HERE + " AND network = ?", (instance, app_id, network))

    def set_access(self, instance: str, app_id: str, access: bytes) -> None:
        self._sql.run(
            "UPDATE integrations SET access = ?, access_version = access_version + 1" + _HERE,
            (access, instance, app_id),
        )

    def mint(self, rows: Sequence[TokenRow]) -> list[bool]:
        done = [False] * len(rows)
        for places in in_rounds([each.app_id for each in rows]):  # one statement cannot change a row of the table twice
            minted = self._minted([rows[each] for each in places])
            for place in places:
                done[place] = rows[place].app_id in minted
        return done

    def _minted(self, rows: Sequence[TokenRow]) -> set[str]:
        """Mints rows of different integrations with one statement; the App IDs of those whose conditions held."""
        if not rows:
            return set()
        values = [value for row in rows for value in row]
        app_ids = [row.app_id for row in rows]
        changed = self._sql.run(_mint(len(rows)), values)
        if changed in (0, len(rows)):
            return set(app_ids) if changed else set()
        fresh = {row.app_id: row.token_digest for row in rows}
        found = self.facts_by_app_id(app_ids)
        return {each.app_id for each in found if each is not None and each.token_digest == fresh[each.app_id]}

    def kill_token(self, instance: str, app_id: str, reason: str) -> bool:
        return self._sql.run(_KILL + " AND app_id = ?", (reason, instance, app_id)) == 1

    def kill_all_tokens(self, instance: str, reason: str) -> int:
        return self._sql.run(_KILL, (reason, instance))

    def forget_tokens(self, instance: str, generations: int) -> None:
        self._sql.run(
            "UPDATE integrations SET token_digest = NULL, token_key = NULL, issued_at = NULL, sealed = NULL,"
            " previous_digest = NULL, previous_expires_at = NULL, previous_reason = NULL, generation = generation + ?"
            " WHERE instance = ?",
            (generations, instance),
        )

    def issued_after(self, instance: str, moment: int) -> list[str]:
        found = self._sql.all(
            "SELECT app_id FROM integrations WHERE instance = ? AND issued_at > ? ORDER BY app_id", (instance, moment)
        )
        return [row[0] for row in found]

    def proofs(self, app_ids: Sequence[str]) -> list[Proof]:
        return [Proof._make(row) for row in self._sql.all(_proofs(len(app_ids)), app_ids)]

    def standings(self, instance: str) -> list[Standing]:
        columns = ", ".join(Standing._fields)
        found = self._sql.all(f"SELECT {columns} FROM integrations WHERE instance = ? ORDER BY created_at, app_id", (instance,))
        return [Standing._make(row) for row in found]

    def secrets_under(self, key_id: str) -> list[str]:
        found = self._sql.all(
            "SELECT app_id FROM integrations WHERE deleted_at IS NULL AND (secret_key = ? OR token_key = ?) ORDER BY app_id",
            (key_id, key_id),
        )
        return [row[0] for row in found]

    def waiting(self, instance: str, app_id: str) -> list[WaitingAddress]:
        found = self._sql.all(
            "SELECT instance, app_id, address, times, first_at, last_at FROM waiting_addresses" + _HERE, (instance, app_id)
        )
        return sorted(map(WaitingAddress._make, found), key=lambda row: (-row.last_at, row.address))

    def add_waiting(self, rows: Sequence[WaitingAddress]) -> None:
        self._sql.many(
            "INSERT INTO waiting_addresses VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (instance, app_id, address) DO UPDATE SET"
            " times = waiting_addresses.times + excluded.times,"
            " first_at = CASE WHEN excluded.first_at < waiting_addresses.first_at THEN excluded.first_at"
            " ELSE waiting_addresses.first_at END,"
            " last_at = CASE WHEN excluded.last_at > waiting_addresses.last_at THEN excluded.last_at"
            " ELSE waiting_addresses.last_at END",
            sorted(rows),  # always in one order, so that no two writers wait for each other
        )
        for instance, app_id in sorted({(row.instance, row.app_id) for row in rows}):
            self._sql.run(
                "DELETE FROM waiting_addresses" + _HERE + " AND address NOT IN (SELECT address FROM waiting_addresses"
                " WHERE instance = ? AND app_id = ? ORDER BY last_at DESC, address LIMIT ?)",
                (instance, app_id, instance, app_id, _WAITING_KEPT),
            )

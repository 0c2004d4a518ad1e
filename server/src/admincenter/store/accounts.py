"""The statements on accounts: each one by its identifier, many by what an index knows."""

from collections.abc import Sequence

from admincenter.core.account_search import Condition, Order, Place, names_one
from admincenter.core.ports import Account, AccountKeys
from admincenter.store.account_search import ordered, stretch, where_of
from admincenter.store.sql import Sql

COLUMNS = ", ".join(Account._fields)
_HERE = " WHERE instance = ? AND account_id = ?"
_GET = f"SELECT {COLUMNS} FROM accounts{_HERE}"
_INSERT = (
    f"INSERT INTO accounts ({COLUMNS}, user_key) VALUES ({', '.join('?' * (len(Account._fields) + 1))})"
    " ON CONFLICT (instance, user_key) DO NOTHING"
)
_SET = ", ".join(f"{name} = ?" for name in Account._fields[2:])
_UPDATE = f"UPDATE accounts SET {_SET}{_HERE}"
_UPDATE_WITH_KEY = f"UPDATE accounts SET {_SET}, user_key = ?{_HERE}"
_CODES = f"SELECT {COLUMNS} FROM accounts WHERE code_expires_at <= ? ORDER BY code_expires_at LIMIT ?"


class SqlAccounts:
    """`ports.Accounts` in SQL."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def lock(self, instance: str) -> None:
        self._sql.take_alone(int(instance))

    def get(self, instance: str, account_id: str) -> Account | None:
        rows = self._sql.all(_GET, (instance, account_id))
        return Account._make(rows[0]) if rows else None

    def was_given(self, instance: str, account_id: str) -> bool:
        found = self._sql.all(
            f"SELECT 1 FROM accounts{_HERE} UNION ALL SELECT 1 FROM deleted_accounts{_HERE}",
            (instance, account_id, instance, account_id),
        )
        return bool(found)

    def is_named(self, instance: str, user_key: bytes) -> bool:
        return bool(self._sql.all("SELECT 1 FROM accounts WHERE instance = ? AND user_key = ?", (instance, user_key)))

    def insert(self, row: Account, keys: AccountKeys) -> bool:
        if not self._sql.run(_INSERT, (*row, keys.user)):
            return False
        self._add_emails(row, keys)
        return True

    def _add_emails(self, row: Account, keys: AccountKeys) -> None:
        for place, each in enumerate(keys.emails):
            self._sql.run("INSERT INTO account_emails VALUES (?, ?, ?, ?)", (row.instance, row.account_id, place, each))

    def update(self, row: Account, keys: AccountKeys | None) -> None:
        instance, account_id, *values = row
        if keys is None:
            self._sql.run(_UPDATE, (*values, instance, account_id))
            return
        self._sql.run(_UPDATE_WITH_KEY, (*values, keys.user, instance, account_id))
        self._sql.run("DELETE FROM account_emails" + _HERE, (instance, account_id))
        self._add_emails(row, keys)

    def delete(self, instance: str, account_id: str, now: int) -> None:
        self._sql.run("DELETE FROM account_emails" + _HERE, (instance, account_id))
        if self._sql.run("DELETE FROM accounts" + _HERE, (instance, account_id)):
            self._sql.run("INSERT INTO deleted_accounts VALUES (?, ?, ?)", (instance, account_id, now))

    def select(self, instance: str, where: Condition | None, order: Order, place: Place) -> list[Account]:
        narrowed, values = where_of(instance, where)
        if names_one(where) and place.after is None and place.offset == 0 < place.limit:  # an order costs ten times the row
            return [Account._make(row) for row in self._sql.all(f"SELECT {COLUMNS} FROM accounts WHERE {narrowed}", values)]
        behind, further = stretch(place)
        statement = f"SELECT {COLUMNS} FROM accounts WHERE {narrowed}{behind} ORDER BY {ordered(order, where)} LIMIT ? OFFSET ?"
        return [Account._make(row) for row in self._sql.all(statement, (*values, *further))]

    def count_where(self, instance: str, where: Condition) -> int:
        narrowed, values = where_of(instance, where)
        return int(self._sql.all(f"SELECT count(*) FROM accounts WHERE {narrowed}", values)[0][0])

    def count(self, instance: str) -> int:
        rows = self._sql.all("SELECT accounts FROM account_counts WHERE instance = ?", (instance,))
        return int(rows[0][0]) if rows else 0

    def count_rows(self, instance: str) -> int:
        return int(self._sql.all("SELECT count(*) FROM accounts WHERE instance = ?", (instance,))[0][0])

    def count_up(self, counts: Sequence[tuple[str, int]]) -> None:
        for instance, moved in counts:
            if not self._sql.run("UPDATE account_counts SET accounts = accounts + ? WHERE instance = ?", (moved, instance)):
                self._sql.run("INSERT INTO account_counts VALUES (?, ?)", (instance, moved))

    def active(self, instance: str) -> list[str]:
        found = self._sql.all("SELECT account_id FROM accounts WHERE instance = ? AND active = 1", (instance,))
        return [row[0] for row in found]

    def with_codes_until(self, moment: int, limit: int) -> list[Account]:
        return [Account._make(row) for row in self._sql.all(_CODES, (moment, limit))]

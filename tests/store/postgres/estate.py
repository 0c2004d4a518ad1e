"""A data directory in which something stands in every table, and the same data where they were moved to."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from admincenter.core import accounts, checkpoints, instances, keys, query, retention
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM
from admincenter.core.ports import Change, Tx, UsageCount, WaitingAddress
from admincenter.core.query import Search
from admincenter.store import keyfile, tables
from admincenter.store.database import Database
from admincenter.store.directory import DATABASE
from admincenter.store.opening import Store
from admincenter.store.postgres.clock import DatabaseClock
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.writer import write_one
from tests.settable_clock import SettableClock
from tests.store.bearer import bought
from tests.tenant import Tenant

T = TypeVar("T")

DAY = 86_400


class Estate:
    """What its holders know: secrets, tokens old and new, a cursor, a checkpoint. The directory is closed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._in_the_past()
        self._of_today()

    def _in_the_past(self) -> None:
        """Ten days ago: what retention takes away today."""
        store = Store(self.data, create=True, clock=SettableClock(time.time_ns() // 1000 - 10 * DAY * 1_000_000))
        self.tenant = Tenant(store)
        self.tenant.happen(1_500)
        store.close()

    def _of_today(self) -> None:
        store = Store(self.data)
        self.tenant._store = store
        store.add_key(SYSTEM)
        self.sibling, self.stranger = self.tenant.sibling(), Tenant(store)
        self.old, self.live = bought(store, self.tenant), bought(store, self.tenant)
        self.revoked = bought(store, self.sibling)
        self.sibling.revoke()
        self.tenant.sibling().delete()
        self.tenant.rename("Ærøskøbing ☃ 'quoted'")
        self._be_used(store)
        self._hold_accounts(store)
        self.tenant.happen(1_200)
        self._forget(store)
        self.cursor = store.read(self._half_read)
        self.kept = store.read(lambda tx: checkpoints.of(self.tenant.instance, tx.audit.head(self.tenant.instance)))
        store.close()

    def _be_used(self, store: Store) -> None:
        here, app_id = self.tenant.instance, self.tenant.app_id
        seen = [WaitingAddress(here, app_id, f"192.0.2.{each}", each, each, 2 * each) for each in range(1, 60)]
        counted = [UsageCount(here, app_id, "manage_accounts", f"198.51.100.{each}", 20_000, each, each) for each in range(200)]

        def both(tx: Tx) -> Change[None]:
            tx.integrations.add_waiting(seen)
            tx.usage.add(counted)
            return Change(None, [])

        store.write(both)

    def _hold_accounts(self, store: Store) -> None:
        """Invited, changed, deleted; and a setting of the instance."""
        here, writer = self.tenant.instance, Writer(SYSTEM, os.urandom, "https://admin.example.com")

        def all_of_it(tx: Tx) -> Change[None]:
            made = [
                accounts.create(tx, here, Wanted({"userName": f"Ærø{n}", "emails": [{"value": f"{n}@b"}]}), writer)
                for n in range(9)
            ]
            gone = [accounts.delete(tx, here, each.value.account_id, None, False, SYSTEM) for each in made[:2]]
            off = [accounts.deactivate(tx, here, each.value.account_id, SYSTEM) for each in made[2:4]]
            kept = instances.protect_claimed(tx, here, True, SYSTEM)
            return Change(None, [event for each in (*made, *gone, *off) for event in each.events] + list(kept.events))

        store.write(all_of_it)

    def _forget(self, store: Store) -> None:
        """Behind the cut some rows are left, as a run leaves them that is broken off."""
        here, seed = self.tenant.instance, store.keyring().seed
        store.write(lambda tx: retention.cut(tx, here, 5, seed, SYSTEM))
        store.write(lambda tx: retention.sweep(tx, here))

    def _half_read(self, tx: Tx) -> str:
        row = tx.instances.get(self.tenant.instance)
        assert row is not None
        last = query.page(tx, row, Search(limit=300, ascending=True)).rows[-1]
        return query.write_cursor(row.cursor_key, last[0])

    def rows(self) -> dict[str, tables.Summary]:
        """Each table's count and digest."""
        database = SqliteDatabase(self.data / DATABASE, SettableClock())
        try:
            return summaries(self.data, database)
        finally:
            database.close()

    def count(self) -> int:
        """How many rows there are."""
        return sum(each.rows for each in self.rows().values())


def summaries(data: Path, database: Database) -> dict[str, tables.Summary]:
    """Each table's count and digest in a database that has the tables of the directory's."""
    file = SqliteDatabase(data / DATABASE, SettableClock())
    try:
        return {each.name: tables.summary(database.sql, each) for each in tables.of(file)}
    finally:
        file.close()


class There:
    """What `Store` is over a data directory, as far as holders of credentials need it, over PostgreSQL."""

    def __init__(self, url: str, data: Path) -> None:
        self.clock = DatabaseClock()
        self.database = PostgresDatabase(Connector(url), self.clock)
        self.key_path = data / "server.key"

    def read(self, function: Callable[[Tx], T]) -> T:
        """A read in one snapshot."""
        self.database.snapshot()
        try:
            return function(self.database.tx)
        finally:
            self.database.rollback()

    def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One change in a transaction of its own."""
        return write_one(self.database, function, os.urandom)

    def keyring(self) -> keys.Keyring:
        """The live keys."""
        return keys.ring(keyfile.load(self.key_path), self.database.tx.server_keys.all())


@contextmanager
def there(url: str, data: Path) -> Iterator[There]:
    """Closed at the end."""
    opened = There(url, data)
    try:
        yield opened
    finally:
        opened.database.close()

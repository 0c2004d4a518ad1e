"""A server's duty: what expired goes out of the database, whatever stands in its way for a while."""

import asyncio
import logging
import os
from contextlib import suppress

import pytest

from admincenter import duties
from admincenter.core import accounts
from admincenter.core.account_upkeep import DAY
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM
from admincenter.core.invitations import CODE_LIFE
from admincenter.core.ports import Account, Instance
from admincenter.store import sqlite
from admincenter.store.directory import DATABASE
from admincenter.store.opening import Store
from admincenter.store.sqlite import SqliteDatabase
from tests.settable_clock import SettableClock
from tests.store.executing import on_the_loop, until


@pytest.fixture
def row(store: Store, instance: Instance) -> Account:
    """An invited account that was changed once."""
    wanted, writer = Wanted({"userName": "a"}), Writer(SYSTEM, os.urandom)
    made = store.write(lambda tx: accounts.create(tx, instance.instance, wanted, writer))
    return store.write(lambda tx: accounts.deactivate(tx, instance.instance, made.account_id, SYSTEM))


@on_the_loop
async def test_codes_expire_and_history_ends(
    store: Store, row: Account, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While a server serves; a database that cannot be written for longer than one waits is tried again."""
    monkeypatch.setattr(duties, "TIDY_SECONDS", 0.01)
    clock.advance((CODE_LIFE + 90 * DAY) / 1_000_000 + 1)

    def is_tidy() -> bool:
        found = store.read(lambda tx: accounts.find(tx, row.instance, row.account_id))
        return found.code_expires_at is None and not store.read(
            lambda tx: tx.account_journal.changes(row.instance, row.account_id)
        )

    holder = SqliteDatabase(store.data / DATABASE, clock)
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    holder.begin()
    duty = asyncio.create_task(duties.keep_accounts_tidy(store, 90))
    with caplog.at_level(logging.WARNING):
        await until(lambda: "accounts could not be tidied" in caplog.text)
    holder.rollback()
    holder.close()
    await until(is_tidy)
    duty.cancel()
    with suppress(asyncio.CancelledError):
        await duty

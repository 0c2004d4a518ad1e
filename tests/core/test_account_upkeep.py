"""What time and a restore do to accounts, and what a check finds."""

import os
from typing import Any

import pytest

from admincenter.core import account_soundness, account_upkeep, accounts, instances
from admincenter.core.account_document import attributes_of, opened
from admincenter.core.account_upkeep import DAY
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM
from admincenter.core.invitations import CODE_LIFE
from admincenter.core.ports import Account, Change, Instance, Tx
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock
from tests.within import undone

WRITER = Writer(SYSTEM, os.urandom)


def created(store: Store, instance: str, name: str) -> Account:
    return store.write(
        lambda tx: accounts.create(
            tx, instance, Wanted({"userName": name} | ({"externalId": "E\u0308"} if name == "a" else {})), WRITER
        )
    )


def found(store: Store, row: Account) -> Account:
    return store.read(lambda tx: accounts.find(tx, row.instance, row.account_id))


def test_expired_codes_leave_the_database_and_nothing_else_changes(
    store: Store, instance: Instance, clock: SettableClock
) -> None:
    """In every instance; those that are still good stay; a reader sees no difference."""
    there = store.write(lambda tx: instances.create(tx, "There", SYSTEM, os.urandom)).instance
    old = [created(store, each, "a") for each in (instance.instance, there)]
    clock.advance(CODE_LIFE / 1_000_000)
    new = created(store, instance.instance, "b")
    assert store.write(account_upkeep.forget_expired_codes) == 2
    assert store.write(account_upkeep.forget_expired_codes) == 0
    for row in old:
        after = found(store, row)
        assert (after.code_expires_at, opened(after).code, after.version) == (None, None, 1)
        assert attributes_of(after) == attributes_of(row)
    assert found(store, new) == new


def test_codes_are_forgotten_so_many_at_a_time(store: Store, instance: Instance, clock: SettableClock) -> None:
    for number in range(3):
        created(store, instance.instance, str(number))
    clock.advance(CODE_LIFE / 1_000_000)
    counts = [store.write(lambda tx: account_upkeep.forget_expired_codes(tx, 2)) for _ in range(3)]
    assert counts == [2, 1, 0]


def test_a_restore_forgets_every_code(store: Store, instance: Instance) -> None:
    row = created(store, instance.instance, "a")
    assert store.write(lambda tx: Change(account_upkeep.forget_all_codes(tx), [])) == 1
    assert found(store, row).code_expires_at is None


def test_the_journal_is_kept_for_some_days(store: Store, instance: Instance, clock: SettableClock) -> None:
    row = created(store, instance.instance, "a")
    store.write(lambda tx: accounts.deactivate(tx, row.instance, row.account_id, SYSTEM))
    clock.advance(3 * DAY / 1_000_000)
    store.write(lambda tx: accounts.claim(tx, row.instance, row.account_id, SYSTEM))
    assert store.write(lambda tx: account_upkeep.trim_journal(tx, 3)) == 0
    clock.advance(1)
    assert store.write(lambda tx: account_upkeep.trim_journal(tx, 3)) == 1
    assert store.write(lambda tx: account_upkeep.trim_journal(tx, 3)) == 0
    assert [each.version for each in store.read(lambda tx: tx.account_journal.changes(row.instance, row.account_id))] == [2]


WRONG: dict[str, tuple[str, str]] = {
    "the counter": ("UPDATE account_counts SET accounts = 7", "says 7, and there are 2"),
    "the name": ("UPDATE accounts SET user_name = 'b' WHERE user_key = x'61'", "is not what its searched columns say"),
    "the switch": ("UPDATE accounts SET active = 0 WHERE user_key = x'61'", "is not what its searched columns say"),
    "the time": (
        "UPDATE accounts SET modified_at = modified_at + 1000 WHERE user_key = x'61'",
        "is not what its searched columns say",
    ),
    "a document that is none": (
        "UPDATE accounts SET document = x'00' WHERE user_key = x'61'",
        "is not what its searched columns say",
    ),
    "a document without meta": (
        "UPDATE accounts SET document = CAST('{}' AS BLOB) WHERE user_key = x'61'",
        "is not what its searched columns say",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_check_finds_what_does_not_agree(store: Store, instance: Instance, what: str) -> None:
    created(store, instance.instance, "c")
    row = created(store, instance.instance, "a")
    statement, said = WRONG[what]

    def faults(tx: Tx) -> list[Any]:
        return list(account_soundness.faults(tx, row.instance))

    assert store.read(faults) == []
    with undone(store) as within:
        within.sql.run(statement)
        [fault] = within.read(faults)
    assert said in fault

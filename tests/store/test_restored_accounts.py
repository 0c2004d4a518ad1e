"""A restore revives no account: its access code is dead, and who was out of use since the backup stays so (promise 8)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from admincenter.core import accounts
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM
from tests.settable_clock import SettableClock
from tests.store.test_restore import House


@pytest.fixture
def house(tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    """A data directory through a backup and a restore."""
    made = House(tmp_path / "data", clock)
    yield made
    made.store.close()


def test_no_access_code_of_a_backup_is_good_and_no_account_is_active_again(house: House) -> None:
    """Deactivated or deleted since, it is deactivated; one that stood all the time is as it was."""
    here, writer = house.tenant.instance, Writer(SYSTEM, os.urandom)

    def create(name: str) -> str:
        made = house.store.write(lambda tx: accounts.create(tx, here, Wanted({"userName": name}), writer))
        return made.account_id

    stays, off, gone = (create(name) for name in ("stays", "off", "gone"))
    copy = house.backup()
    house.store.write(lambda tx: accounts.deactivate(tx, here, off, SYSTEM))
    house.store.write(lambda tx: accounts.delete(tx, here, gone, None, False, SYSTEM))
    done = house.restore(copy)
    [revived] = [each for each in done.instances if each.instance == here]
    assert set(revived.deactivated) == {off, gone}
    rows = {each: house.store.read(lambda tx, each=each: accounts.find(tx, here, each)) for each in (stays, off, gone)}  # type: ignore[misc]
    assert {each: row.active for each, row in rows.items()} == {stays: 1, off: 0, gone: 0}
    assert [row.account_id for row in rows.values() if row.code_expires_at or b"accessCode" in row.document] == []
    assert house.store.faults() == []

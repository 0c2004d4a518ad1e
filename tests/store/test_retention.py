"""Retention: what is older goes, behind a signed record; a run that is killed is finished by the next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from admincenter.core import checkpoints, query, retention
from admincenter.core.audit import SYSTEM, Cut
from admincenter.core.errors import ValueBad
from admincenter.core.ports import Window
from admincenter.core.query import Search
from admincenter.core.verification import Evidence, verify
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.within import Within, undone

DAY = 86_400


@pytest.fixture
def tenant(store: Store, clock: SettableClock) -> Tenant:
    """Events 1 to 2,500 are ten days old, 2,501 to 2,600 are of today."""
    made = Tenant(store)
    made.happen(2_500 - made.head.sequence)
    clock.advance(10 * DAY)
    made.happen(100)
    return made


def cut(store: Store, tenant: Tenant, days: int = 5) -> Cut | None:
    seed = store.keyring().seed
    return store.write(lambda tx: retention.cut(tx, tenant.instance, days, seed, SYSTEM))


def sweep(store: Store, tenant: Tenant) -> int:
    return store.write(lambda tx: retention.sweep(tx, tenant.instance))


def stored(store: Store, tenant: Tenant) -> list[int]:
    with store.connected() as database:
        found = database.sql.all("SELECT sequence FROM audit_events WHERE instance = ? ORDER BY sequence", (tenant.instance,))
    return [row[0] for row in found]


def test_the_cut_is_a_signed_record_and_an_event_and_then_the_rows_go_a_thousand_at_a_time(
    store: Store, tenant: Tenant
) -> None:
    [last] = store.read(lambda tx: tx.audit.records(Window(tenant.instance, 2_499, 2_501, 1, True)))
    drawn = cut(store, tenant)
    assert drawn is not None
    assert (drawn.through, drawn.digest, drawn.recorded_at) == (2_500, last.digest, last.recorded_at)
    [signed] = checkpoints.read_notes(drawn.note, checkpoints.public_key(store.keyring().seed))
    assert signed == retention.signed_part(tenant.instance, drawn)
    event = tenant.log()[-1]
    assert event["extra_data"]["kind"] == "audit.cut"
    assert {name: event["extra_data"][name] for name in ("through", "days", "count")} == {
        "through": 2_500,
        "days": 5,
        "count": 2_500,
    }
    assert [sweep(store, tenant) for _ in range(4)] == [1_000, 1_000, 500, 0]
    assert stored(store, tenant) == list(range(2_501, 2_602))


def test_nothing_behind_the_cut_is_shown_while_its_rows_are_still_there(store: Store, tenant: Tenant) -> None:
    """By no page, in neither order, also with a cursor from before the cut."""
    cut(store, tenant)
    assert stored(store, tenant)[0] == 1
    instance = store.read(lambda tx: tx.instances.get(tenant.instance))
    assert instance is not None
    for search in (Search(10, ascending=True), Search(10, after=7, ascending=True), Search(1_000), Search(10, before=2_505)):
        page = store.read(lambda tx, search=search: query.page(tx, instance, search))  # type: ignore[misc]
        assert min(sequence for sequence, _payload in page.rows) >= 2_501
    assert store.read(lambda tx: query.page(tx, instance, Search(10, before=2_501, ascending=True))).rows == []


def test_where_nothing_is_old_enough_there_is_no_cut_and_no_event(store: Store, tenant: Tenant) -> None:
    before = tenant.head
    assert cut(store, tenant, days=11) is None
    assert tenant.head == before
    assert cut(store, tenant, days=10**9) is None
    cut(store, tenant)
    assert cut(store, tenant) is None


def test_less_than_a_day_is_refused(store: Store, tenant: Tenant) -> None:
    for days in (0, -1):
        with pytest.raises(ValueBad, match="at least 1 day"):
            cut(store, tenant, days)


def test_a_log_whose_every_event_is_old_keeps_the_event_of_its_cut(store: Store, tenant: Tenant, clock: SettableClock) -> None:
    clock.advance(30 * DAY)
    cut(store, tenant)
    while sweep(store, tenant):
        pass
    assert stored(store, tenant) == [2_601]
    clock.advance(30 * DAY)
    cut(store, tenant)
    while sweep(store, tenant):
        pass
    assert stored(store, tenant) == [2_602]
    key = checkpoints.public_key(store.keyring().seed)
    assert verify(store, tenant.instance, Evidence(key)).faults == []


def test_a_log_with_a_hole_at_the_cut_is_not_deleted(store: Store, tenant: Tenant) -> None:
    """What would be deleted is evidence then."""
    with undone(store) as log:
        log.sql.run("DELETE FROM audit_events WHERE instance = ? AND sequence = 2500", (tenant.instance,))
        with pytest.raises(ValueBad, match="Event 2500 is missing; nothing is deleted"):
            _cut_within(log, tenant, store.keyring().seed)


def _cut_within(log: Within, tenant: Tenant, seed: bytes) -> None:
    log.read(lambda tx: retention.cut(tx, tenant.instance, 5, seed, SYSTEM))


_KILLED_BETWEEN_TWO_BATCHES = """
import os, signal, sys
from pathlib import Path
from admincenter.core import retention
from admincenter.core.audit import SYSTEM
from admincenter.store.opening import Store

store, instance = Store(Path(sys.argv[1])), sys.argv[2]
seed = store.keyring().seed
store.write(lambda tx: retention.cut(tx, instance, 5, seed, SYSTEM))
store.write(lambda tx: retention.sweep(tx, instance))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_is_killed_between_two_batches_is_finished_by_the_next(tmp_path: Path, clock: SettableClock) -> None:
    long_ago = SettableClock(1_700_000_000_000_000)
    made = Store(tmp_path / "old", create=True, clock=long_ago)
    tenant = Tenant(made)
    tenant.happen(2_500 - tenant.head.sequence)
    made.close()
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_BETWEEN_TWO_BATCHES, str(made.data), tenant.instance],
        timeout=60,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")},
    )
    assert killed.returncode == -signal.SIGKILL
    again = Store(made.data)
    assert stored(again, tenant) == list(range(1_001, 2_502))
    key = checkpoints.public_key(again.keyring().seed)
    assert verify(again, tenant.instance, Evidence(key)).faults == []
    assert cut(again, tenant) is None
    assert [sweep(again, tenant) for _ in range(3)] == [1_000, 500, 0]
    assert stored(again, tenant) == [2_501]
    again.close()

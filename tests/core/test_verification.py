"""The proof that a log is whole: every forgery is found, and neither a growing log nor retention is taken for one."""

import random
import threading
from collections.abc import Callable, Iterator

import pytest

from admincenter.core import audit, checkpoints, retention, verification
from admincenter.core.audit import SYSTEM, Fault, Record
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.ports import Window
from admincenter.core.stream import pages, span
from admincenter.core.verification import Evidence
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.within import Within, undone

EVENTS = 60
TRIALS = 24
DAY = 86_400


@pytest.fixture
def tenant(store: Store) -> Tenant:
    made = Tenant(store)
    made.happen(EVENTS - made.head.sequence)
    return made


def evidence(store: Store, *kept: Checkpoint) -> Evidence:
    return Evidence(checkpoints.public_key(store.keyring().seed), kept)


def last(tenant: Tenant) -> Checkpoint:
    return checkpoints.of(tenant.instance, tenant.head)


def rows(log: Within, tenant: Tenant) -> list[Record]:
    return log.read(lambda tx: tx.audit.records(Window(tenant.instance, 0, 2**62, 10_000, True)))


def test_a_whole_log_has_no_fault_and_agrees_with_its_checkpoints(store: Store, tenant: Tenant) -> None:
    some = [Checkpoint(tenant.instance, row.sequence, row.digest, row.recorded_at) for row in _stored(store, tenant)[::7]]
    found = verification.verify(store, tenant.instance, evidence(store, *some, last(tenant)))
    assert found == (tenant.instance, 0, EVENTS, len(some) + 1, 0, [])


def _stored(store: Store, tenant: Tenant) -> list[Record]:
    return [row for page in pages(store, store.read(lambda tx: span(tx, tenant.instance))) for row in page]


TEXTS = ("event_id", "kind", "actor", "target", "address")


def edit_text(log: Within, tenant: Tenant, dice: random.Random) -> int:
    at, name = dice.randint(1, EVENTS), dice.choice(TEXTS)
    log.sql.run(f"UPDATE audit_events SET {name} = {name} || '.' WHERE instance = ? AND sequence = ?", (tenant.instance, at))
    return at


def edit_bytes(log: Within, tenant: Tenant, dice: random.Random) -> int:
    row, name = dice.choice(rows(log, tenant)), dice.choice(("payload", "digest"))
    changed = bytearray(getattr(row, name))
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    _set(log, row, name, bytes(changed))
    return row.sequence


def edit_type(log: Within, tenant: Tenant, dice: random.Random) -> int:
    row, name = dice.choice(rows(log, tenant)), dice.choice((*TEXTS, "payload", "digest", "recorded_at"))
    _set(log, row, name, b"\xff\x00" if name in (*TEXTS, "recorded_at") else "text")
    return row.sequence


def garble_text(log: Within, tenant: Tenant, dice: random.Random) -> int:
    """Bytes that are no UTF-8, as a failing disk leaves them."""
    at, name = dice.randint(1, EVENTS), dice.choice(TEXTS)
    garbled = f"UPDATE audit_events SET {name} = CAST(x'41c3' AS TEXT) WHERE instance = ? AND sequence = ?"
    log.sql.run(garbled, (tenant.instance, at))
    return at


def edit_time(log: Within, tenant: Tenant, dice: random.Random) -> int:
    row = dice.choice(rows(log, tenant))
    _set(log, row, "recorded_at", row.recorded_at + dice.choice((-1, 1, DAY * 1_000_000)))
    return row.sequence


def _set(log: Within, row: Record, name: str, value: bytes | int | str) -> None:
    where = (row.instance, row.sequence)
    log.sql.run(f"UPDATE audit_events SET {name} = ? WHERE instance = ? AND sequence = ?", (value, *where))


def delete_one(log: Within, tenant: Tenant, dice: random.Random) -> int:
    at = dice.randint(1, EVENTS - 1)
    log.sql.run("DELETE FROM audit_events WHERE instance = ? AND sequence = ?", (tenant.instance, at))
    return at + 1


def delete_last(log: Within, tenant: Tenant, dice: random.Random) -> int:
    kept = dice.randint(0, EVENTS - 1)
    log.sql.run("DELETE FROM audit_events WHERE instance = ? AND sequence > ?", (tenant.instance, kept))
    return kept + 1


def move_away(log: Within, tenant: Tenant, dice: random.Random) -> int:
    at = dice.randint(1, EVENTS - 1)
    log.sql.run("UPDATE audit_events SET instance = '1' WHERE instance = ? AND sequence = ?", (tenant.instance, at))
    return at + 1


def swap_rows(log: Within, tenant: Tenant, dice: random.Random) -> int:
    one, other = sorted(dice.sample(range(1, EVENTS + 1), 2))
    for before, after in ((one, 10**6), (other, one), (10**6, other)):
        log.sql.run(
            "UPDATE audit_events SET sequence = ? WHERE instance = ? AND sequence = ?", (after, tenant.instance, before)
        )
    return one


def swap_contents(log: Within, tenant: Tenant, dice: random.Random) -> int:
    one, other = sorted(dice.sample(rows(log, tenant), 2))
    for row, content in ((one, other), (other, one)):
        _set(log, row, "payload", content.payload)
        _set(log, row, "digest", content.digest)
    return one.sequence


def append_by_hand(log: Within, tenant: Tenant, dice: random.Random) -> int:
    forged = dice.choice(rows(log, tenant))._replace(sequence=EVENTS + dice.randint(1, 9))
    log.sql.run("INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", forged)
    return forged.sequence


def edit_head_digest(log: Within, tenant: Tenant, dice: random.Random) -> int:
    log.sql.run("UPDATE audit_heads SET digest = ? WHERE instance = ?", (dice.randbytes(32), tenant.instance))
    return EVENTS


def claim_more(log: Within, tenant: Tenant, dice: random.Random) -> int:
    more = dice.randint(1, 9)
    log.sql.run("UPDATE audit_heads SET sequence = sequence + ? WHERE instance = ?", (more, tenant.instance))
    return EVENTS + 1


def cut_without_record(log: Within, tenant: Tenant, dice: random.Random) -> int:
    at = dice.randint(1, EVENTS - 1)
    log.sql.run("UPDATE audit_heads SET cut = ? WHERE instance = ?", (at, tenant.instance))
    return at


def cut_with_a_checkpoint_for_its_record(log: Within, tenant: Tenant, dice: random.Random) -> int:
    """A published checkpoint is genuinely signed, and yet no record of a cut."""
    row = dice.choice(rows(log, tenant)[:-1])
    note = checkpoints.sign(Checkpoint(tenant.instance, row.sequence, row.digest, row.recorded_at), SEED[0])
    log.sql.run("INSERT INTO audit_cuts VALUES (?, ?, ?, ?, ?)", (*row[:2], row.digest, row.recorded_at, note))
    log.sql.run("DELETE FROM audit_events WHERE instance = ? AND sequence <= ?", row[:2])
    log.sql.run("UPDATE audit_heads SET cut = ? WHERE instance = ?", (row.sequence, tenant.instance))
    return row.sequence


SEED: list[bytes] = []
"""The server's own seed, for the forger who copies what the server signed."""

SEEN_IN_THE_CHAIN: list[Callable[[Within, Tenant, random.Random], int]] = [
    edit_text,
    edit_bytes,
    edit_type,
    garble_text,
    edit_time,
    delete_one,
    delete_last,
    move_away,
    swap_rows,
    swap_contents,
    append_by_hand,
    edit_head_digest,
    claim_more,
    cut_without_record,
    cut_with_a_checkpoint_for_its_record,
]


@pytest.mark.parametrize("forge", SEEN_IN_THE_CHAIN, ids=lambda forge: forge.__name__)
def test_every_forgery_is_found_at_the_first_bad_event(
    store: Store, tenant: Tenant, forge: Callable[[Within, Tenant, random.Random], int]
) -> None:
    """24 seeded trials of each, 360 in all, without any checkpoint."""
    SEED[:] = [store.keyring().seed]
    for seed in range(TRIALS):
        with undone(store) as log:
            first_bad = forge(log, tenant, random.Random(seed))
            found = verification.verify(log, tenant.instance, evidence(store))
        assert found.faults, f"seed {seed}"
        assert found.faults[0].sequence == first_bad, f"seed {seed}: {found.faults}"


def cut_the_tail(log: Within, tenant: Tenant, dice: random.Random) -> None:
    """The head goes back with the rows: nothing in the chain shows it."""
    end = dice.choice(rows(log, tenant)[:-1])
    log.sql.run("DELETE FROM audit_events WHERE instance = ? AND sequence > ?", end[:2])
    _set_head(log, end)


def rewrite_history(log: Within, tenant: Tenant, dice: random.Random) -> None:
    """Somebody who can write the database writes every digest again, from one event on."""
    old = rows(log, tenant)
    start = dice.randrange(EVENTS)
    digest = old[start - 1].digest if start else audit.GENESIS
    for row in old[start:]:
        payload = row.payload.replace(b"Acme", b"Evil").replace(b"192.0.2.1", b"192.0.2.2")
        address = row.address.replace("192.0.2.1", "192.0.2.2")
        digest = audit.link(digest, row.instance, row.sequence, row.recorded_at, payload)
        for name, value in (("payload", payload), ("digest", digest), ("address", address)):
            _set(log, row, name, value)
    _set_head(log, rows(log, tenant)[-1])


def _set_head(log: Within, end: Record) -> None:
    head = (end.sequence, end.digest, end.recorded_at, end.instance)
    log.sql.run("UPDATE audit_heads SET sequence = ?, digest = ?, recorded_at = ? WHERE instance = ?", head)


@pytest.mark.parametrize("forge", [cut_the_tail, rewrite_history])
def test_a_cut_tail_and_a_rewritten_history_are_found_by_a_checkpoint_kept_elsewhere_and_by_nothing_else(
    store: Store, tenant: Tenant, forge: Callable[[Within, Tenant, random.Random], None]
) -> None:
    kept = last(tenant)
    for seed in range(TRIALS):
        with undone(store) as log:
            forge(log, tenant, random.Random(seed))
            alone = verification.verify(log, tenant.instance, evidence(store))
            held_against = verification.verify(log, tenant.instance, evidence(store, kept))
        assert alone.faults == []
        assert [each.sequence for each in held_against.faults] == [EVENTS], f"seed {seed}"


def test_a_rewritten_history_is_narrowed_down_by_the_last_checkpoint_that_agrees(store: Store, tenant: Tenant) -> None:
    kept = [Checkpoint(tenant.instance, row.sequence, row.digest, row.recorded_at) for row in _stored(store, tenant)[9::10]]
    with undone(store) as log:
        chosen = rows(log, tenant)[34]
        for row in rows(log, tenant)[34:]:
            _set(log, row, "recorded_at", row.recorded_at + 1)
        _chain_again(log, tenant, chosen.sequence)
        found = verification.verify(log, tenant.instance, evidence(store, *kept))
    assert found.faults == [
        Fault(40, "it is not the event of the signed checkpoint: history was rewritten after event 30"),
    ]


def _chain_again(log: Within, tenant: Tenant, first: int) -> None:
    digest = rows(log, tenant)[first - 2].digest
    for row in rows(log, tenant)[first - 1 :]:
        digest = audit.link(digest, row.instance, row.sequence, row.recorded_at, row.payload)
        _set(log, row, "digest", digest)
    _set_head(log, rows(log, tenant)[-1])


def test_a_log_without_any_event_lost_the_creation_of_its_instance(store: Store, tenant: Tenant) -> None:
    with undone(store) as log:
        log.sql.run("DELETE FROM audit_events")
        log.sql.run("UPDATE audit_heads SET sequence = 0, digest = ?", (audit.GENESIS,))
        found = verification.verify(log, tenant.instance, evidence(store))
    assert [each.sequence for each in found.faults] == [1]


def test_a_head_of_another_type_is_a_fault_and_no_crash(store: Store, tenant: Tenant) -> None:
    with undone(store) as log:
        log.sql.run("UPDATE audit_heads SET sequence = 'many', digest = 'text'")
        found = verification.verify(log, tenant.instance, evidence(store))
    assert found.faults


def test_two_checkpoints_that_disagree_cannot_both_be_of_this_log(store: Store, tenant: Tenant) -> None:
    kept = last(tenant)
    found = verification.verify(store, tenant.instance, evidence(store, kept, kept._replace(head=bytes(32))))
    assert [each.sequence for each in found.faults] == [EVENTS]


def test_a_checkpoint_of_an_instance_that_is_not_here_proves_a_rolled_back_directory(store: Store, tenant: Tenant) -> None:
    stranger = last(tenant)._replace(instance="1234567890123456")
    [fault] = verification.absent([last(tenant), stranger], [tenant.instance])
    assert (fault.sequence, "1234567890123456" in fault.reason) == (EVENTS, True)
    assert verification.absent([last(tenant)], [tenant.instance]) == []


@pytest.fixture
def long(store: Store, clock: SettableClock) -> Tenant:
    """A log of several pages, half of it ten days old."""
    made = Tenant(store)
    made.happen(1_500)
    clock.advance(10 * DAY)
    made.happen(1_500)
    return made


def _cut(store: Store, tenant: Tenant) -> None:
    seed = store.keyring().seed
    store.write(lambda tx: retention.cut(tx, tenant.instance, 5, seed, SYSTEM))
    while store.write(lambda tx: retention.sweep(tx, tenant.instance)):
        pass


def test_behind_a_cut_the_rest_is_verified_and_old_checkpoints_are_out_of_reach(store: Store, long: Tenant) -> None:
    old = [Checkpoint(long.instance, row.sequence, row.digest, row.recorded_at) for row in _stored(store, long)[:1_502]]
    _cut(store, long)
    found = verification.verify(store, long.instance, evidence(store, *old))
    assert found == (long.instance, 1_502, long.head.sequence, 1, 1_501, [])


def test_a_cut_whose_record_was_changed_is_a_fault(store: Store, long: Tenant) -> None:
    _cut(store, long)
    for column, value in (("recorded_at", 1), ("note", "")):
        with undone(store) as log:
            log.sql.run(f"UPDATE audit_cuts SET {column} = ?", (value,))
            found = verification.verify(log, long.instance, evidence(store))
        assert [each.sequence for each in found.faults] == [1_502]


def test_a_log_that_is_cut_while_it_is_verified_is_no_fault(store: Store, long: Tenant) -> None:
    """The first page is read, then the first half of the log goes; the verification starts again behind the cut."""
    told: list[tuple[int, int]] = []

    def cut_after_the_first_page(done: int, of: int) -> None:
        if not told:
            _cut(store, long)
        told.append((done, of))

    found = verification.verify(store, long.instance, evidence(store), cut_after_the_first_page)
    assert (found.faults, found.cut, found.through) == ([], 1_502, long.head.sequence)
    assert told[0] == (1_000, 3_002)
    assert told[-1] == (1_501, 1_501)


@pytest.fixture
def growing(store: Store, long: Tenant) -> Iterator[Tenant]:
    """The log grows in another thread for as long as the test runs."""
    stop = threading.Event()

    def grow() -> None:
        while not stop.is_set():
            long.happen(50)

    thread = threading.Thread(target=grow)
    thread.start()
    yield long
    stop.set()
    thread.join()


def test_a_log_that_grows_is_verified_up_to_where_it_was_and_raises_no_alarm(store: Store, growing: Tenant) -> None:
    for _ in range(5):
        before = growing.head.sequence
        found = verification.verify(store, growing.instance, evidence(store))
        assert found.faults == []
        assert before <= found.through <= growing.head.sequence

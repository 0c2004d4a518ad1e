"""How writes commit, on every engine: one transaction, one savepoint an operation, the events chained at its end (D7)."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from admincenter.core.audit import SECOND, SYSTEM, Fault, event, verify
from admincenter.core.errors import InstanceUnknown, Refusal, StorageUnavailable
from admincenter.core.instances import rename
from admincenter.core.ports import Change, Tx
from admincenter.store.database import Database
from admincenter.store.writer import Job, call_each, commit_batch, write_one
from tests.settable_clock import SettableClock
from tests.store.conformance.conftest import Connect
from tests.store.conformance.rows import EVERYTHING, HERE, THERE, all_shown, an_instance

Operation = Callable[[Tx], Any]


@pytest.fixture
def two(database: Database) -> Database:
    """Two instances, committed, and no open transaction."""
    database.begin()
    for instance in (HERE, THERE):
        database.tx.instances.insert(an_instance(instance))
    database.commit()
    return database


def _renames(instance: str, name: str) -> Operation:
    return lambda tx: rename(tx, instance, name, SYSTEM)


def _commit(database: Database, *operations: Operation) -> list[Any]:
    outcomes = commit_batch(database, [Job(call_each, [each]) for each in operations], os.urandom)
    assert not database.in_transaction
    return [each for job in outcomes for each in job]


def _log(database: Database, instance: str) -> list[tuple[int, str]]:
    """The verified log: sequence and kind of each row."""
    tx = database.tx
    records = tx.audit.records(EVERYTHING._replace(instance=instance))
    assert not [each for each in verify(instance, records, tx.audit.head(instance), []) if isinstance(each, Fault)]
    return [(row.sequence, row.kind) for row in records]


def _names(database: Database) -> list[str]:
    return [row.name for row in database.tx.instances.all()]


def test_a_batch_commits_effects_and_events_together(two: Database) -> None:
    """Events are numbered in order, each instance for itself."""
    outcomes = _commit(two, _renames(HERE, "a"), _renames(THERE, "b"), _renames(HERE, "c"))
    assert [each.value.name for each in outcomes] == ["a", "b", "c"]
    assert _names(two) == ["c", "b"]
    assert _log(two, HERE) == [(1, "instance.renamed"), (2, "instance.renamed")]
    assert _log(two, THERE) == [(1, "instance.renamed")]


def test_batch_after_batch_continues_the_chain_and_time_never_goes_back(two: Database, clock: SettableClock) -> None:
    """A clock that stepped back does not show in the log."""
    for number, step in enumerate((0, -3_600, 5)):
        clock.advance(step)
        _commit(two, _renames(HERE, f"name {number}"))
    records = two.tx.audit.records(EVERYTHING)
    assert [number for number, _kind in _log(two, HERE)] == [1, 2, 3]
    assert [row.recorded_at for row in records] == sorted(row.recorded_at for row in records)


def _refused(tx: Tx) -> Change[None]:
    tx.instances.rename(HERE, "half done")
    raise InstanceUnknown("x")


def _mistaken(tx: Tx) -> Change[None]:
    tx.instances.rename(HERE, "half done")
    raise ZeroDivisionError


def _illegal(tx: Tx) -> Change[None]:
    tx.instances.rename(HERE, "half done")
    tx.instances.insert(an_instance(THERE))
    return Change(None, [event("instance.created", THERE, SYSTEM, name="twice")])


@pytest.mark.parametrize("bad", [_refused, _mistaken, _illegal], ids=["refused", "a bug", "illegal for the engine"])
def test_an_operation_that_fails_affects_only_itself(two: Database, bad: Operation) -> None:
    """Its half-done effect is undone, it has no event; its neighbours, before and after it, have both."""
    before, failed, after = _commit(two, _renames(THERE, "before"), bad, _renames(THERE, "after"))
    assert isinstance(failed, Exception)
    assert isinstance(failed, Refusal) is (bad is _refused)
    assert (before.value.name, after.value.name) == ("before", "after")
    assert _names(two) == [an_instance(HERE).name, "after"]
    assert (_log(two, HERE), len(_log(two, THERE))) == ([], 2)


def test_an_operation_over_many_arguments_answers_each(two: Database) -> None:
    """One refusal among them is an outcome like another, and has no event."""

    def rename_all(tx: Tx, names: Sequence[str]) -> list[Any]:
        return [InstanceUnknown(name) if name == "bad" else rename(tx, HERE, name, SYSTEM) for name in names]

    [[one, bad, two_]] = commit_batch(two, [Job(rename_all, ["one", "bad", "two"])], os.urandom)
    assert (one.value.name, two_.value.name) == ("one", "two")
    assert isinstance(bad, InstanceUnknown)
    assert len(_log(two, HERE)) == 2


def test_a_batch_of_refusals_writes_nothing(two: Database) -> None:
    """Not even to the log."""
    before = all_shown(two.tx)
    assert all(isinstance(each, InstanceUnknown) for each in _commit(two, _refused, _refused))
    assert all_shown(two.tx) == before


def test_a_batch_whose_transaction_is_lost_changes_nothing(two: Database) -> None:
    """Everybody in it is told so; what would have come after it is not carried out outside a transaction."""

    def loses(_tx: Tx) -> Change[None]:
        two.rollback()
        raise ZeroDivisionError

    before = all_shown(two.tx)
    with pytest.raises(StorageUnavailable):
        _commit(two, _renames(HERE, "before"), loses, _renames(THERE, "after"))
    assert not two.in_transaction
    assert all_shown(two.tx) == before
    _commit(two, _renames(HERE, "the next batch"))
    assert _names(two)[0] == "the next batch"


def test_a_batch_whose_transaction_is_lost_unnoticed_changes_nothing_either(two: Database) -> None:
    """An operation that ended the transaction and says nothing."""

    def loses(_tx: Tx) -> Change[None]:
        two.rollback()
        return Change(None, [])

    before = all_shown(two.tx)
    with pytest.raises(Exception, match=r"(?i)savepoint"):
        _commit(two, _renames(HERE, "before"), loses, _renames(THERE, "after"))
    assert not two.in_transaction
    with pytest.raises(StorageUnavailable):
        _commit(two, loses)
    assert not two.in_transaction
    assert all_shown(two.tx) == before


def test_what_fails_alone_leaves_nothing_and_is_in_nobodys_way(two: Database) -> None:
    """No savepoint stands behind a single operation: its whole transaction is undone."""

    def fails(tx: Tx) -> Change[None]:
        tx.instances.rename(HERE, "half done")
        raise InstanceUnknown("x")

    before = all_shown(two.tx)
    [outcome] = _commit(two, fails)
    assert isinstance(outcome, InstanceUnknown)
    assert not two.in_transaction
    assert all_shown(two.tx) == before
    _commit(two, _renames(HERE, "afterwards"))
    assert _names(two)[0] == "afterwards"


def test_a_batch_whose_events_cannot_be_written_changes_nothing(two: Database) -> None:
    """Nothing unaudited: an event that cannot be put into words takes the change with it."""

    def wordless(tx: Tx) -> Change[None]:
        tx.instances.rename(HERE, "unaudited")
        return Change(None, [event("instance.renamed", HERE, SYSTEM, name="no word of what was before")])

    before = all_shown(two.tx)
    with pytest.raises(KeyError):
        _commit(two, wordless, _renames(THERE, "neighbour"))
    assert not two.in_transaction
    assert all_shown(two.tx) == before


def test_the_weight_of_grouped_events_counts_in_the_roll_up(two: Database, clock: SettableClock) -> None:
    """One row that stands for thirty refusals counts thirty, in its hour."""

    def thirty(_tx: Tx) -> Change[None]:
        return Change(None, [event("instance.created", HERE, SYSTEM, weight=30, name="x")])

    _commit(two, thirty, _renames(HERE, "one"))
    clock.advance(3_600)
    _commit(two, thirty)
    hour = clock.now // (3_600 * SECOND)
    found = two.sql.all("SELECT hour, kind, count FROM audit_rollup WHERE instance = ? ORDER BY hour, kind", (HERE,))
    assert [tuple(row) for row in found] == [
        (hour - 1, "instance.created", 30),
        (hour - 1, "instance.renamed", 1),
        (hour, "instance.created", 30),
    ]


def test_a_single_write_gives_its_value_or_raises_its_refusal(two: Database) -> None:
    """As the commands use it."""
    assert write_one(two, _renames(HERE, "alone"), os.urandom).name == "alone"
    with pytest.raises(InstanceUnknown):
        write_one(two, _refused, os.urandom)
    assert _names(two)[0] == "alone"
    assert len(_log(two, HERE)) == 1


def test_a_snapshot_does_not_see_what_commits_after_its_first_read(two: Database, connect: Connect) -> None:
    """Two questions in one read are answered from one state; the next snapshot sees it."""
    reader = connect()
    reader.snapshot()
    before = _names(reader)
    _commit(two, _renames(HERE, "later"))
    assert _names(reader) == before
    reader.rollback()
    reader.snapshot()
    assert _names(reader)[0] == "later"


def test_nobody_sees_a_batch_before_it_is_committed(two: Database, connect: Connect) -> None:
    """A reader beside the writer reads the state before it, and does not wait for it."""
    reader = connect()

    def looks_from_beside(tx: Tx) -> Change[list[str]]:
        tx.instances.rename(HERE, "not yet")
        return Change(_names(reader), [])

    [seen] = _commit(two, looks_from_beside)
    assert seen.value[0] == an_instance(HERE).name
    assert _names(reader)[0] == "not yet"


def test_the_proof_of_writability_changes_nothing_that_anybody_sees(two: Database) -> None:
    """Readiness asks for it every few seconds, unaudited."""

    def proof(tx: Tx) -> Change[None]:
        tx.prove_writable()
        return Change(None, [])

    before = all_shown(two.tx)
    for _ in range(2):
        assert _commit(two, proof) == [Change(None, [])]
    assert all_shown(two.tx) == before

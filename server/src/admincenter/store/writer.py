"""How writes commit: all that waits becomes one transaction, with its audit events numbered and chained at its end (D7)."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from admincenter.core import accounts, proof
from admincenter.core.audit import SECOND, Event, Head, Record, chain
from admincenter.core.credentials import Entropy
from admincenter.core.errors import CallRefused, OutcomeUnknown, Refusal, StorageUnavailable
from admincenter.core.ports import Change, HourCount, Proof, Tx
from admincenter.core.tokens import Moved
from admincenter.store.database import Database
from admincenter.store.sql import Broken, Locked

log = logging.getLogger(__name__)

T = TypeVar("T")

HOUR = 3_600 * SECOND

TRIES = 3
"""How often a batch is run at most, where what one of its operations was allowed on is gone before it could commit."""


class Job(NamedTuple):
    """One operation over the arguments of all who wait for it; where it has a proof, only while that holds (D8)."""

    function: Callable[[Tx, Sequence[Any]], Sequence[Any]]
    arguments: Sequence[Any]
    proof: Proof | None = None


class _Outrun(Exception):
    """Before the heads of the logs were ours, somebody took away what an operation was allowed on."""


def commit_batch(database: Database, jobs: Sequence[Job], entropy: Entropy) -> list[list[Any]]:
    """Runs the jobs in one transaction, each undone by itself where it fails; the outcomes, job by job, argument by argument.

    An outcome is a Change (committed with its events), another value, or an exception to raise where it is awaited. Raises
    StorageUnavailable (nothing stored), OutcomeUnknown (the commit itself failed), Broken (and this process must end).
    """
    for _ in range(TRIES):
        try:
            return _commit(database, jobs, entropy)
        except _Outrun:
            log.info("a batch was undone and runs again: an integration in it was changed at the same moment")
    raise StorageUnavailable("An integration was changed again and again at the same moment; nothing was done. Try again")


def _commit(database: Database, jobs: Sequence[Job], entropy: Entropy) -> list[list[Any]]:
    database.begin()
    try:
        done = _run(database, jobs)
        database.wait_for_locks(patiently=True)
        _record(database.tx, [event for each in done.values() for event in _events(each)], _proofs(jobs, done), entropy)
    except BaseException:
        database.rollback()
        raise
    try:
        database.commit()
    except StorageUnavailable as error:
        database.rollback()
        raise OutcomeUnknown from error
    return [done[number] for number in range(len(jobs))]


def _run(database: Database, jobs: Sequence[Job]) -> dict[int, list[Any]]:
    """Those with a proof come last, instance by instance: they see what this very batch takes away, and lock in one order."""
    alone = len(jobs) == 1
    done = {number: _attempt(database, jobs[number], alone=alone) for number in _order(jobs)}
    proved = sorted((each.proof.instance, number, each.proof) for number, each in enumerate(jobs) if each.proof is not None)
    holding = proof.holding(database.tx, [each for _instance, _number, each in proved])
    for (_instance, number, _proof), holds in zip(proved, holding, strict=True):
        done[number] = _attempt(database, jobs[number], alone=alone) if holds else [Moved()]
    return done


def _proofs(jobs: Sequence[Job], done: dict[int, list[Any]]) -> list[Proof]:
    """Of the operations that changed something."""
    return [each.proof for number, each in enumerate(jobs) if each.proof is not None and _events(done[number])]


def _order(jobs: Sequence[Job]) -> list[int]:
    """What is done for many at once locks them in a fixed order, so it comes first, and no two writers wait for each other."""
    unproved = [number for number, each in enumerate(jobs) if each.proof is None]
    return sorted(unproved, key=lambda number: jobs[number].function is call_each)


def _attempt(database: Database, job: Job, *, alone: bool = False) -> list[Any]:
    """One job. `alone`: there is nothing in the transaction that its failure could take along, so it needs no savepoint."""
    if not alone:
        database.savepoint()
    try:
        outcomes = list(job.function(database.tx, job.arguments))
    except StorageUnavailable as error:
        if not isinstance(error.__cause__, Locked):
            raise
        _undo(database, alone)
        database.wait_for_locks(patiently=False)  # or each of a full batch could cost everybody behind it the whole wait
        return [error] if len(job.arguments) == 1 else _one_by_one(database, job)
    except Broken:
        raise
    except Exception as error:
        if not database.in_transaction:
            raise StorageUnavailable from error
        _undo(database, alone)
        if not isinstance(error, Refusal):
            log.exception("an operation failed and was undone")
        return [error] * len(job.arguments)
    if not alone:
        database.release()
    elif not database.in_transaction:  # what comes next would be committed statement by statement
        raise StorageUnavailable
    return outcomes


def _undo(database: Database, alone: bool) -> None:
    if alone:
        database.rollback()
        database.begin()
    else:
        database.undo()


def _one_by_one(database: Database, job: Job) -> list[Any]:
    """Where one of many could not have its lock, the others must not wait for it again and again."""
    return [each for argument in job.arguments for each in _attempt(database, Job(job.function, [argument]))]


def _events(outcomes: Sequence[Any]) -> list[Event]:
    return [event for each in outcomes if isinstance(each, Change) for event in each.events]


def _record(tx: Tx, events: Sequence[Event], proofs: Sequence[Proof], entropy: Entropy) -> None:
    """Numbers, chains and inserts the events of the whole batch, instance by instance, in a fixed order of locks.

    Whoever takes a token or a permission away needs one of the same heads: it did so before and is seen, or does so after us.
    """
    by_instance: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_instance[event.instance].append(event)
    records: list[Record] = []
    heads: list[tuple[str, Head]] = []
    counts: dict[tuple[str, int, str], int] = defaultdict(int)
    instances = sorted(by_instance)
    for instance, before in zip(instances, tx.audit.heads(instances) if instances else (), strict=True):
        rows, head = chain(before, by_instance[instance], tx.now, entropy)
        records += rows
        heads.append((instance, head))
        for row, event in zip(rows, by_instance[instance], strict=True):
            counts[instance, row.recorded_at // HOUR, row.kind] += event.weight
    if not all(proof.holding(tx, proofs)):
        raise _Outrun
    if records:
        tx.audit.append(records, heads, [HourCount(*key, count) for key, count in counts.items()])
        tx.accounts.count_up(accounts.counted(events))


def write_one(database: Database, function: Callable[[Tx], Change[T]], entropy: Entropy) -> T:
    """One operation in a transaction of its own, for the commands. Raises what the operation raises."""
    [[outcome]] = commit_batch(database, [Job(call_each, [function])], entropy)
    return cast(T, value_of(outcome))


def call_each(tx: Tx, functions: Sequence[Callable[[Tx], Any]]) -> list[Any]:
    """The function of a Job that is a single operation."""
    return [function(tx) for function in functions]


def value_of(outcome: Any) -> Any:
    """What the one who waited gets: the change's value, or the exception."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome.value if isinstance(outcome, Change) else outcome


def refusal_of(error: BaseException) -> CallRefused:
    """What everybody in a failed batch is told."""
    return error if isinstance(error, CallRefused) else OutcomeUnknown()

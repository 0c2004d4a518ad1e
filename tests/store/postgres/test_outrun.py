"""What another node takes away while a batch of ours is at work does not commit with it, and holds up nobody else (D8)."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from admincenter.core import integrations
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import StorageUnavailable
from admincenter.core.ports import Account, Change, Tx
from admincenter.core.tokens import Moved
from admincenter.store.database import Database
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.writer import TRIES, write_one
from tests.store.conformance.rows import HERE, THERE, app_id_of
from tests.store.conformance.test_account_writers import (
    TAKEN_AWAY,
    Operation,
    batch,
    creates,
    names,
    proof_of,
    with_integrations,
)
from tests.store.postgres.conftest import ConnectTo


@pytest.fixture
def served(database: PostgresDatabase) -> Database:
    """Two instances, and in each three integrations with a live token."""
    return with_integrations(database)


@pytest.fixture
def other(postgres_url: str, connect_to: ConnectTo) -> PostgresDatabase:
    """Another node."""
    return connect_to(postgres_url)


def outrun(other: Database, taken: Operation, when: Callable[[int], bool]) -> Operation:
    """A write while which, the first time or a later one, another node takes something away and is told that it is done."""
    runs = 0

    def write(tx: Tx) -> Change[Account]:
        nonlocal runs
        runs += 1
        made: Change[Account] = creates("a")(tx)
        if when(runs):
            write_one(other, taken, os.urandom)
        return made

    return write


@pytest.mark.parametrize("how", TAKEN_AWAY)
def test_what_is_taken_away_while_it_is_written_does_not_commit(served: Database, other: PostgresDatabase, how: str) -> None:
    """The batch runs again, and everybody else's write in it is done."""
    write = outrun(other, TAKEN_AWAY[how], lambda run: run == 1)
    refused, kept = batch(served, (write, proof_of(served)), (creates("b", THERE), proof_of(served, THERE)))
    assert isinstance(refused, Moved)
    assert isinstance(kept, Change)
    assert (names(served), names(served, THERE)) == ([], ["b"])
    assert (served.tx.accounts.count(HERE), served.tx.accounts.count(THERE)) == (0, 1)


def test_a_batch_that_is_outrun_again_and_again_is_refused(served: Database, other: PostgresDatabase) -> None:
    """Each time another integration is changed; nothing is stored, and the connection goes on."""

    def disables(number: int) -> Operation:
        return lambda tx: integrations.disable(tx, HERE, app_id_of(HERE, number), SYSTEM)

    jobs: list[tuple[Operation, Any]] = [
        (outrun(other, disables(number), lambda run, number=number: run == number), proof_of(served, HERE, number))  # type: ignore[misc]
        for number in range(1, TRIES + 1)
    ]
    with pytest.raises(StorageUnavailable, match="again and again"):
        batch(served, *[(_named(function, str(number)), under) for number, (function, under) in enumerate(jobs)])
    assert names(served) == []
    assert isinstance(batch(served, (creates("b", THERE), proof_of(served, THERE)))[0], Change)


def _named(function: Operation, name: str) -> Operation:
    """The same, for an account of its own name."""

    def write(tx: Tx) -> Change[Any]:
        change = function(tx)
        tx.accounts.delete(HERE, change.value.account_id, tx.now)
        return creates(name)(tx)

    return write


def test_one_who_cannot_have_its_lock_is_refused_alone(served: Database, other: PostgresDatabase) -> None:
    """A lock is waited for a second at most; the write in another instance is done."""
    served.begin()
    served.tx.accounts.lock(HERE)
    refused, done = batch(other, (creates("a"), proof_of(other)), (creates("b", THERE), proof_of(other, THERE)))
    served.rollback()
    assert isinstance(refused, StorageUnavailable)
    assert isinstance(done, Change)

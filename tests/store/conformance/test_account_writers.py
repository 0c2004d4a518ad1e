"""Writers at once, each over a connection of its own, on every engine: one name has one winner, nothing is undone for another's
sake, and what was allowed on a token that is gone does not commit (D8).
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from admincenter.core import accounts, integrations, proof
from admincenter.core.account_document import attributes_of
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM, Origin, event
from admincenter.core.credentials import ServerKey
from admincenter.core.errors import NameTaken
from admincenter.core.instances import revoke_all_tokens
from admincenter.core.permissions import Permission
from admincenter.core.ports import Account, Change, Proof, Tx
from admincenter.core.tokens import Moved
from admincenter.store.database import Database
from admincenter.store.writer import Job, call_each, commit_batch, write_one
from tests.store.conformance.at_once import at_once
from tests.store.conformance.conftest import Connect
from tests.store.conformance.rows import HERE, NOW, THERE, a_token, an_instance, an_integration, app_id_of
from tests.wire import HANG

WRITER = Writer(SYSTEM, os.urandom)
APP_ID = app_id_of(HERE, 1)
KEY = ServerKey("k1", bytes(32))

Operation = Callable[[Tx], Change[Any]]


@pytest.fixture
def served(database: Database) -> Database:
    """Two instances, and in each three integrations with a live token; committed."""
    database.begin()
    for instance in (HERE, THERE):
        database.tx.instances.insert(an_instance(instance))
    database.commit()
    return with_integrations(database)


def with_integrations(database: Database) -> Database:
    """Puts them into the instances."""
    database.begin()
    database.tx.server_keys.insert("k1", NOW)
    for instance in (HERE, THERE):
        for number in (1, 2, 3):
            app_id = app_id_of(instance, number)
            database.tx.integrations.insert(an_integration(instance, number))
            database.tx.integrations.grant(instance, app_id, "manage_accounts", NOW)
            assert database.tx.integrations.mint([a_token(database.tx, app_id)]) == [True]
    database.commit()
    return database


def proof_of(database: Database, instance: str = HERE, number: int = 1) -> Proof:
    """On what the gate allows a write now."""
    [facts] = database.tx.integrations.facts_by_app_id([app_id_of(instance, number)])
    assert facts is not None
    return proof.of(facts)


def creates(name: str, instance: str = HERE) -> Operation:
    return lambda tx: accounts.create(tx, instance, Wanted({"userName": name}), WRITER)


def batch(own: Database, *jobs: tuple[Operation, Proof | None]) -> list[Any]:
    """One batch; the outcome of each operation."""
    outcomes = commit_batch(own, [Job(call_each, [function], under) for function, under in jobs], os.urandom)
    return [outcome for each in outcomes for outcome in each]


def names(database: Database, instance: str = HERE) -> list[str]:
    rows = database.sql.all("SELECT user_name FROM accounts WHERE instance = ?", (instance,))
    return sorted(name for (name,) in rows)


def resets(tx: Tx) -> Change[Any]:
    return integrations.reset_secret(tx, HERE, APP_ID, KEY, SYSTEM, os.urandom)


TAKEN_AWAY: dict[str, Operation] = {
    "reset": resets,
    "withdrawn": lambda tx: integrations.withdraw(tx, HERE, APP_ID, Permission.MANAGE_ACCOUNTS, SYSTEM),
    "switched off": lambda tx: integrations.disable(tx, HERE, APP_ID, SYSTEM),
    "deleted": lambda tx: integrations.delete(tx, HERE, APP_ID, SYSTEM),
    "revoked": lambda tx: revoke_all_tokens(tx, HERE, SYSTEM),
    "superseded": lambda tx: Change(
        tx.integrations.mint([a_token(tx, APP_ID, "next")]),
        [event("token.issued", HERE, SYSTEM, app_id=APP_ID, generation=2)],
    ),
}
"""Each way to take away what a write was allowed on."""


def test_a_write_whose_proof_holds_is_done(served: Database) -> None:
    [made] = batch(served, (creates("a"), proof_of(served)))
    assert isinstance(made.value, Account)
    assert served.tx.accounts.count(HERE) == 1


@pytest.mark.parametrize("how", TAKEN_AWAY)
def test_what_was_taken_away_before_is_not_written_on(served: Database, how: str) -> None:
    """Another integration's write in the same batch is done."""
    here, there = proof_of(served), proof_of(served, THERE)
    write_one(served, TAKEN_AWAY[how], os.urandom)
    refused, done = batch(served, (creates("a"), here), (creates("b", THERE), there))
    assert isinstance(refused, Moved)
    assert isinstance(done, Change)
    assert (names(served), names(served, THERE)) == ([], ["b"])


@pytest.mark.parametrize("how", TAKEN_AWAY)
def test_what_is_taken_away_in_the_same_batch_is_not_written_on(served: Database, how: str) -> None:
    """Whichever came first."""
    _, refused = reversed(batch(served, (creates("a"), proof_of(served)), (TAKEN_AWAY[how], None)))
    assert isinstance(refused, Moved)
    assert names(served) == []


def test_who_takes_away_waits_for_a_write_that_is_about_to_commit(
    served: Database, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So its answer comes after the write, which was allowed to the end."""
    other, order = connect(), []
    with ThreadPoolExecutor(1) as pool:
        append = type(served.tx.audit).append
        waiting: list[Any] = []

        def reset() -> None:
            write_one(other, resets, os.urandom)
            order.append("reset")

        def slowly(self: Any, *what: Any) -> None:
            if not waiting:  # here the heads are ours and the proof was looked at for the last time
                waiting.append(pool.submit(reset))
                wait(waiting, 0.3)
                order.append("write")
            append(self, *what)

        monkeypatch.setattr(type(served.tx.audit), "append", slowly)
        [made] = batch(served, (creates("a"), proof_of(served)))
        waiting[0].result(HANG)
    assert isinstance(made, Change)
    assert (order, names(served)) == (["write", "reset"], ["a"])


def test_of_many_who_want_one_name_one_gets_it_and_the_others_are_told(served: Database, connect: Connect) -> None:
    """Each in a batch with names of its own, which are all stored."""

    def want(number: int) -> Callable[[], list[Any]]:
        own, held = connect(), proof_of(served)
        wanted = ["the name", *(f"{number}/{each}" for each in range(5))]
        return lambda: batch(own, *((creates(name), held) for name in (wanted if number % 2 else wanted[::-1])))

    outcomes = [each for few in at_once([want(number) for number in range(5)]) for each in few]
    assert [type(each) for each in outcomes if not isinstance(each, Change)] == [NameTaken] * 4
    assert len(names(served)) == 26 == served.tx.accounts.count(HERE)


def test_writers_that_change_the_same_accounts_in_any_order_do_not_wait_for_each_other_for_ever(
    served: Database, connect: Connect
) -> None:
    """Of two instances, in both orders; no batch is refused, and no version is lost."""
    made = {
        instance: [write_one(served, creates(str(number), instance), os.urandom).account_id for number in range(3)]
        for instance in (HERE, THERE)
    }

    def changes(instance: str, account_id: str, title: str) -> Operation:
        def edit(row: Account) -> Wanted:
            return Wanted({**attributes_of(row), "title": title})

        return lambda tx: accounts.change(tx, instance, account_id, None, edit, WRITER)

    def work(number: int) -> Callable[[], None]:
        own = connect()
        held = {instance: proof_of(served, instance) for instance in (HERE, THERE)}

        def over_and_over() -> None:
            for round_ in range(6):
                jobs = [
                    (changes(instance, each, f"{number}/{round_}"), held[instance])
                    for instance in made
                    for each in made[instance]
                ]
                outcomes = batch(own, *(jobs if number % 2 else jobs[::-1]))
                assert all(isinstance(each, Change) for each in outcomes), outcomes

        return over_and_over

    at_once([work(number) for number in range(4)])
    versions = [served.tx.accounts.get(at, each) for at, ids in made.items() for each in ids]
    assert [each.version for each in versions if each] == [25] * 6


def test_a_name_that_is_being_taken_is_waited_for(served: Database, connect: Connect) -> None:
    """The second writer decides when the first has."""
    other = connect()
    served.begin()
    creates("a")(served.tx)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(lambda: batch(other, (creates("A"), None), (creates("b"), None)))
        wait([second], 0.2)
        assert not second.done()
        served.commit()
        taken, done = second.result(HANG)
    assert isinstance(taken, NameTaken)
    assert isinstance(done, Change)


def test_an_actor_of_an_account_is_whoever_writes(served: Database) -> None:
    by = Writer(Origin("integration:7", "192.0.2.1"), os.urandom)
    write_one(served, lambda tx: accounts.create(tx, HERE, Wanted({"userName": "a"}), by), os.urandom)
    rows = served.sql.all("SELECT kind, actor FROM audit_events WHERE instance = ? ORDER BY sequence", (HERE,))
    assert [tuple(each) for each in rows] == [("account.created", "integration:7"), ("account.invited", "integration:7")]

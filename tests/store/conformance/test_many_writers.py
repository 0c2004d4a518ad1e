"""Many who write at once, each over a connection of its own, on every engine: nothing is lost, and no two are stuck."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import pytest

from admincenter.core import integrations, keys
from admincenter.core.audit import SYSTEM, Fault, Origin, event, verify
from admincenter.core.credentials import ServerKey
from admincenter.core.errors import KeyRefused
from admincenter.core.instances import revoke_all_tokens
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Change, Tx, WaitingAddress
from admincenter.core.tokens import Mint, mint_all
from admincenter.store.database import Database
from admincenter.store.writer import Job, call_each, commit_batch, write_one
from tests.store.conformance.at_once import at_once
from tests.store.conformance.conftest import Connect
from tests.store.conformance.rows import EVERYTHING, HERE, NOW, THERE, a_token, an_instance, an_integration
from tests.wire import HANG

KEY = ServerKey("k1", bytes(32))
WRITERS, ROUNDS = 5, 12

Operation = Callable[[Database, int], object]


@pytest.fixture
def app_ids(database: Database) -> list[str]:
    """Four integrations of one instance, and another instance; committed."""
    database.begin()
    for key_id in ("k1", "k2"):
        database.tx.server_keys.insert(key_id, NOW)
    for instance in (HERE, THERE):
        database.tx.instances.insert(an_instance(instance))
    database.commit()
    wanted = integrations.Wanted(Purpose.PEOPLE, "Payroll", "", "", ["127.0.0.1"], (), True)
    made = [
        write_one(database, lambda tx: integrations.create(tx, HERE, wanted, KEY, SYSTEM, os.urandom), os.urandom)
        for _ in range(4)
    ]
    return sorted(each.integration.app_id for each in made)


def _over_and_over(connect: Connect, operation: Operation) -> Callable[[], None]:
    """The operation many times, over one connection."""
    own = connect()

    def work() -> None:
        for number in range(ROUNDS):
            operation(own, number)

    return work


def _verified(database: Database, instance: str) -> int:
    """How many events the log holds, which is whole."""
    tx = database.tx
    records = tx.audit.records(EVERYTHING._replace(instance=instance))
    assert not [each for each in verify(instance, records, tx.audit.head(instance), []) if isinstance(each, Fault)]
    return len(records)


def _tell(instance: str) -> Callable[[Tx], Change[None]]:
    return lambda _tx: Change(None, [event("instance.created", instance, SYSTEM, name="x")])


def test_the_chain_has_no_gap_whoever_writes(database: Database, app_ids: list[str], connect: Connect) -> None:
    """Batches with events of both instances, in either order; the roll-up counts each once."""
    before = _verified(database, HERE)

    def batch(own: Database, number: int) -> None:
        both = [Job(call_each, [_tell(HERE)]), Job(call_each, [_tell(THERE)])]
        commit_batch(own, both if number % 2 else both[::-1], os.urandom)

    at_once([_over_and_over(connect, batch) for _ in range(WRITERS)])
    assert _verified(database, HERE) == before + WRITERS * ROUNDS
    assert _verified(database, THERE) == WRITERS * ROUNDS
    [[counted]] = database.sql.all("SELECT count FROM audit_rollup WHERE instance = ?", (THERE,))
    assert counted == WRITERS * ROUNDS


def _sale(own: Database, app_ids: list[str]) -> list[Any]:
    """A token for each, all in one batch; the outcomes."""
    found = own.tx.integrations.facts_by_app_id(app_ids)
    mints = [Mint(each, "secret", None, KEY, Origin("integration:x"), os.urandom) for each in found if each is not None]
    [outcomes] = commit_batch(own, [Job(mint_all, mints)], os.urandom)
    return outcomes


def test_each_token_that_was_sold_was_the_next_of_its_integration(
    database: Database, app_ids: list[str], connect: Connect
) -> None:
    """Writers mint for the same integrations: every success counts once, and has its event."""
    sold: list[Any] = []

    def sell(own: Database, _number: int) -> None:
        sold.extend(each for each in _sale(own, app_ids) if isinstance(each, Change))

    at_once([_over_and_over(connect, sell) for _ in range(WRITERS)])
    found = database.tx.integrations.facts_by_app_id(app_ids)
    assert sum(each.generation for each in found if each) == len(sold)
    assert len(sold) >= WRITERS * ROUNDS * len(app_ids)
    numbers = [(each.events[0].target, each.value.generation) for each in sold]
    assert len(set(numbers)) == len(numbers)
    kinds = database.sql.all("SELECT kind FROM audit_events WHERE kind = 'token.issued'")
    assert len(kinds) == len(sold)
    _verified(database, HERE)


def test_two_admins_at_once_cannot_lose_each_others_change(database: Database, app_ids: list[str], connect: Connect) -> None:
    """What the gate reads is what permissions and allowlist say, whoever wrote last."""
    app_id = app_ids[0]

    def permissions(own: Database, number: int) -> None:
        change = integrations.withdraw if number % 2 else integrations.grant
        write_one(own, lambda tx: change(tx, HERE, app_id, Permission.MANAGE_ACCOUNTS, SYSTEM), os.urandom)

    def addresses(own: Database, number: int) -> None:
        write_one(own, lambda tx: integrations.allow(tx, HERE, app_id, f"192.0.2.{number}", True, SYSTEM), os.urandom)

    at_once([_over_and_over(connect, permissions), _over_and_over(connect, addresses)])
    [facts] = database.tx.integrations.facts_by_app_id([app_id])
    assert facts is not None
    assert facts.access == integrations.compiled(database.tx, HERE, app_id)
    assert database.tx.integrations.permissions(HERE, app_id) == []
    assert len(database.tx.integrations.networks(HERE, app_id)) == 1 + ROUNDS


def test_break_glass_takes_what_it_kills_in_the_order_of_everybody_else(
    database: Database, app_ids: list[str], connect: Connect
) -> None:
    """However the rows lie in the table: a batch that holds one of them can go on to the next."""
    minting, breaking = connect(), connect()
    last, first = an_integration(HERE, 9), an_integration(HERE, 1)
    database.begin()
    for row in (last, first):
        database.tx.integrations.insert(row)
        assert database.tx.integrations.mint([a_token(database.tx, row.app_id)]) == [True]
    database.commit()
    database.sql.run("ANALYZE")  # from here on an engine may read the table as it lies
    minting.begin()
    minting.tx.integrations.facts_by_app_id([first.app_id])
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(write_one, breaking, lambda tx: revoke_all_tokens(tx, HERE, SYSTEM), os.urandom)
        wait([killed], 0.3)  # time enough to go wrong
        minting.tx.integrations.facts_by_app_id([last.app_id])
        minting.commit()
        assert killed.result(HANG) == 2


def test_where_a_credential_was_used_from_is_noted_while_another_writer_mints_for_it(
    database: Database, app_ids: list[str], connect: Connect
) -> None:
    """A batch of each of two nodes mints for the one and notes an address of the other: neither waits for the other."""
    one, other = connect(), connect()

    def mint(own: Database, app_id: str) -> None:
        own.begin()
        assert own.tx.integrations.mint([a_token(own.tx, app_id, app_id)]) == [True]

    def note(own: Database, app_id: str) -> None:
        own.tx.integrations.add_waiting([WaitingAddress(HERE, app_id, "192.0.2.1", 1, NOW, NOW)])
        own.commit()

    def all_of_the_other() -> None:
        mint(other, app_ids[1])
        note(other, app_ids[0])

    mint(one, app_ids[0])
    with ThreadPoolExecutor(1) as pool:
        noted = pool.submit(all_of_the_other)
        wait([noted], 0.3)  # time enough to go wrong
        note(one, app_ids[1])
        noted.result(HANG)
    assert [each.times for app_id in app_ids[:2] for each in database.tx.integrations.waiting(HERE, app_id)] == [1, 1]


def test_a_key_is_not_retired_under_a_token_that_is_being_minted(
    database: Database, app_ids: list[str], connect: Connect
) -> None:
    """The retirement waits for the mint, and then sees what it made."""
    minting, retiring = connect(), connect()
    minting.begin()
    row = a_token(minting.tx, app_ids[0], "new")._replace(token_key="k2")
    assert minting.tx.integrations.mint([row]) == [True]

    def retire() -> str:
        try:
            return write_one(retiring, lambda tx: keys.retire(tx, "k2", SYSTEM), os.urandom)
        except KeyRefused as refusal:
            return str(refusal)

    with ThreadPoolExecutor(1) as pool:
        retirement = pool.submit(retire)
        wait([retirement], 0.3)  # time enough to go wrong
        minting.commit()
        assert "1 integrations still need this key" in retirement.result(HANG)


def test_keys_added_at_once_are_not_one_too_many(database: Database, app_ids: list[str], connect: Connect) -> None:
    """At most three are live."""

    def add(own: Database, key_id: str) -> bool:
        try:
            write_one(own, lambda tx: keys.add(tx, key_id, SYSTEM), os.urandom)
        except KeyRefused:
            return False
        return True

    works = [partial(add, connect(), each) for each in ("k3", "k4", "k5")]
    assert sorted(at_once(works)) == [False, False, True]
    assert len(database.tx.server_keys.all()) == keys.MAX_KEYS

"""The server's own role can serve, and cannot touch what is in the audit log: PostgreSQL itself refuses it."""

import os
import re
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest

from admincenter.core import retention
from admincenter.core.account_search import INDEXED, Both, Field, Is, Order, Place
from admincenter.core.audit import SYSTEM, Cut, Head
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.ports import AccountChange, AccountKeys, Change, HourCount, Tx
from admincenter.store.postgres import grants, rights
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.writer import write_one
from tests.postgres_cluster import Cluster
from tests.settable_clock import SettableClock
from tests.store.conformance.account_rows import TEXTS, an_account
from tests.store.conformance.rows import EVERYTHING, HERE, NOW, a_record, all_shown, an_integration, app_id_of, digest
from tests.store.postgres.conftest import ConnectTo
from tests.store.postgres.naming import give_name, name_of

ROLE = 'the "server"'


@pytest.fixture
def weak(postgres: Cluster, database: PostgresDatabase, postgres_url: str, connect_to: ConnectTo) -> Iterator[PostgresDatabase]:
    """A connection as the server's role to a database that the migrator made."""
    name = postgres_url.partition("@/")[2].partition("?")[0]
    postgres.execute(f"DO $$ BEGIN CREATE ROLE {grants.quoted(ROLE)} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    for each in grants.statements(ROLE, name):
        postgres.execute(each, name)
    yield connect_to(postgres_url.replace("postgres@", "the%20%22server%22@"))
    postgres.execute(f"REVOKE CONNECT ON DATABASE {name} FROM {grants.quoted(ROLE)}")


def test_the_servers_role_writes_the_log_like_any_other(weak: PostgresDatabase) -> None:
    """With its lock on the head, its numbers and its counts."""
    give_name(weak, "by the server")
    assert name_of(weak) == "by the server"
    assert weak.tx.audit.head(HERE).sequence == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'somebody else'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "UPDATE audit_cuts SET note = ''",
        "DELETE FROM audit_cuts",
        "INSERT INTO audit_cuts VALUES ('1', 1, '', 1, '')",
        "UPDATE audit_heads SET cut = 1",
        "DELETE FROM audit_heads",
        "DELETE FROM audit_rollup",
        "DELETE FROM integrations",
        "DROP TABLE audit_events",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "CREATE TABLE more (x TEXT)",
        "CREATE TEMPORARY TABLE audit_events (x TEXT)",
        "CREATE SCHEMA before_ours",
        "UPDATE schema_migrations SET number = 0",
    ],
)
def test_the_servers_role_is_refused(weak: PostgresDatabase, statement: str) -> None:
    """One line that says whose right it lacks."""
    with pytest.raises(StartRefused, match=r"lacks a right \(.*\); see `admincenter database grants`"):
        weak.sql.run(statement)


def test_no_other_role_may_connect_and_keep_a_lock_that_the_server_needs(
    weak: PostgresDatabase, postgres: Cluster, postgres_url: str, connect_to: ConnectTo
) -> None:
    """An advisory lock needs no right to any table, and nobody but its holder ends it."""
    postgres.execute("DO $$ BEGIN CREATE ROLE passerby LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    with pytest.raises(StorageUnavailable) as refused:
        connect_to(postgres_url.replace("postgres@", "passerby@"))
    assert "permission denied for database" in str(refused.value.__cause__)
    weak.begin()
    weak.tx.server_keys.lock()
    weak.rollback()


def test_a_cut_is_refused_to_the_servers_role_and_possible_for_the_migrators(
    weak: PostgresDatabase, database: PostgresDatabase
) -> None:
    """Retention is not the server's."""
    weak.begin()
    weak.tx.audit.append([a_record(HERE, 1, NOW)], [])
    weak.commit()
    steps: list[Callable[[Tx], object]] = [
        lambda tx: tx.audit.delete_through(HERE, 1, 1),
        lambda tx: tx.audit.add_cut(HERE, Cut(1, digest("x"), NOW, "")),
    ]
    for step in steps:
        weak.begin()
        with pytest.raises(StartRefused):
            step(weak.tx)
        weak.rollback()
        database.begin()
        step(database.tx)
        database.commit()
    assert database.tx.audit.records(EVERYTHING) == []


def test_retention_under_the_servers_role_is_refused_in_one_line_that_says_what_to_do(
    weak: PostgresDatabase, clock: SettableClock
) -> None:
    """Both when the cut is drawn and when rows are left behind an older one; nothing is deleted, nothing recorded."""
    weak.begin()
    weak.tx.audit.append([a_record(HERE, 1, NOW)], [(HERE, Head(1, digest("1"), NOW, 0))])
    weak.commit()
    clock.advance(10 * 86_400)
    steps: list[Callable[[Tx], Change[Any]]] = [
        lambda tx: retention.cut(tx, HERE, 5, bytes(32), SYSTEM),
        lambda tx: Change(tx.audit.delete_through(HERE, 1, 1), []),
    ]
    for step in steps:
        with pytest.raises(
            StartRefused, match="repeat the command as the role that migrates, named in ADMINCENTER_DATABASE_URL"
        ):
            write_one(weak, step, os.urandom)
    assert (weak.tx.audit.head(HERE).sequence, weak.tx.audit.cuts(HERE)) == (1, [])


def test_the_servers_role_can_do_everything_else(weak: PostgresDatabase) -> None:
    """Each statement of the ports, once."""
    weak.begin()
    _use_everything(weak.tx)
    assert len(all_shown(weak.tx)) > 3
    weak.tx.prove_writable()
    weak.commit()


def _use_everything(tx: Tx) -> None:
    app_id = app_id_of(HERE, 1)
    tx.server_keys.lock()
    for key_id in ("k1", "k2"):
        tx.server_keys.insert(key_id, NOW)
    tx.server_keys.promote("k2")
    tx.server_keys.delete("k1")
    tx.integrations.insert(an_integration(HERE, 1))
    tx.integrations.grant(HERE, app_id, "manage_accounts", NOW)
    tx.integrations.withdraw(HERE, app_id, "manage_accounts")
    tx.integrations.allow(HERE, app_id, "192.0.2.1", NOW)
    tx.integrations.disallow(HERE, app_id, "192.0.2.1")
    tx.integrations.set_access(HERE, app_id, b"x")
    tx.integrations.kill_all_tokens(HERE, "revoked")
    tx.integrations.bury(HERE, app_id, NOW)
    tx.audit.append([], [], [HourCount(HERE, 1, "token.issued", 1)])
    tx.audit.append([], [], [HourCount(HERE, 1, "token.issued", 1)])
    _use_the_directory(tx)


def _use_the_directory(tx: Tx) -> None:
    row = an_account(HERE, 1)
    tx.accounts.lock(HERE)
    assert not tx.accounts.was_given(HERE, row.account_id)
    assert tx.accounts.insert(row, AccountKeys(b"user", (b"a@b",)))
    tx.accounts.update(row, AccountKeys(b"other", (b"c@d",)))
    every = Both(tuple(Is(field, op, "1") for field in TEXTS for op in sorted(INDEXED[field])))
    assert tx.accounts.select(HERE, every, Order(Field.USER_NAME), Place(9, (1, "1"))) == []
    assert tx.accounts.count_where(HERE, Is(Field.ACTIVE, "eq", 1)) == tx.accounts.count_rows(HERE) == 1
    tx.accounts.with_codes_until(NOW, 1)
    tx.account_journal.note(AccountChange(HERE, row.account_id, 1, NOW, "cli", b"{}"))
    tx.account_journal.invite(HERE, row.account_id, 1, NOW)
    tx.account_journal.settle(HERE, row.account_id, "withdrawn", NOW)
    assert tx.account_journal.trim(NOW + 1, 9) == 2
    tx.accounts.delete(HERE, row.account_id, NOW)
    for _ in range(2):
        tx.accounts.count_up([(HERE, 1)])
        tx.instances.set_setting(HERE, "protect-claimed", "on")
    assert (tx.accounts.count(HERE), tx.instances.setting(HERE, "protect-claimed")) == (2, "on")


_TYPES = ["text", "name", "smallint", "integer", "bigint", "numeric", "bytea", "boolean", "oid"]
_TRAPS = f"""
DO $$ DECLARE l text; r text; o text; BEGIN
    FOREACH l IN ARRAY ARRAY{_TYPES} LOOP FOREACH r IN ARRAY ARRAY{_TYPES} LOOP
        EXECUTE format('CREATE FUNCTION trap(%s, %s) RETURNS bool LANGUAGE plpgsql AS ''BEGIN RAISE ''''trap''''; END''', l, r);
        FOREACH o IN ARRAY ARRAY['=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||'] LOOP
            IF to_regoperator(format('pg_catalog.%s(%s,%s)', o, l, r)) IS NULL THEN
                EXECUTE format('CREATE OPERATOR %s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap)', o, l, r);
            END IF;
        END LOOP;
    END LOOP; END LOOP;
    FOREACH o IN ARRAY ARRAY['has_table_privilege(text, text, text)', 'has_database_privilege(text, name, text)',
            'has_schema_privilege(name, text)', 'pg_has_role(oid, text, text)'] LOOP
        EXECUTE format('CREATE FUNCTION %s RETURNS bool LANGUAGE plpgsql AS ''BEGIN RAISE ''''trap''''; END''', o);
    END LOOP;
END $$
"""


def test_what_a_stranger_put_into_the_schema_is_not_run(database: PostgresDatabase) -> None:
    """On PostgreSQL 14 anybody may at first, and what fits the arguments better comes before what PostgreSQL itself has."""
    database.sql.script(_TRAPS)
    assert rights.here(database).may_migrate
    assert rights.may_change_the_log(database)
    with pytest.raises(StartRefused, match="no grant binds it"):
        rights.give(database, "postgres")
    database.begin()
    _use_everything(database.tx)
    database.rollback()


def test_every_table_is_one_that_the_grants_know() -> None:
    """A new one that is forgotten would be found by the server's first statement on it, in production."""
    folder = resources.files("admincenter.store").joinpath("migrations")
    scripts = "\n".join(each.read_text(encoding="utf-8") for each in folder.iterdir() if each.name.endswith(".sql"))
    made = set(re.findall(r"CREATE TABLE (\w+)", scripts)) | {"schema_migrations"}
    granted = {found[1] for each in grants.statements("r", "d") if (found := re.search(r' ON "public"\.(\w+) TO', each))}
    assert granted == made

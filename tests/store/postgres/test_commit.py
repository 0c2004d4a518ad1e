"""What breaks at a COMMIT is unknown, never "done" and never "refused"; a repeat is harmless."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from admincenter.core.errors import OutcomeUnknown, StorageUnavailable
from admincenter.core.ports import Change, Tx
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.writer import Job, call_each, commit_batch, write_one
from tests.postgres_cluster import Cluster
from tests.serving import until
from tests.store.conformance.rows import HERE
from tests.store.postgres.conftest import ConnectTo
from tests.store.postgres.cutting import Cutter
from tests.store.postgres.naming import give_name, name_of

_WAITING_FOR_THE_STANDBY = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture
def cutter(postgres: Cluster) -> Iterator[tuple[Cutter, Path]]:
    """A proxy, and the directory of its socket."""
    with tempfile.TemporaryDirectory(prefix="admincenter-cut-") as name:
        made = Cutter(postgres, Path(name))
        yield made, Path(name)
        made.close()


@pytest.fixture
def behind(
    cutter: tuple[Cutter, Path], database: PostgresDatabase, postgres_url: str, connect_to: ConnectTo
) -> PostgresDatabase:
    """A connection to the test's database through the proxy."""
    return connect_to(f"{postgres_url.partition('?')[0]}?host={cutter[1]}")


@pytest.mark.parametrize("stored", [True, False], ids=["after it arrived", "before it arrived"])
def test_a_connection_that_is_cut_at_the_commit_leaves_the_outcome_unknown(
    cutter: tuple[Cutter, Path], behind: PostgresDatabase, database: PostgresDatabase, stored: bool
) -> None:
    """The same for the client, whether it is stored or not; and the next change goes through, on a new connection."""
    give_name(behind, "before")
    cutter[0].cut_after, cutter[0].cut_before = stored, not stored
    with pytest.raises(OutcomeUnknown):
        give_name(behind, "perhaps")
    assert not behind.in_transaction
    until(lambda: name_of(database) == ("perhaps" if stored else "before"), "what the server made of it")
    give_name(behind, "perhaps")
    assert name_of(behind) == "perhaps"
    assert database.tx.audit.head(HERE).sequence == 2


def test_a_backend_that_ends_between_two_statements_leaves_nothing_behind(
    postgres: Cluster, database: PostgresDatabase
) -> None:
    """Known, since no COMMIT was sent; the next change goes through."""
    database.begin()
    database.tx.instances.rename(HERE, "half done")
    _end_backend(postgres, database)
    with pytest.raises(StorageUnavailable):
        database.tx.instances.rename(HERE, "more")
    assert not database.in_transaction
    with pytest.raises(StorageUnavailable):  # the broken transaction is not continued on another connection
        database.tx.instances.rename(HERE, "outside")
    database.rollback()
    assert name_of(database) == "Instance 1"
    give_name(database, "again")
    assert name_of(database) == "again"


def _end_backend(postgres: Cluster, database: PostgresDatabase) -> None:
    pid, pg_stat = database.backend, "pg_stat_activity"
    postgres.execute(f"SELECT pg_terminate_backend({pid})")
    until(lambda: not postgres.execute(f"SELECT 1 FROM {pg_stat} WHERE pid = {pid}"), "the end of the backend")


def test_a_backend_that_ends_before_the_commit_is_sent_leaves_the_outcome_unknown(
    postgres: Cluster, database: PostgresDatabase
) -> None:
    """Nothing tells this case from the one in which it was just stored."""
    database.begin()
    database.tx.instances.rename(HERE, "half done")
    _end_backend(postgres, database)
    with pytest.raises(OutcomeUnknown):
        database.commit()
    assert name_of(database) == "Instance 1"


@contextmanager
def _standby_away(postgres: Cluster) -> Iterator[None]:
    """The cluster waits for a standby that does not exist."""

    def waits_for(name: str) -> None:
        postgres.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        postgres.execute("SELECT pg_reload_conf()")
        until(lambda: postgres.execute("SHOW synchronous_standby_names") == [(name,)], "the new setting")

    waits_for("nobody")
    try:
        yield
    finally:
        waits_for("")


def test_a_commit_whose_wait_for_the_standby_is_cancelled_is_unknown(postgres: Cluster, database: PostgresDatabase) -> None:
    """PostgreSQL says that it succeeded, with a warning: another server may not have it."""
    with _standby_away(postgres):
        canceller = threading.Thread(target=_cancel_wait, args=(postgres,))
        canceller.start()
        with pytest.raises(OutcomeUnknown):
            give_name(database, "only here")
        canceller.join()
    assert name_of(database) == "only here"


def _cancel_wait(postgres: Cluster) -> None:
    until(lambda: postgres.execute(_WAITING_FOR_THE_STANDBY), "a commit that waits for the standby")
    postgres.execute(f"SELECT pg_cancel_backend(pid) FROM ({_WAITING_FOR_THE_STANDBY}) AS waiting")


def test_a_commit_does_not_wait_for_the_standby_for_ever(postgres: Cluster, database: PostgresDatabase) -> None:
    """The server's own timeouts do not end this wait; ours does, and leaves no backend behind that waits on."""
    with _standby_away(postgres):
        with pytest.raises(OutcomeUnknown):
            give_name(database, "only here")
        assert postgres.execute(_WAITING_FOR_THE_STANDBY) == []
    give_name(database, "everywhere")
    assert name_of(database) == "everywhere"


def test_a_transaction_that_the_server_undid_is_no_success(database: PostgresDatabase) -> None:
    """A COMMIT of a failed transaction is answered with ROLLBACK, and with no error."""
    database.begin()
    with pytest.raises(Exception, match="duplicate key"):
        database.sql.run("INSERT INTO instances SELECT * FROM instances")
    with pytest.raises(StorageUnavailable):
        database.commit()
    assert not database.in_transaction


def test_an_operation_that_hides_an_error_of_its_transaction_is_not_committed(database: PostgresDatabase) -> None:
    """Nothing of its batch is."""

    def hides(tx: Tx) -> Change[None]:
        tx.instances.rename(HERE, "half done")
        try:
            database.sql.run("INSERT INTO instances SELECT * FROM instances")
        except Exception:
            return Change(None, [])
        return Change(None, [])

    with pytest.raises(OutcomeUnknown):
        write_one(database, hides, os.urandom)
    with pytest.raises(Exception, match="aborted"):
        commit_batch(database, [Job(call_each, [hides]), Job(call_each, [lambda _tx: Change(None, [])])], os.urandom)
    assert name_of(database) == "Instance 1"

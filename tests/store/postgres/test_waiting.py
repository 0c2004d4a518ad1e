"""Every wait has an end, and a server that was away is found again without a restart."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from admincenter.core.audit import SYSTEM, Head
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.instances import rename
from admincenter.core.ports import Change, Instance, Tx
from admincenter.store.database import in_snapshot
from admincenter.store.postgres import connector
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.writer import Job, call_each, commit_batch
from tests.postgres_cluster import Cluster
from tests.serving import until
from tests.store.conformance.rows import HERE, THERE
from tests.store.postgres.conftest import HASTY, ConnectTo
from tests.store.postgres.naming import give_name, name_of
from tests.wire import HANG


def test_a_lock_that_another_transaction_keeps_is_waited_for_and_then_refused(
    database: PostgresDatabase, connect_to: ConnectTo, postgres_url: str
) -> None:
    """Reads go on meanwhile, and so does the next change afterwards."""
    rival = connect_to(postgres_url)
    rival.begin()
    rival.tx.audit.heads([HERE])
    with pytest.raises(StorageUnavailable):
        give_name(database, "blocked")
    assert name_of(database) == "Instance 1"
    rival.rollback()
    give_name(database, "free")
    assert name_of(database) == "free"


@pytest.mark.parametrize("together", [True, False], ids=["as one job", "each by itself"])
def test_a_full_batch_for_a_lock_that_somebody_keeps_holds_nobody_up_for_long(
    database: PostgresDatabase, connect_to: ConnectTo, postgres_url: str, together: bool
) -> None:
    """One of them waits for it; the others look once more, and those of the same batch who need it not are served."""
    rival = connect_to(postgres_url)
    rival.begin()
    rival.tx.instances.rename(THERE, "kept")

    def rename_each(tx: Tx, instances: Sequence[str]) -> list[Change[Instance]]:
        return [rename(tx, each, "changed", SYSTEM) for each in instances]

    wanted = [THERE] * 100 + [HERE]
    jobs = [Job(rename_each, wanted)] if together else [Job(rename_each, [each]) for each in wanted]
    began = time.monotonic()
    outcomes = [each for job in commit_batch(database, jobs, os.urandom) for each in job]
    assert time.monotonic() - began < 20 * HASTY.lock_ms / 1_000
    rival.rollback()
    assert [type(each) for each in outcomes] == [StorageUnavailable] * 100 + [Change]
    assert name_of(database) == "changed"


def test_the_impatience_ends_with_the_operations_of_its_batch(
    database: PostgresDatabase, connect_to: ConnectTo, postgres_url: str
) -> None:
    """The head of a log is waited for as long as ever: else a commit under way elsewhere would refuse everybody."""
    rival, asked = connect_to(postgres_url), []
    rival.begin()
    rival.tx.instances.rename(THERE, "kept")
    heads = database.tx.audit.heads

    def asking(instances: Sequence[str]) -> list[Head]:
        asked.append(database.sql.all("SHOW lock_timeout"))
        return heads(instances)

    database.tx.audit.heads = asking  # type: ignore[method-assign]
    jobs = [Job(call_each, [lambda tx, each=each: rename(tx, each, "changed", SYSTEM)]) for each in (THERE, HERE)]
    [[refused], [done]] = commit_batch(database, jobs, os.urandom)
    rival.rollback()
    assert isinstance(refused, StorageUnavailable)
    assert isinstance(done, Change)
    assert asked == [[(f"{HASTY.lock_ms}ms",)]]


def test_two_that_wait_for_each_other_are_parted(database: PostgresDatabase, connect_to: ConnectTo, postgres_url: str) -> None:
    """One of them is told that nothing was stored, long before a person would notice."""
    rival = connect_to(postgres_url)
    database.begin()
    rival.begin()
    database.tx.instances.rename(HERE, "one")
    rival.tx.audit.heads([HERE])
    with pytest.raises(StorageUnavailable):
        database.tx.audit.heads([HERE])
    database.rollback()
    rival.tx.instances.rename(HERE, "other")
    rival.commit()
    assert name_of(database) == "other"


def test_a_slow_statement_is_ended_by_the_server(database: PostgresDatabase) -> None:
    """The connection goes on."""
    backend = database.backend
    with pytest.raises(StorageUnavailable):
        database.sql.all("SELECT pg_sleep(60)::text")
    assert name_of(database) == "Instance 1"
    assert database.backend == backend


def test_a_slow_read_is_cut_at_its_deadline(connect_to: ConnectTo, postgres_url: str) -> None:
    """Within one statement, and between endlessly many."""
    reader = PostgresDatabase(Connector(postgres_url), connect_to(postgres_url).tx._clock)
    reader.stop_after(0.1)
    with pytest.raises(StorageUnavailable):
        reader.sql.all("SELECT 1 FROM pg_sleep(60)")
    with pytest.raises(StorageUnavailable):
        _read_for_ever(reader)
    reader.stop_after(HANG)
    assert reader.tx.instances.all() == []
    reader.close()


def _read_for_ever(reader: PostgresDatabase) -> None:
    while True:
        reader.tx.instances.all()


@contextmanager
def _frozen(backend: int) -> Iterator[None]:
    os.kill(backend, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(backend, signal.SIGCONT)


def test_a_backend_that_is_frozen_is_left_behind(database: PostgresDatabase) -> None:
    """It answers nothing, not even that a timeout is over; the next statement has a new connection."""
    backend = database.backend
    with _frozen(backend):
        with pytest.raises(StorageUnavailable):
            name_of(database)
        assert name_of(database) == "Instance 1"
        assert database.backend != backend


def test_a_connection_that_ended_while_nobody_used_it_is_not_used(postgres: Cluster, database: PostgresDatabase) -> None:
    """Nobody notices: not a reader, not a writer."""
    for use in (lambda: name_of(database), lambda: give_name(database, "next")):
        gone = database.backend
        postgres.execute(f"SELECT pg_terminate_backend({gone})")
        until(lambda gone=gone: not postgres.execute(f"SELECT 1 FROM pg_stat_activity WHERE pid = {gone}"), "its end")  # type: ignore[misc]
        use()
    assert name_of(database) == "next"


def test_a_server_that_was_away_is_found_again(postgres: Cluster, database: PostgresDatabase) -> None:
    """While it is away each is refused at once; nothing has to be restarted."""
    postgres.stop()
    try:
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                name_of(database)
            with pytest.raises(StorageUnavailable):
                database.begin()
            database.rollback()
    finally:
        postgres.resume()
    until(lambda: _answers(database), "the server again")
    give_name(database, "again")
    assert name_of(database) == "again"


def _answers(database: PostgresDatabase) -> bool:
    try:
        return bool(name_of(database))
    except StorageUnavailable:
        return False


def test_after_a_server_could_not_be_reached_nobody_waits_for_it_again_at_once(postgres: Cluster) -> None:
    """Each try may cost its whole timeout, and many are waiting."""
    broken = Connector(postgres.url("no_such_database"), HASTY)
    with pytest.raises(StorageUnavailable) as tried:
        broken()
    assert tried.value.__cause__ is not None
    ends = time.monotonic() + connector.PAUSE_SECONDS / 2
    with pytest.raises(StorageUnavailable) as spared:
        broken()
    assert spared.value.__cause__ is None or time.monotonic() > ends


def test_a_limit_of_connections_that_is_reached_is_a_refusal(
    postgres: Cluster, database: PostgresDatabase, connect_to: ConnectTo, postgres_url: str
) -> None:
    """And as soon as one is free, it is used."""
    postgres.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 1")
    url = postgres_url.replace("postgres@", "few@")
    first = connect_to(url)
    with pytest.raises(StorageUnavailable):
        connect_to(url)
    first.close()
    until(lambda: not postgres.execute("SELECT 1 FROM pg_stat_activity WHERE usename = 'few'"), "its end")
    connect_to(url)


def test_a_database_that_is_read_only_is_not_used(postgres: Cluster, postgres_url: str) -> None:
    """As a standby is: its data may be old, and nothing can be recorded in it."""
    name = postgres_url.partition("@/")[2].partition("?")[0]
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StorageUnavailable) as refused:
        Connector(postgres_url, HASTY)()
    assert "read-only" in str(refused.value.__cause__)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://postgres@/no_such_database?host={directory}", "no_such_database.* does not exist"),
        ("postgresql://nobody_known@/postgres?host={directory}", "nobody_known.* does not exist"),
        ("postgresql://postgres@/postgres?host={directory}/nowhere", "No such file or directory"),
        ("postgresql://postgres@127.0.0.1:1/postgres", "refused"),
        ("postgresql://postgres@/postgres?colour=red", "cannot be read; it must be like"),
    ],
    ids=["unknown database", "unknown role", "no server", "closed port", "unknown option"],
)
def test_a_url_that_leads_nowhere_is_one_clear_line(postgres: Cluster, url: str, says: str) -> None:
    """It says what libpq says, without a password."""
    with pytest.raises(StartRefused, match=says) as refused:
        Connector(url.format(directory=postgres.directory).replace("postgres@", "postgres:hidden@")).refuse_unreachable()
    assert "\n" not in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_database_in_another_encoding_is_refused(postgres: Cluster) -> None:
    """It could not hold every name."""
    postgres.execute("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(StartRefused, match="LATIN1"):
        Connector(postgres.url("narrow"))()


def test_a_read_that_is_over_holds_nothing_on_the_server(database: PostgresDatabase, postgres: Cluster) -> None:
    """Its end is not waited for, and what comes next finds the link as ready as ever, or a new one."""
    state = f"SELECT state FROM pg_stat_activity WHERE pid = {database.backend}"
    assert len(in_snapshot(database, lambda tx: tx.instances.all())) == 2
    assert not database.in_transaction
    until(lambda: postgres.execute(state) == [("idle",)], "the end of the read")
    in_snapshot(database, lambda tx: tx.instances.all())
    postgres.execute(f"SELECT pg_terminate_backend({database.backend})")
    until(lambda: postgres.execute(state) == [], "the end of the backend")
    assert name_of(database) == "Instance 1"

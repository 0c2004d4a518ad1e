"""What goes wrong between a server and its PostgreSQL: every wait has an end, nothing acknowledged is lost, and no restart."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.load import Load
from tests.faults.standing import Standing, raise_up
from tests.graph import assert_graph_error
from tests.nodes.conftest import UNLIMITED
from tests.nodes.starting import named
from tests.postgres_cluster import Cluster
from tests.serving import Served, until
from tests.tenant import Tenant
from tests.wire import Reply

SOON = 2.0
"""Seconds within which whoever asks is told that there is no database."""

BOUNDED = 6.0
"""Seconds within which whoever waits for what somebody else keeps is told so, on a busy machine too."""


@pytest.fixture
def standing(empty_postgres_url: str, tmp_path: Path) -> Standing:
    """An integration, and no server yet."""
    return raise_up(tmp_path / "data", empty_postgres_url)


@pytest.fixture
def served(standing: Standing) -> Iterator[Served]:
    """A server over it, whose limits are in nobody's way."""
    with Served(standing.data, **UNLIMITED, database_url=standing.database_url) as running:
        yield running


@pytest.fixture
def tenant(served: Served) -> Tenant:
    return Tenant(served.store)


def _unavailable(reply: Reply) -> None:
    assert_graph_error(reply, 503, 2)
    assert reply.json["error"]["is_transient"] is True
    assert int(reply.header("retry-after")) >= 1


def _told_soon(served: Served, tenant: Tenant, token: str) -> None:
    """At every door, however many ask at once."""
    for ask in (lambda: served.wire.get("/me", token), lambda: served.wire.token(tenant.credential)):
        began = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            for reply in pool.map(lambda _number, ask=ask: ask(), range(32)):
                _unavailable(reply)
        assert time.monotonic() - began < 2 * SOON  # thirty-two in two rows of sixteen
    until(lambda: served.wire.get("/readyz").status == 503, "the end of readiness")
    assert served.wire.get("/healthz").status == 200


def _recovers(served: Served, tenant: Tenant, workers: list[int]) -> None:
    until(lambda: served.wire.token(tenant.credential).status == 200, "tokens again")
    token = served.wire.token(tenant.credential).json["access_token"]
    until(lambda: served.wire.get("/security_audit_logs", token).status == 200, "the log again")
    until(lambda: served.wire.get("/readyz").status == 200, "readiness again")
    assert served.workers() == workers


def test_while_postgresql_is_stopped_everybody_is_told_within_two_seconds_and_nothing_is_restarted(
    postgres: Cluster, served: Served, tenant: Tenant
) -> None:
    token, workers = served.wire.token(tenant.credential).json["access_token"], served.workers()
    postgres.stop()
    try:
        _told_soon(served, tenant, token)
    finally:
        postgres.resume()
    _recovers(served, tenant, workers)


def _backends(postgres: Cluster, url: str) -> list[int]:
    found = postgres.execute(f"SELECT pid FROM pg_stat_activity WHERE datname = '{named(url)}'")
    return [pid for (pid,) in found]


@contextmanager
def _frozen(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_while_postgresql_answers_nothing_at_all_everybody_is_told_within_two_seconds(
    postgres: Cluster, standing: Standing, served: Served, tenant: Tenant
) -> None:
    """As behind a network that swallows everything."""
    token, workers = served.wire.token(tenant.credential).json["access_token"], served.workers()
    with _frozen([postgres._process.pid, *_backends(postgres, standing.database_url)]):
        for _ in range(3):
            began = time.monotonic()
            _unavailable(served.wire.get("/me", token))
            _unavailable(served.wire.token(tenant.credential))
            assert time.monotonic() - began < 2 * SOON
    _recovers(served, tenant, workers)


def test_backends_that_are_killed_under_load_lose_nothing_that_was_acknowledged(
    postgres: Cluster, standing: Standing, served: Served
) -> None:
    workers = served.workers()
    with Load(served.wire, standing) as load:
        for _ in range(6):
            told = len(load.acknowledged)
            until(lambda told=told: len(load.acknowledged) > told + 10, "the load")  # type: ignore[misc]
            postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{named(standing.database_url)}'"
            )
        told = len(load.acknowledged)
        until(lambda: len(load.acknowledged) > told + 10, "service again")
    assert set(load.statuses) <= {200, 400, 429, 503}  # 400: superseded by another client's token before it was used
    assert load.cut == 0
    load.assert_nothing_lost()
    assert served.workers() == workers


def test_a_lock_that_somebody_keeps_on_one_integration_is_felt_by_that_one(served: Served, tenant: Tenant) -> None:
    """It is told that nothing was done; guarded calls go on, and so do the tokens of others, of the same batch too."""
    others = [Tenant(served.store) for _ in range(4)]
    token = served.wire.token(tenant.credential).json["access_token"]
    with served.store.connected() as rival, ThreadPoolExecutor(8) as pool:
        rival.begin()
        rival.tx.integrations.get(tenant.instance, tenant.app_id)
        began = time.monotonic()
        blocked = [pool.submit(served.wire.token, tenant.credential) for _ in range(3)]
        free = [pool.submit(served.wire.token, each.credential) for each in others]
        assert served.wire.get("/me", token).status == 200
        assert {each.result().status for each in free} == {200}
        for each in blocked:
            _unavailable(each.result())
        assert time.monotonic() - began < BOUNDED
        rival.rollback()
    assert served.wire.token(tenant.credential).json["generation"] == 2


def test_a_slow_query_holds_up_only_who_waits_for_it(
    postgres: Cluster, standing: Standing, served: Served, tenant: Tenant
) -> None:
    """Pages of the log wait for a table that somebody has for himself; calls that need it not are answered."""
    token, workers = served.wire.token(tenant.credential).json["access_token"], served.workers()
    with postgres.connected(named(standing.database_url)) as rival, ThreadPoolExecutor(8) as pool, rival.transaction():
        rival.execute("LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        pages = [pool.submit(served.wire.get, "/security_audit_logs", token) for _ in range(8)]
        assert served.wire.get("/me", token).status == 200
        for each in pages:
            _unavailable(each.result())
        assert time.monotonic() - began < BOUNDED
    _recovers(served, tenant, workers)


@pytest.fixture
def few(postgres: Cluster, empty_postgres_url: str) -> Iterator[str]:
    """The URL of a role that owns its database and may be given a limit of connections."""
    postgres.execute("CREATE ROLE few LOGIN")
    postgres.execute(f"ALTER DATABASE {named(empty_postgres_url)} OWNER TO few")
    yield empty_postgres_url.replace("postgres@", "few@")
    postgres.execute(f"ALTER DATABASE {named(empty_postgres_url)} OWNER TO postgres")
    postgres.execute("DROP OWNED BY few CASCADE", named(empty_postgres_url))
    postgres.execute("DROP ROLE few")


def test_where_no_connection_is_left_everybody_is_told_until_there_is_one(postgres: Cluster, few: str, tmp_path: Path) -> None:
    with Served(tmp_path / "data", **UNLIMITED, database_url=few) as served:
        tenant, workers = Tenant(served.store), served.workers()
        token = served.wire.token(tenant.credential).json["access_token"]
        postgres.execute("ALTER ROLE few CONNECTION LIMIT 0")
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'few'")
        until(lambda: not _backends(postgres, few), "the end of all connections")
        _told_soon(served, tenant, token)
        assert 'too many connections for role "few"' in served.log.read_text()
        postgres.execute("ALTER ROLE few CONNECTION LIMIT -1")
        _recovers(served, tenant, workers)

"""Look-ups that wait at the same moment travel as one query, which is sent after all of them were asked."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from admincenter.core.errors import StorageUnavailable
from admincenter.core.ports import Facts
from admincenter.store.opening import Store
from admincenter.store.postgres import lookups
from tests.postgres_cluster import Cluster
from tests.settable_clock import SettableClock
from tests.store.executing import on_the_loop, running, until
from tests.tenant import Tenant


@pytest.fixture
def store(tmp_path: Path, clock: SettableClock, postgres_url: str) -> Iterator[Store]:
    """A store on PostgreSQL."""
    opened = Store(tmp_path / "data", create=True, clock=clock, database_url=postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def name(postgres: Cluster, postgres_url: str) -> str:
    """The database, which writes down each statement from now on."""
    found = postgres_url.partition("@/")[2].partition("?")[0]
    postgres.execute(f"ALTER DATABASE {found} SET log_statement = 'all'")
    return found


def _sent(postgres: Cluster) -> int:
    return (postgres.directory / "log").read_text().count("found.* FROM (SELECT 1) AS always")


@on_the_loop
async def test_all_that_wait_travel_as_one_query(postgres: Cluster, name: str, store: Store) -> None:
    """While one is under way, whoever comes is in the next; each gets what is his."""
    tenants = [Tenant(store) for _ in range(20)]
    async with running(store) as executor:
        known = await executor.facts_by_app_id(tenants[0].app_id)
        assert known is not None
        before = _sent(postgres)
        with postgres.connected(name) as rival, rival.transaction():
            rival.execute("LOCK TABLE integrations IN ACCESS EXCLUSIVE MODE")
            asked = [asyncio.create_task(executor.facts_by_app_id(tenants[0].app_id))]
            await until(lambda: _waits(postgres, name))
            asked += [asyncio.create_task(executor.facts_by_app_id(each.app_id)) for each in tenants]
            asked += [asyncio.create_task(executor.facts_by_token([os.urandom(32)])) for _ in range(20)]
            await asyncio.sleep(0)
        found: list[Facts | None] = await asyncio.gather(*asked)
        assert [each and each.app_id for each in found] == [each.app_id for each in [tenants[0], *tenants]] + [None] * 20
        assert _sent(postgres) == before + 2


def _waits(postgres: Cluster, name: str) -> bool:
    waiting = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    return bool(postgres.execute(waiting))


@on_the_loop
async def test_who_asks_while_nothing_answers_is_refused_in_time_and_not_too_many_wait(
    postgres: Cluster, name: str, store: Store
) -> None:
    tenant = Tenant(store)
    async with running(store) as executor:
        await executor.facts_by_app_id(tenant.app_id)
        with postgres.connected(name) as rival, rival.transaction():
            rival.execute("LOCK TABLE integrations IN ACCESS EXCLUSIVE MODE")
            asked = [asyncio.create_task(executor.facts_by_app_id(tenant.app_id)) for _ in range(lookups.MOST_WAITING + 5)]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(each) for each in outcomes} == {StorageUnavailable}
        facts = await executor.facts_by_app_id(tenant.app_id)
        assert facts is not None
        assert facts.app_id == tenant.app_id

"""`store/executor.py` on a running event loop, on each engine: what is acknowledged, what is shared, what is cut."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admincenter.core.errors import InstanceUnknown, StorageUnavailable
from admincenter.core.integrations import Created
from admincenter.core.ports import Change, Instance, Tx
from admincenter.store.executor import Executor
from admincenter.store.opening import Store
from admincenter.store.tx import SqlTx
from tests.settable_clock import SettableClock
from tests.store.executing import on_the_loop, running
from tests.store.renaming import name_of, names_in_log, renames


@pytest.fixture
def store(tmp_path: Path, clock: SettableClock, place: dict[str, str]) -> Iterator[Store]:
    """A store on the engine at hand."""
    opened = Store(tmp_path / "data", create=True, clock=clock, database_url=place.get("database_url", ""))
    yield opened
    opened.close()


def _access_written(instance: Instance, app_id: str) -> Callable[[Tx], Change[None]]:
    def write(tx: Tx) -> Change[None]:
        tx.integrations.set_access(instance.instance, app_id, b"")
        return Change(None, [])

    return write


@on_the_loop
async def test_every_kind_of_read_sees_a_write_that_was_acknowledged(
    store: Store, instance: Instance, integration: Created
) -> None:
    """Dead at once: the request after the answer is decided by the new state."""
    app_id = integration.integration.app_id
    async with running(store) as executor:
        for number in range(20):
            await executor.write(renames(instance, f"name {number}"))
            assert await executor.peek(name_of(instance)) == f"name {number}"
            assert await executor.read(name_of(instance)) == f"name {number}"
            await executor.write(_access_written(instance, app_id))
            facts = await executor.facts_by_app_id(app_id)
            assert facts is not None
            assert facts.access_version == number + 2
            assert await executor.facts_by_token([facts.secret_digest]) is None


@on_the_loop
async def test_writes_that_wait_together_share_commits(store: Store, instance: Instance) -> None:
    """One flush for many, and still an event for each."""
    async with running(store) as executor:
        done = await asyncio.gather(*(executor.write(renames(instance, f"name {number}")) for number in range(300)))
        assert [each.name for each in done] == [f"name {number}" for number in range(300)]
        assert executor.committed == 300
        assert executor.commits < 100
    assert names_in_log(store, instance) == 300


@on_the_loop
async def test_an_operation_that_raises_affects_only_itself(store: Store, instance: Instance) -> None:
    """A refusal or a bug among others: they are done, it alone is told."""

    def refused(_tx: Tx) -> Change[None]:
        raise InstanceUnknown("x")

    def mistaken(tx: Tx) -> Change[None]:
        tx.instances.rename(instance.instance, "half done")
        raise ZeroDivisionError

    async with running(store) as executor:
        good = [executor.write(renames(instance, f"name {number}")) for number in range(20)]
        bad = [executor.write(refused), executor.write(mistaken)]
        outcomes = await asyncio.gather(*good, *bad, return_exceptions=True)
        assert [type(each) for each in outcomes[20:]] == [InstanceUnknown, ZeroDivisionError]
        assert not [each for each in outcomes[:20] if isinstance(each, BaseException)]
        assert await executor.peek(name_of(instance)) == "name 19"
    assert names_in_log(store, instance) == 20


@on_the_loop
async def test_stopping_commits_what_waits_and_takes_no_more(store: Store, instance: Instance) -> None:
    """A graceful stop loses nothing that it took."""
    executor = Executor(store.engine, lambda: None)
    executor.start()
    tasks = [asyncio.create_task(executor.write(renames(instance, f"name {number}"))) for number in range(600)]
    await asyncio.sleep(0)
    await executor.stop()
    assert [each.name for each in await asyncio.gather(*tasks)] == [f"name {number}" for number in range(600)]
    with pytest.raises(StorageUnavailable):
        await executor.write(renames(instance, "too late"))
    assert names_in_log(store, instance) == 600


@pytest.mark.slow
@on_the_loop
async def test_a_slow_read_is_cut_at_its_deadline(store: Store, instance: Instance) -> None:
    """Within one endless statement, and between endlessly many; the readers are free again afterwards."""

    def endless_statement(tx: Tx) -> None:
        assert isinstance(tx, SqlTx)
        tx._sql.all("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT max(n) FROM numbers")

    def endless_statements(tx: Tx) -> None:
        while True:
            tx.instances.all()

    async with running(store) as executor:
        slow = (executor.read(endless_statement), executor.read(endless_statements))
        outcomes = await asyncio.gather(*slow, return_exceptions=True)
        assert [type(each) for each in outcomes] == [StorageUnavailable, StorageUnavailable]
        assert await asyncio.gather(*(executor.read(name_of(instance)) for _ in range(8))) == [instance.name] * 8

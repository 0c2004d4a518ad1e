"""`store/executor.py` on a running event loop: what is acknowledged, what is shared, what is bounded."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from admincenter.core.audit import SYSTEM, Fault, verify
from admincenter.core.errors import InstanceUnknown, OutcomeUnknown, StorageUnavailable
from admincenter.core.instances import rename
from admincenter.core.integrations import Created
from admincenter.core.ports import Change, Instance, Tx, Window
from admincenter.store.directory import DATABASE
from admincenter.store.executor import MAX_BATCH, MAX_WAITING, Executor
from admincenter.store.opening import Store
from admincenter.store.tx import SqlTx
from tests.store.executing import on_the_loop, running, until


def _renames(instance: Instance, name: str) -> Callable[[Tx], Change[Instance]]:
    return lambda tx: rename(tx, instance.instance, name, SYSTEM)


def _name(instance: Instance) -> Callable[[Tx], str]:
    def look(tx: Tx) -> str:
        found = tx.instances.get(instance.instance)
        assert found is not None
        return found.name

    return look


def _access_written(instance: Instance, app_id: str) -> Callable[[Tx], Change[None]]:
    def write(tx: Tx) -> Change[None]:
        tx.integrations.set_access(instance.instance, app_id, b"")
        return Change(None, [])

    return write


def _names_in_log(store: Store, instance: Instance) -> int:
    """How many renames the verified log holds."""
    everything = Window(instance.instance, 0, 2**62, 10_000, ascending=True)
    records = store.read(lambda tx: tx.audit.records(everything))
    head = store.read(lambda tx: tx.audit.head(instance.instance))
    assert not [each for each in verify(instance.instance, records, head, []) if isinstance(each, Fault)]
    return sum(row.kind == "instance.renamed" for row in records)


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """The write lock is held by another connection."""
    with store.connected() as rival:
        rival.begin()
        yield
        rival.rollback()


@on_the_loop
async def test_every_kind_of_read_sees_a_write_that_was_acknowledged(
    store: Store, instance: Instance, integration: Created
) -> None:
    """Dead at once: the request after the answer is decided by the new state."""
    app_id = integration.integration.app_id
    async with running(store) as executor:
        for number in range(20):
            await executor.write(_renames(instance, f"name {number}"))
            assert await executor.peek(_name(instance)) == f"name {number}"
            assert await executor.read(_name(instance)) == f"name {number}"
            await executor.write(_access_written(instance, app_id))
            facts = await executor.facts_by_app_id(app_id)
            assert facts is not None
            assert facts.access_version == number + 2
            assert await executor.facts_by_token([facts.secret_digest]) is None


@on_the_loop
async def test_writes_that_wait_together_share_commits(store: Store, instance: Instance) -> None:
    """One flush for many, and still an event for each."""
    async with running(store) as executor:
        done = await asyncio.gather(*(executor.write(_renames(instance, f"name {number}")) for number in range(300)))
        assert [each.name for each in done] == [f"name {number}" for number in range(300)]
        assert executor.committed == 300
        assert executor.commits < 100
    assert _names_in_log(store, instance) == 300


@on_the_loop
async def test_arguments_of_the_same_operation_travel_together(store: Store, instance: Instance) -> None:
    """What waits while the lock is held elsewhere becomes one call; each gets its own outcome."""
    calls: list[int] = []

    def rename_all(tx: Tx, names: Sequence[str]) -> list[Change[Instance] | InstanceUnknown]:
        calls.append(len(names))
        return [InstanceUnknown(each) if each == "bad" else rename(tx, instance.instance, each, SYSTEM) for each in names]

    async with running(store) as executor:
        with _locked(store):
            first = asyncio.create_task(executor.write(_renames(instance, "first")))
            await until(lambda: executor.waiting == 0)
            rest = [asyncio.create_task(executor.write_each(rename_all, each)) for each in ("one", "bad", "two")]
            await until(lambda: executor.waiting == 3)
        outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
        assert calls == [3]
        assert [getattr(each, "name", type(each)) for each in outcomes] == ["first", "one", InstanceUnknown, "two"]


@on_the_loop
async def test_an_operation_that_raises_affects_only_itself(store: Store, instance: Instance) -> None:
    """A refusal or a bug among others: they are done, it alone is told."""

    def refused(_tx: Tx) -> Change[None]:
        raise InstanceUnknown("x")

    def mistaken(tx: Tx) -> Change[None]:
        tx.instances.rename(instance.instance, "half done")
        raise ZeroDivisionError

    async with running(store) as executor:
        good = [executor.write(_renames(instance, f"name {number}")) for number in range(20)]
        bad = [executor.write(refused), executor.write(mistaken)]
        outcomes = await asyncio.gather(*good, *bad, return_exceptions=True)
        assert [type(each) for each in outcomes[20:]] == [InstanceUnknown, ZeroDivisionError]
        assert not [each for each in outcomes[:20] if isinstance(each, BaseException)]
        assert await executor.peek(_name(instance)) == "name 19"
    assert _names_in_log(store, instance) == 20


@on_the_loop
async def test_the_queue_is_bounded_and_what_stood_in_it_is_done(store: Store, instance: Instance) -> None:
    """Who comes too late is told at once, and nobody who waits is forgotten."""
    async with running(store) as executor:
        with _locked(store):
            tasks = [asyncio.create_task(executor.write(_renames(instance, "first")))]
            await until(lambda: executor.waiting == 0)
            tasks += [asyncio.create_task(executor.write(_renames(instance, "next"))) for _ in range(MAX_WAITING)]
            await until(lambda: executor.waiting == MAX_WAITING)
            with pytest.raises(StorageUnavailable):
                await executor.write(_renames(instance, "one too many"))
        done = await asyncio.gather(*tasks)
        assert len(done) == MAX_WAITING + 1
        assert executor.commits >= MAX_WAITING / MAX_BATCH
        assert await executor.peek(_name(instance)) == "next"


@pytest.mark.slow
@on_the_loop
async def test_a_lock_that_another_process_keeps_is_waited_for_once_and_then_refused(store: Store, instance: Instance) -> None:
    """Five seconds, for all who came meanwhile too; reads go on; without a restart it works again (F06)."""
    program = Path(__file__).with_name("lock_holder.py")
    rival = subprocess.Popen([sys.executable, program, store.data / DATABASE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert rival.stdout is not None
    assert rival.stdout.readline() == b"held\n"
    async with running(store) as executor:
        first = asyncio.create_task(executor.write(_renames(instance, "first")))
        await until(lambda: executor.waiting == 0)
        later = [asyncio.create_task(executor.write(_renames(instance, "later"))) for _ in range(MAX_BATCH + 50)]
        await until(lambda: executor.waiting == len(later))
        assert await executor.read(_name(instance)) == await executor.peek(_name(instance)) == instance.name
        with pytest.raises(StorageUnavailable):
            await first
        assert (executor.waiting, [each for each in later if not each.done()]) == (0, [])
        outcomes = await asyncio.gather(*later, return_exceptions=True)
        assert {type(each) for each in outcomes} == {StorageUnavailable}
        rival.communicate()
        assert (await executor.write(_renames(instance, "free again"))).name == "free again"
    assert _names_in_log(store, instance) == 1


@on_the_loop
async def test_stopping_commits_what_waits_and_takes_no_more(store: Store, instance: Instance) -> None:
    """A graceful stop loses nothing that it took."""
    executor = Executor(store.engine, lambda: None)
    executor.start()
    tasks = [asyncio.create_task(executor.write(_renames(instance, f"name {number}"))) for number in range(600)]
    await asyncio.sleep(0)
    await executor.stop()
    assert [each.name for each in await asyncio.gather(*tasks)] == [f"name {number}" for number in range(600)]
    with pytest.raises(StorageUnavailable):
        await executor.write(_renames(instance, "too late"))
    assert _names_in_log(store, instance) == 600


@on_the_loop
async def test_after_a_stop_no_connection_is_left_open(store: Store, instance: Instance) -> None:
    """The last one to close moves the log into the database and takes it away, so the file alone is whole."""
    async with running(store) as executor:
        await executor.write(_renames(instance, "last"))
        await asyncio.gather(*(executor.read(_name(instance)) for _ in range(20)))
    assert not (store.data / f"{DATABASE}-wal").exists()


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
        assert await asyncio.gather(*(executor.read(_name(instance)) for _ in range(8))) == [instance.name] * 8


@on_the_loop
async def test_one_who_no_longer_waits_does_not_disturb_the_others(store: Store, instance: Instance) -> None:
    """A client that hangs up cancels its waiting, not its neighbours' writes."""
    async with running(store) as executor:
        with _locked(store):
            tasks = [asyncio.create_task(executor.write(_renames(instance, f"name {number}"))) for number in range(9)]
            await asyncio.sleep(0)
            tasks[4].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [number for number, each in enumerate(outcomes) if isinstance(each, BaseException)] == [4]
        assert (await executor.write(_renames(instance, "next"))).name == "next"


@on_the_loop
async def test_damage_found_by_a_write_ends_the_process_once_and_nothing_more_is_written(
    store: Store, instance: Instance
) -> None:
    """The writer never goes on over a file that failed it (F03)."""
    whole = (store.data / DATABASE).read_bytes()
    told: list[str] = []
    async with running(store, on_broken=lambda: told.append("broken")) as executor:
        (store.data / DATABASE).write_bytes(whole[:100] + bytes(len(whole) - 100))
        with pytest.raises(OutcomeUnknown):
            await executor.write(_renames(instance, "first"))
        await until(lambda: bool(told))
        with pytest.raises(StorageUnavailable):
            await executor.write(_renames(instance, "second"))
    assert told == ["broken"]


@on_the_loop
async def test_damage_found_by_a_read_ends_the_process_too(store: Store, instance: Instance) -> None:
    """On the loop or on a reader thread: told once, on the loop, and the caller gets a plain refusal."""
    whole = (store.data / DATABASE).read_bytes()
    loops: list[asyncio.AbstractEventLoop] = []
    async with running(store, on_broken=lambda: loops.append(asyncio.get_running_loop())) as executor:
        (store.data / DATABASE).write_bytes(whole[:100] + bytes(len(whole) - 100))
        for read in (executor.read, executor.peek):
            with pytest.raises(StorageUnavailable):
                await read(_name(instance))
        await until(lambda: bool(loops))
    assert loops == [asyncio.get_running_loop()]

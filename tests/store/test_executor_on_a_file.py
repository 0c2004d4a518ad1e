"""`store/executor.py` over one file that others lock and that a disk damages: what is bounded, and what ends the process."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from admincenter.core.audit import SYSTEM
from admincenter.core.errors import InstanceUnknown, OutcomeUnknown, StorageUnavailable
from admincenter.core.instances import rename
from admincenter.core.ports import Change, Instance, Tx
from admincenter.store.directory import DATABASE
from admincenter.store.executor import MAX_BATCH, MAX_WAITING
from admincenter.store.opening import Store
from tests.store.executing import on_the_loop, running, until
from tests.store.renaming import name_of, names_in_log, renames


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """The write lock is held by another connection."""
    with store.connected() as rival:
        rival.begin()
        yield
        rival.rollback()


@on_the_loop
async def test_arguments_of_the_same_operation_travel_together(store: Store, instance: Instance) -> None:
    """What waits while the lock is held elsewhere becomes one call; each gets its own outcome."""
    calls: list[int] = []

    def rename_all(tx: Tx, names: Sequence[str]) -> list[Change[Instance] | InstanceUnknown]:
        calls.append(len(names))
        return [InstanceUnknown(each) if each == "bad" else rename(tx, instance.instance, each, SYSTEM) for each in names]

    async with running(store) as executor:
        with _locked(store):
            first = asyncio.create_task(executor.write(renames(instance, "first")))
            await until(lambda: executor.waiting == 0)
            rest = [asyncio.create_task(executor.write_each(rename_all, each)) for each in ("one", "bad", "two")]
            await until(lambda: executor.waiting == 3)
        outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
        assert calls == [3]
        assert [getattr(each, "name", type(each)) for each in outcomes] == ["first", "one", InstanceUnknown, "two"]


@on_the_loop
async def test_the_queue_is_bounded_and_what_stood_in_it_is_done(store: Store, instance: Instance) -> None:
    """Who comes too late is told at once, and nobody who waits is forgotten."""
    async with running(store) as executor:
        with _locked(store):
            tasks = [asyncio.create_task(executor.write(renames(instance, "first")))]
            await until(lambda: executor.waiting == 0)
            tasks += [asyncio.create_task(executor.write(renames(instance, "next"))) for _ in range(MAX_WAITING)]
            await until(lambda: executor.waiting == MAX_WAITING)
            with pytest.raises(StorageUnavailable):
                await executor.write(renames(instance, "one too many"))
        done = await asyncio.gather(*tasks)
        assert len(done) == MAX_WAITING + 1
        assert executor.commits >= MAX_WAITING / MAX_BATCH
        assert await executor.peek(name_of(instance)) == "next"


@pytest.mark.slow
@on_the_loop
async def test_a_lock_that_another_process_keeps_is_waited_for_once_and_then_refused(store: Store, instance: Instance) -> None:
    """Five seconds, for all who came meanwhile too; reads go on; without a restart it works again (F06)."""
    program = Path(__file__).with_name("lock_holder.py")
    rival = subprocess.Popen([sys.executable, program, store.data / DATABASE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert rival.stdout is not None
    assert rival.stdout.readline() == b"held\n"
    async with running(store) as executor:
        first = asyncio.create_task(executor.write(renames(instance, "first")))
        await until(lambda: executor.waiting == 0)
        later = [asyncio.create_task(executor.write(renames(instance, "later"))) for _ in range(MAX_BATCH + 50)]
        await until(lambda: executor.waiting == len(later))
        assert await executor.read(name_of(instance)) == await executor.peek(name_of(instance)) == instance.name
        with pytest.raises(StorageUnavailable):
            await first
        assert (executor.waiting, [each for each in later if not each.done()]) == (0, [])
        outcomes = await asyncio.gather(*later, return_exceptions=True)
        assert {type(each) for each in outcomes} == {StorageUnavailable}
        rival.communicate()
        assert (await executor.write(renames(instance, "free again"))).name == "free again"
    assert names_in_log(store, instance) == 1


@on_the_loop
async def test_after_a_stop_no_connection_is_left_open(store: Store, instance: Instance) -> None:
    """The last one to close moves the log into the database and takes it away, so the file alone is whole."""
    async with running(store) as executor:
        await executor.write(renames(instance, "last"))
        await asyncio.gather(*(executor.read(name_of(instance)) for _ in range(20)))
    assert not (store.data / f"{DATABASE}-wal").exists()


@on_the_loop
async def test_one_who_no_longer_waits_does_not_disturb_the_others(store: Store, instance: Instance) -> None:
    """A client that hangs up cancels its waiting, not its neighbours' writes."""
    async with running(store) as executor:
        with _locked(store):
            tasks = [asyncio.create_task(executor.write(renames(instance, f"name {number}"))) for number in range(9)]
            await asyncio.sleep(0)
            tasks[4].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [number for number, each in enumerate(outcomes) if isinstance(each, BaseException)] == [4]
        assert (await executor.write(renames(instance, "next"))).name == "next"


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
            await executor.write(renames(instance, "first"))
        await until(lambda: bool(told))
        with pytest.raises(StorageUnavailable):
            await executor.write(renames(instance, "second"))
    assert told == ["broken"]


@on_the_loop
async def test_damage_found_by_a_read_ends_the_process_too(store: Store, instance: Instance) -> None:
    """On the loop or on a reader thread: told once, on the loop, and the caller gets a plain refusal."""
    whole = (store.data / DATABASE).read_bytes()
    loops: list[asyncio.AbstractEventLoop] = []
    async with running(store, on_broken=lambda: loops.append(asyncio.get_running_loop())) as executor:
        (store.data / DATABASE).write_bytes(whole[:100] + bytes(len(whole) - 100))
        for read in (executor.read, executor.peek, executor.glance):
            with pytest.raises(StorageUnavailable):
                await read(name_of(instance))
        await until(lambda: bool(loops))
    assert loops == [asyncio.get_running_loop()]

"""The one place where sync meets async: reads on the event loop or on two reader threads, writes on one writer (D6, D7)."""

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar, cast

from admincenter.core.credentials import Entropy
from admincenter.core.errors import StorageUnavailable
from admincenter.core.ports import Change, Facts, Tx
from admincenter.store.sql import Broken
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.writer import Job, call_each, commit_batch, refusal_of, value_of

log = logging.getLogger(__name__)

T = TypeVar("T")
A = TypeVar("A")

READERS = 2
READ_SECONDS = 2.0
MAX_WAITING = 2_000
MAX_BATCH = 256
WAL_SECONDS = 0.25
WAL_FRAMES = 16_000
"""About 64 MB: from there on the log is forced back to its start, since passive moves never reset it under endless load."""
GIVES_WAY = 10
"""How nice the mover is: it has time, and whoever waits for an answer has none."""


class _Waiting(NamedTuple):
    function: Callable[[Tx, Sequence[Any]], Sequence[Any]]
    argument: Any
    future: "asyncio.Future[Any]"


class Executor:
    """Runs the core's functions against one database for one process. `on_broken` is told of an I/O error (F03)."""

    def __init__(
        self, connect: Callable[[], SqliteDatabase], on_broken: Callable[[], None], entropy: Entropy = os.urandom
    ) -> None:
        self._connect, self._on_broken, self._entropy = connect, on_broken, entropy
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._reading = 0
        self._stopping = threading.Event()
        self._broken = threading.Lock()
        self._read_over: list[SqliteDatabase] = []
        self._wal_is_long = False
        self.commits = 0
        self.committed = 0

    def start(self) -> None:
        """Opens the connections and starts the threads; call it on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._here = self._connect()
        self._writes_over: SqliteDatabase | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer = threading.Thread(target=self._write_all, name="writer")
        self._mover = threading.Thread(target=self._move_wal, name="wal", daemon=True)
        self._writer.start()
        self._mover.start()

    async def stop(self) -> None:
        """Commits what waits, ends the threads, closes the connections."""
        self._queue.put(None)
        self._stopping.set()
        await asyncio.to_thread(self._join)
        self._here.close()

    def _join(self) -> None:
        self._writer.join()
        self._mover.join()
        self._readers.shutdown()
        for each in self._read_over:
            each.close()

    @property
    def waiting(self) -> int:
        """How many writes wait for the writer."""
        return self._queue.qsize()

    async def facts_by_app_id(self, app_id: str) -> Facts | None:
        """The gate's look-up for a secret. Raises StorageUnavailable."""
        try:
            return self._here.tx.integrations.facts_by_app_id((app_id,))[0]
        except Broken as error:
            raise self._unavailable(error) from error

    async def facts_by_token(self, presented: Sequence[bytes]) -> Facts | None:
        """The gate's look-up for a token. On this engine a point SELECT on the loop is the fastest there is."""
        try:
            return self._here.tx.integrations.facts_by_token((presented,))[0]
        except Broken as error:
            raise self._unavailable(error) from error

    async def peek(self, function: Callable[[Tx], T]) -> T:
        """A read of at most 100 rows by index, on the loop, in one snapshot. Raises StorageUnavailable."""
        try:
            return _in_snapshot(self._here, function)
        except Broken as error:
            raise self._unavailable(error) from error

    async def read(self, function: Callable[[Tx], T]) -> T:
        """Any other read, on a reader thread, within two seconds. Raises StorageUnavailable."""
        if self._reading >= MAX_WAITING:
            raise StorageUnavailable
        self._reading += 1
        try:
            return await self._loop.run_in_executor(self._readers, self._read, function)
        finally:
            self._reading -= 1

    def _read(self, function: Callable[[Tx], T]) -> T:
        database = getattr(self._local, "database", None)
        try:
            if database is None:
                database = self._local.database = self._connect()
                self._read_over.append(database)
            database.stop_after(READ_SECONDS)
            return _in_snapshot(database, function)
        except Broken as error:
            raise self._unavailable(error) from error

    async def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One operation, committed with all that waits. Raises its refusal, StorageUnavailable or OutcomeUnknown."""
        return cast(T, value_of(await self._submit(call_each, function)))

    async def write_each(self, function: Callable[[Tx, Sequence[A]], Sequence[Any]], argument: A) -> Any:
        """One argument of an operation that takes many: all that wait for the same one travel together."""
        return value_of(await self._submit(function, argument))

    def _submit(self, function: Callable[[Tx, Sequence[Any]], Sequence[Any]], argument: Any) -> "asyncio.Future[Any]":
        if self._queue.qsize() >= MAX_WAITING or self._stopping.is_set() or self._broken.locked():
            raise StorageUnavailable
        future = self._loop.create_future()
        self._queue.put(_Waiting(function, argument, future))
        return future

    def _write_all(self) -> None:
        while (batch := self._take())[0]:
            waiting, jobs = batch
            try:
                outcomes = [each for job in self._commit(jobs) for each in job]
            except Exception as error:
                if isinstance(error, StorageUnavailable):
                    waiting += self._rest()
                self._loop.call_soon_threadsafe(_deliver, waiting, [refusal_of(error)] * len(waiting))
                self._failed(error)
            else:
                self.committed += len(outcomes)
                self._loop.call_soon_threadsafe(_deliver, waiting, outcomes)
        if self._writes_over is not None:
            self._writes_over.close()

    def _commit(self, jobs: list[Job]) -> list[list[Any]]:
        if self._broken.locked():  # never again over these descriptors: what a failed flush lost would stay lost unseen (F03)
            raise StorageUnavailable
        if self._writes_over is None:
            self._writes_over = self._connect()
            self._writes_over.leave_checkpoints_to_others()
        outcomes = commit_batch(self._writes_over, jobs, self._entropy)
        self.commits += 1
        if self._wal_is_long:
            self._wal_is_long = not self._writes_over.start_wal_over()
        return outcomes

    def _take(self) -> tuple[list[_Waiting], list[Job]]:
        """Waits for work, then takes all there is; empty at the end. Equal functions become one job."""
        found: list[_Waiting] = []
        first = self._queue.get()
        while first is not None:
            found.append(first)
            if len(found) >= MAX_BATCH or self._queue.empty():
                break
            first = self._queue.get_nowait()
        if first is None and found:
            self._queue.put(None)
        return _merge(found)

    def _rest(self) -> list[_Waiting]:
        """Who came while a lock was waited for in vain: nobody waits for it twice (F06)."""
        found = []
        while not self._queue.empty():
            each = self._queue.get_nowait()
            if each is None:
                self._queue.put(None)
                break
            found.append(each)
        return found

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Broken):
            self._broke(error)
        elif not isinstance(error, StorageUnavailable):
            log.error("a commit failed", exc_info=error)

    def _unavailable(self, error: Broken) -> StorageUnavailable:
        self._broke(error)
        return StorageUnavailable()

    def _broke(self, error: Exception) -> None:
        """From any thread; the first time counts."""
        if self._broken.acquire(blocking=False):
            log.critical("storage is broken; this process ends and is started again", exc_info=error)
            self._loop.call_soon_threadsafe(self._on_broken)

    def _move_wal(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GIVES_WAY)
        database: SqliteDatabase | None = None
        while not self._stopping.wait(WAL_SECONDS) and not self._broken.locked():
            try:
                if database is None:
                    database = self._connect()
                    database.wait_at_most(100)  # a writer must not stand behind a mover that stands behind a reader
                if database.move_wal() > WAL_FRAMES:
                    database.move_wal()  # what came during the first one, so that as little as can be is left for the writer
                    self._wal_is_long = True
            except StorageUnavailable as error:
                log.debug("the write-ahead log could not be moved now: %s", error)
            except Broken as error:
                self._broke(error)
        if database is not None:
            database.close()


def _merge(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[Job]]:
    together: dict[Any, list[_Waiting]] = {}
    for number, each in enumerate(waiting):
        together.setdefault(number if each.function is call_each else each.function, []).append(each)
    jobs = [Job(group[0].function, [each.argument for each in group]) for group in together.values()]
    return [each for group in together.values() for each in group], jobs


def _deliver(waiting: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
    for each, outcome in zip(waiting, outcomes, strict=True):
        if not each.future.done():
            each.future.set_result(outcome)


def _in_snapshot(database: SqliteDatabase, function: Callable[[Tx], T]) -> T:
    database.snapshot()
    try:
        return function(database.tx)
    finally:
        database.rollback()

"""The one place where sync meets async: reads on the event loop or on two reader threads, writes on one writer (D6, D7)."""

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar, cast

from admincenter.core.credentials import Entropy
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.ports import Change, Proof, Tx
from admincenter.core.tokens import Moved
from admincenter.store.database import Database, in_snapshot
from admincenter.store.engine import Engine
from admincenter.store.giving_way import give_way
from admincenter.store.sql import Broken
from admincenter.store.writer import Job, call_each, commit_batch, refusal_of, value_of

log = logging.getLogger(__name__)

T = TypeVar("T")
A = TypeVar("A")

READERS = 2
READ_SECONDS = 2.0
MAX_WAITING = 2_000
MAX_BATCH = 256
WRITE_SECONDS = 2.0
"""How long a write may stand in the queue of a database that is not ours alone, before it is refused instead of begun."""


class _Waiting(NamedTuple):
    function: Callable[[Tx, Sequence[Any]], Sequence[Any]]
    argument: Any
    future: "asyncio.Future[Any]"
    ends: float
    proof: Proof | None = None


class Executor:
    """Runs the core's functions against one database for one process. `on_broken` is told of an I/O error (F03)."""

    def __init__(self, engine: Engine, on_broken: Callable[[], None], entropy: Entropy = os.urandom) -> None:
        self._engine, self._on_broken, self._entropy = engine, on_broken, entropy
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._reading = 0
        self._stopping = threading.Event()
        self._broken = threading.Lock()
        self._read_over: list[Database] = []
        self.commits = 0
        self.committed = 0

    def start(self) -> None:
        """Opens the connections and starts the threads; call it on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._lookups = self._engine.lookups(self)
        self.facts_by_app_id, self.facts_by_token = self._lookups.facts_by_app_id, self._lookups.facts_by_token
        self.peek, self.glance = self._lookups.peek, self._lookups.glance
        self._writes_over: Database | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader", initializer=give_way)
        self._upkeep = self._engine.upkeep(self)
        self._writer = threading.Thread(target=self._write_all, name="writer")
        self._writer.start()
        if self._upkeep is not None:
            self._upkeep.start()

    async def stop(self) -> None:
        """Commits what waits, ends the threads, closes the connections."""
        self._queue.put(None)
        self._stopping.set()
        await asyncio.to_thread(self._join)
        await self._lookups.close()

    def _join(self) -> None:
        self._writer.join()
        if self._upkeep is not None:
            self._upkeep.stop()
        self._readers.shutdown()
        for each in self._read_over:
            each.close()

    @property
    def waiting(self) -> int:
        """How many writes wait for the writer."""
        return self._queue.qsize()

    async def read(self, function: Callable[[Tx], T]) -> T:
        """A read on a reader thread, within two seconds from now. Raises StorageUnavailable."""
        if self._reading >= MAX_WAITING:
            raise StorageUnavailable
        self._reading += 1
        try:
            return await self._loop.run_in_executor(self._readers, self._read, function, time.monotonic() + READ_SECONDS)
        finally:
            self._reading -= 1

    def _read(self, function: Callable[[Tx], T], ends: float) -> T:
        left = ends - time.monotonic()
        if left <= 0:
            raise StorageUnavailable
        try:
            database = self._reader()
            database.stop_after(left)
            return in_snapshot(database, function)
        except Broken as error:
            raise self.unavailable(error) from error
        except StartRefused as error:
            raise _unavailable_for_now(error) from error

    def _reader(self) -> Database:
        """The connection of this thread."""
        database: Database | None = getattr(self._local, "database", None)
        if database is None:
            database = self._local.database = self._engine.connect()
            self._read_over.append(database)
        return database

    async def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One operation, committed with all that waits. Raises its refusal, StorageUnavailable or OutcomeUnknown."""
        return cast(T, value_of(await self._submit(call_each, function)))

    async def write_under(self, proof: Proof, function: Callable[[Tx], Change[T]]) -> T | Moved:
        """The same, only if and while its proof holds (D8); Moved where it does not, and then nothing was done."""
        return cast("T | Moved", value_of(await self._submit(call_each, function, proof)))

    async def write_each(self, function: Callable[[Tx, Sequence[A]], Sequence[Any]], argument: A) -> Any:
        """One argument of an operation that takes many: all that wait for the same one travel together."""
        return value_of(await self._submit(function, argument))

    def _submit(
        self, function: Callable[[Tx, Sequence[Any]], Sequence[Any]], argument: Any, proof: Proof | None = None
    ) -> "asyncio.Future[Any]":
        if self._queue.qsize() >= MAX_WAITING or self._stopping.is_set() or self._broken.locked():
            raise StorageUnavailable
        future = self._loop.create_future()
        self._queue.put(_Waiting(function, argument, future, time.monotonic() + WRITE_SECONDS, proof))
        return future

    def _write_all(self) -> None:
        while taken := self._take():
            waiting, jobs = _merge(self._in_time(taken))
            try:
                outcomes = [_for_a_server(each) for job in self._commit(jobs) for each in job]
            except Exception as failed:
                error = _for_a_server(failed)
                if isinstance(error, StorageUnavailable) and self._engine.embedded:
                    waiting += self._rest()
                self._loop.call_soon_threadsafe(_deliver, waiting, [refusal_of(error)] * len(waiting))
                self._failed(error)
            else:
                self.committed += len(outcomes)
                self._loop.call_soon_threadsafe(_deliver, waiting, outcomes)
        if self._writes_over is not None:
            self._writes_over.close()

    def _commit(self, jobs: list[Job]) -> list[list[Any]]:
        if not jobs:
            return []
        if self._broken.locked():  # never again over these descriptors: what a failed flush lost would stay lost unseen (F03)
            raise StorageUnavailable
        if self._writes_over is None:
            self._writes_over = self._engine.connect_to_write()
        outcomes = commit_batch(self._writes_over, jobs, self._entropy)
        self.commits += 1
        if self._upkeep is not None:
            self._upkeep.after_commit(self._writes_over)
        return outcomes

    def _take(self) -> list[_Waiting]:
        """Waits for work, then takes all there is; empty at the end."""
        found: list[_Waiting] = []
        first = self._queue.get()
        while first is not None:
            found.append(first)
            if len(found) >= MAX_BATCH or self._queue.empty():
                break
            first = self._queue.get_nowait()
        if first is None and found:
            self._queue.put(None)
        return found

    def _in_time(self, taken: list[_Waiting]) -> list[_Waiting]:
        """Without those who stood here for too long while a database that is not ours alone held up the ones before them."""
        now = time.monotonic()
        late = [] if self._engine.embedded else [each for each in taken if each.ends < now]
        if late:
            self._loop.call_soon_threadsafe(_deliver, late, [StorageUnavailable()] * len(late))
        return [each for each in taken if each not in late] if late else taken

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
            self.unavailable(error)
        elif not isinstance(error, StorageUnavailable):
            log.error("a commit failed", exc_info=error)

    def unavailable(self, error: Broken) -> StorageUnavailable:
        """Ends this process, once, where the storage is its own. From any thread; gives what to raise instead."""
        if not self._engine.embedded:
            log.error("the database is damaged", exc_info=error)
        elif self._broken.acquire(blocking=False):
            log.critical("storage is broken; this process ends and is started again", exc_info=error)
            self._loop.call_soon_threadsafe(self._on_broken)
        return StorageUnavailable()

    @property
    def is_broken(self) -> bool:
        """Whether nothing may touch the storage any more."""
        return self._broken.locked()


def _for_a_server(outcome: Any) -> Any:
    """A right that is missing while we serve is no reason to end: somebody may give it back."""
    return _unavailable_for_now(outcome) if isinstance(outcome, StartRefused) else outcome


def _unavailable_for_now(error: StartRefused) -> StorageUnavailable:
    log.error("the database cannot be used now: %s", error)
    return StorageUnavailable()


def _merge(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[Job]]:
    """Equal functions become one job."""
    together: dict[Any, list[_Waiting]] = {}
    for number, each in enumerate(waiting):
        together.setdefault(number if each.function is call_each else each.function, []).append(each)
    jobs = [Job(group[0].function, [each.argument for each in group], group[0].proof) for group in together.values()]
    return [each for group in together.values() for each in group], jobs


def _deliver(waiting: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
    for each, outcome in zip(waiting, outcomes, strict=True):
        if not each.future.done():
            each.future.set_result(outcome)

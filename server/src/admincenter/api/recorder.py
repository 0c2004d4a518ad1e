"""Step 6 of the gate: what happened is counted here and flushed: refusals and fetches every second, usage every 30 s.

Where either could not be flushed for five seconds, guarded reads are refused too: nothing passes unrecorded for long.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from admincenter.api.storage import Storage
from admincenter.core.audit import SECOND, Event
from admincenter.core.errors import AddressRefused, CallRefused, OutcomeUnknown, RateLimited, StorageUnavailable, Unexpected
from admincenter.core.network import Address, Client
from admincenter.core.ports import Change, Facts, Tx, UsageCount, WaitingAddress
from admincenter.core.tallies import Group, GroupedEvents, Usage, WaitingAddresses

log = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
USAGE_SECONDS = 30.0
STALLED = 5 * SECOND
_EVENTS, _USAGE = "refusals", "usage"
_NOT_RECORDED = (StorageUnavailable, OutcomeUnknown, Unexpected)


class Recorder:
    """Counts in bounded memory and writes in the background."""

    def __init__(self, storage: Storage, clock: Callable[[], int]) -> None:
        self._storage, self._clock = storage, clock
        self._events, self._nobodys = GroupedEvents(), GroupedEvents()
        self._waiting = WaitingAddresses()
        self._full = asyncio.Event()
        self._usage = Usage(self._full.set)
        self._unwritten: tuple[list[Event], list[WaitingAddress]] = ([], [])
        self._flushing = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._failing_since: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.used = self._usage.add

    def start(self) -> None:
        """Starts flushing; call it on the running event loop."""
        self._tasks = [asyncio.create_task(self._flush_events()), asyncio.create_task(self._flush_usage())]

    async def stop(self) -> None:
        """Writes all that is counted. A flush that is under way ends first: cut off, it would be written twice."""
        self._stopping.set()
        self._full.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.flush(stopping=True)
        await self.flush_usage()

    def refuse_if_stalled(self, now: int) -> None:
        """Raises StorageUnavailable where what was counted could not be written for five seconds."""
        if self._failing_since and any(now - since > STALLED for since in self._failing_since.values()):
            raise StorageUnavailable("What happens cannot be recorded now, so nothing is served. Try again")

    def refused(self, facts: Facts, refusal: CallRefused, secret: bool, proved: bool, client: Client, agent: str) -> None:
        """A refusal that belongs to an instance. One that belongs to nobody is only logged."""
        if isinstance(refusal, _NOT_RECORDED):
            return
        kind = "token.refused" if secret else "call.refused"
        if isinstance(refusal, AddressRefused):
            kind = "address.refused"
            if isinstance(client, Address):
                self._waiting.add(facts.instance, facts.app_id, str(client), self._clock())
        elif isinstance(refusal, RateLimited) and not proved:
            kind = "secret.guessed"
        self.note(kind, facts, type(refusal).__name__, client, agent)

    def refused_nobody(self, reason: str, client: Client, agent: str) -> None:
        """The same work for an App ID that does not exist: time must not tell which ones do (A02). Nothing is written."""
        self._nobodys.add(Group("", "token.refused", "", reason, client.network), self._clock(), client, agent)

    def note(self, kind: str, facts: Facts, reason: str, client: Client, agent: str) -> None:
        """Counts one event of a grouped kind."""
        group = Group(facts.instance, kind, facts.app_id, reason, client.network)
        self._events.add(group, self._clock(), client, agent)

    async def _flush_events(self) -> None:
        while not await _came(self._stopping, FLUSH_SECONDS):
            await self.flush()

    async def _flush_usage(self) -> None:
        while not self._stopping.is_set():
            was_full = await _came(self._full, FLUSH_SECONDS if _USAGE in self._failing_since else USAGE_SECONDS)
            self._full.clear()
            await self.flush_usage()
            if was_full:
                await _came(self._stopping, FLUSH_SECONDS)

    async def flush(self, stopping: bool = False) -> None:
        """Writes what was counted since the last time, and what could not be written then."""
        self._nobodys = GroupedEvents()
        async with self._flushing:
            events, waiting = self._unwritten
            if _EVENTS not in self._failing_since or stopping:
                events, waiting = events + self._events.drain(self._clock(), stopping), waiting + self._waiting.drain()
            self._unwritten = (events, waiting)
            if (events or waiting) and await self._written(_EVENTS, lambda tx: _write_events(tx, events, waiting)):
                self._unwritten = ([], [])

    async def flush_usage(self) -> None:
        """Writes the usage counts, in another batch than the events: else two nodes could lock both in different orders."""
        async with self._flushing:
            counts = self._usage.drain()
            if counts and not await self._written(_USAGE, lambda tx: _write_usage(tx, counts)):
                self._usage.put_back(counts)

    async def _written(self, what: str, function: Callable[[Tx], Change[None]]) -> bool:
        try:
            await self._storage.write(function)
        except Exception as error:
            if what not in self._failing_since:
                self._failing_since[what] = self._clock()
                log.warning("%s could not be recorded: %s", what, error)
            return False
        self._failing_since.pop(what, None)
        return True


async def _came(event: asyncio.Event, seconds: float) -> bool:
    """Whether it was set before the time was over."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def _write_events(tx: Tx, events: list[Event], waiting: list[WaitingAddress]) -> Change[None]:
    if waiting:
        tx.integrations.add_waiting(waiting)
    return Change(None, events)


def _write_usage(tx: Tx, counts: list[UsageCount]) -> Change[None]:
    tx.usage.add(counts)
    return Change(None, [])

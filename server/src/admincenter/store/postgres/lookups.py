"""The gate's look-ups on PostgreSQL: all that wait at the same moment travel as one query, on the event loop, without a thread.

A query is sent only after the requests that it answers for have arrived, and one is under way at a time: whoever comes
meanwhile goes into the next. Nobody waits longer than a second, however the server or the network behaves.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.ports import Facts, Tx
from admincenter.store.clock import Clock
from admincenter.store.engine import Host
from admincenter.store.integrations import FACTS
from admincenter.store.postgres.clock import NOW, DatabaseClock
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.link import Link
from admincenter.store.postgres.parameters import blobs, texts, translated
from admincenter.store.sql import Garbled, Row

log = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS = 1.0
"""How long a look-up may take, from its request on."""

MOST_WAITING = 2_000
MOST_AT_ONCE = 500

_FACTS = f"{FACTS} WHERE "
_LOOK_UP = translated(
    f"SELECT {NOW}, found.* FROM (SELECT 1) AS always LEFT JOIN ({_FACTS} app_id = ANY(?)"
    f" UNION ALL {_FACTS} token_digest = ANY(?) UNION ALL {_FACTS} previous_digest = ANY(?)) AS found ON true"
)
"""It always has a row, for the time of the database comes with it."""

_TYPES = tuple(each.type for each in (texts(()), blobs(()), blobs(())))
_HERE = 1 + Facts._fields.index("app_id")


class _Asked(NamedTuple):
    app_id: str
    digests: Sequence[bytes]
    future: "asyncio.Future[Facts | None]"
    ends: float


class PostgresLookups:
    """`engine.Lookups` over one link of the event loop's own, which is opened again where it broke."""

    def __init__(self, connect: Connector, clock: Clock, host: Host) -> None:
        self._open, self._host = connect, host
        self._clock = clock if isinstance(clock, DatabaseClock) else None
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Asked] = []
        self._sent: list[_Asked] = []
        self._link: Link | None = None
        self._watched = -1
        """A descriptor of our own for the link's socket: libpq closes its own when the server goes, and a client's new
        connection may have its number before we stop watching it."""
        self._opening: asyncio.Future[Link] | None = None
        self._closed = self._watching = False
        self._connect()

    async def facts_by_app_id(self, app_id: str) -> Facts | None:
        return await self._ask(app_id, ())

    async def facts_by_token(self, presented: Sequence[bytes]) -> Facts | None:
        return await self._ask("", presented)

    async def peek(self, function: Callable[[Tx], T]) -> T:
        """Several exchanges, which the loop must not wait for: it is a read like any other."""
        return await self._host.read(function)

    async def glance(self, function: Callable[[Tx], T]) -> T:
        """An exchange that the loop must not wait for either."""
        return await self._host.read(function)

    async def close(self) -> None:
        self._closed = True
        self._drop_link()
        self._refuse(self._sent + self._waiting)
        if self._opening is not None:
            await asyncio.wait([self._opening])

    def _ask(self, app_id: str, digests: Sequence[bytes]) -> "asyncio.Future[Facts | None]":
        if self._closed or len(self._waiting) >= MOST_WAITING:
            raise StorageUnavailable
        asked = _Asked(app_id, digests, self._loop.create_future(), self._loop.time() + SECONDS)
        self._waiting.append(asked)
        if len(self._waiting) == 1 and not self._sent:
            self._loop.call_soon(self._send)  # not now: what else has arrived by now travels along
        if not self._watching:
            self._watch(asked.ends)
        return asked.future

    def _send(self) -> None:
        if self._sent or self._closed:
            return
        waiting = [each for each in self._waiting if not each.future.done()]
        self._sent, self._waiting = waiting[:MOST_AT_ONCE], waiting[MOST_AT_ONCE:]
        if not self._sent:
            return
        if self._link is None:
            self._put_back()
            self._connect()
            return
        digests = blobs([digest for each in self._sent for digest in each.digests])
        try:
            self._link.send(_LOOK_UP, [texts([each.app_id for each in self._sent if each.app_id]), digests, digests])
            if not self._link.push():
                self._loop.add_writer(self._watched, self._push, self._link)
        except StorageUnavailable:
            self._lose_link()

    def _push(self, link: Link) -> None:
        """The socket takes more."""
        try:
            if link.push():
                self._loop.remove_writer(self._watched)
        except StorageUnavailable:
            self._lose_link()

    def _come(self, link: Link) -> None:
        """The socket has something: an answer, a part of one, or the end."""
        try:
            rows = link.come()
        except (StorageUnavailable, StartRefused, Garbled) as error:
            self._fail(link, error)
            return
        if rows:
            self._answer(rows)
        elif link.is_over:
            self._lose_link()

    def _fail(self, link: Link, error: Exception) -> None:
        """A statement that failed is told to those who asked; what a broken link took along is asked again on another."""
        if link.is_over:
            self._lose_link()
            return
        log.error("a look-up failed: %s", error or type(error).__name__)
        sent, self._sent = self._sent, []
        self._refuse(sent)
        self._send()

    def _answer(self, rows: list[Row]) -> None:
        if self._clock is not None:
            self._clock.look(rows[0][0])
        found = [Facts._make(row[1:]) for row in rows if row[_HERE] is not None]
        by_app_id = {each.app_id: each for each in found}
        live = {each.token_digest: each for each in found}
        previous = {each.previous_digest: each for each in found}
        sent, self._sent = self._sent, []
        for each in sent:
            if not each.future.done():
                of = by_app_id.get(each.app_id) if each.app_id else _first(each.digests, live) or _first(each.digests, previous)
                each.future.set_result(of)
        if self._waiting:
            self._send()

    def _watch(self, ends: float) -> None:
        self._watching = True
        self._loop.call_at(ends, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        """One timer for all who wait, moved on lazily."""
        self._watching = False
        asked = self._sent + self._waiting
        late = [each for each in asked if each.ends <= self._loop.time()]
        if any(each in late for each in self._sent):  # the server does not answer: no other query may wait behind this one
            self._lose_link()
        self._waiting = [each for each in self._waiting if each not in late]
        self._refuse(late)
        if len(late) < len(asked) and not self._closed:
            self._watch(min(each.ends for each in asked if each not in late))

    def _put_back(self) -> None:
        self._waiting, self._sent = self._sent + self._waiting, []

    def _lose_link(self) -> None:
        self._drop_link()
        self._put_back()
        if self._waiting:
            self._connect()

    def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            self._loop.remove_reader(self._watched)
            self._loop.remove_writer(self._watched)
            os.close(self._watched)
            link.close()

    def _connect(self) -> None:
        """On a thread: finding a server may take seconds."""
        if self._opening is None and not self._closed:
            self._opening = self._loop.run_in_executor(None, self._prepared)
            self._opening.add_done_callback(self._connected)

    def _prepared(self) -> Link:
        link = self._open()
        try:
            link.prepare(_LOOK_UP, _TYPES, SECONDS)
        except BaseException:
            link.close()
            raise
        return link

    def _connected(self, opened: "asyncio.Future[Link]") -> None:
        self._opening = None
        if opened.cancelled() or opened.exception() is not None:
            waiting, self._waiting = self._waiting, []
            self._refuse(waiting)
            return
        link = opened.result()
        if self._closed or link.is_over:
            link.close()
            self._refuse(self._waiting)
            self._waiting = []
            return
        self._link = link
        self._watched = os.dup(link.socket)
        self._loop.add_reader(self._watched, self._come, link)
        self._send()

    def _refuse(self, asked: Sequence[_Asked]) -> None:
        for each in asked:
            if not each.future.done():
                each.future.set_exception(StorageUnavailable())


def _first(digests: Sequence[bytes], found: dict[bytes | None, Facts]) -> Facts | None:
    return next((found[each] for each in digests if each in found), None)

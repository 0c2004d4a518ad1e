"""What one call asks the database, seen by the engine itself: the application in this process, its statements traced."""

import asyncio
import threading
from pathlib import Path

import apsw

from admincenter import settings
from admincenter.api.request import Request
from admincenter.app import App
from admincenter.store.opening import Store
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.sqlite_engine import SqliteEngine
from bench.site import Site

_CALLS = 100


class _TracedEngine(SqliteEngine):
    """An engine whose connections count the SELECTs that the event loop's thread runs while `counting`."""

    counting = False
    counted = 0

    def connect(self) -> SqliteDatabase:
        database = super().connect()
        database.connection.trace_v2(apsw.SQLITE_TRACE_STMT, self._saw)
        return database

    def _saw(self, event: dict[str, object]) -> None:
        on_the_loop = threading.current_thread() is threading.main_thread()
        if self.counting and on_the_loop and str(event["sql"]).startswith("SELECT"):
            self.counted += 1


def selects_of_a_call(on: Site) -> float:
    """SELECTs in one `GET /me`, over a hundred of them."""
    [token] = on.mint(on.some(1))
    store = Store(Path(on.data))
    try:
        return asyncio.run(_count(store, on.data, token))
    finally:
        store.close()


async def _count(store: Store, data: Path, token: str) -> float:
    found = settings.read({"data": str(data), "port": "8080", "access_log": "off"}, {})
    store.engine = traced = _TracedEngine(data, store.clock)
    app = App(found, store, found.port, worker=0, broken=lambda: None)
    await app.start()
    try:
        traced.counting = True
        for _ in range(_CALLS):
            await _call(app, token)
        traced.counting = False
    finally:
        await app.stop()
    return traced.counted / _CALLS


async def _call(app: App, token: str) -> None:
    request = Request("127.0.0.1")
    request.method, request.raw_path = "GET", "/me"
    request.take(b"host", b"localhost:8080")
    request.take(b"authorization", b"Bearer " + token.encode())
    request.end()
    reply = await app.answer(request)
    if reply.status != 200:
        raise RuntimeError(f"GET /me answered {reply.status}")

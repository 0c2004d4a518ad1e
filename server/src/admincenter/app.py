"""Where the rooms meet: settings → store → door → gate → one ASGI application for one process."""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from admincenter import duties
from admincenter.api import answers
from admincenter.api.call import Door
from admincenter.api.gate import Gate
from admincenter.api.recorder import Recorder
from admincenter.api.reply import Reply
from admincenter.api.request import Request
from admincenter.api.routes import ROUTES
from admincenter.core import surface
from admincenter.core.errors import HostUnknown
from admincenter.log import AccessLog, without_credentials
from admincenter.metrics import Figures
from admincenter.settings import LOOPBACK_NAMES, Settings
from admincenter.store.executor import Executor
from admincenter.store.opening import Store

log = logging.getLogger(__name__)

_PATHS = frozenset(row.path for row in ROUTES)
_OF_EACH = frozenset(path for path in _PATHS if "{id}" in path)
"""Paths that name a thing: no log and no figure holds its id."""
_ANY_HOST = ("/healthz", "/readyz")
"""Probes of load balancers name a node by its address; nothing in these answers depends on the name."""


class App:
    """The application of one process. `broken` is called when this process must end and be started again."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        port: int,
        worker: int,
        broken: Callable[[], None],
        write_log: Callable[[bytes], object] | None = None,
    ) -> None:
        self._settings, self._store, self._worker = settings, store, worker
        self._hosts = _hosts(settings, port)
        self._executor = Executor(store.engine, broken)
        self._readiness = duties.Readiness(self._executor)
        self._figures = Figures(worker)
        self._access = AccessLog(settings.log_format, write_log) if settings.access_log else None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Opens storage and begins its duties."""
        self._executor.start()
        self._recorder = Recorder(self._executor, self._store.clock)
        self._recorder.start()
        self._door = Door(
            storage=self._executor,
            recorder=self._recorder,
            keyring=self._store.keyring(),
            clock=self._store.clock,
            entropy=os.urandom,
            base=self._base,
            ready=self._readiness,
            metrics=self._figures.render,
            metrics_for=self._settings.metrics,
        )
        self._gate = Gate(self._door, self._settings)
        self._count()
        todo = [duties.keep_keys_fresh(self._store, self._door)]
        if self._worker == 0:
            todo.append(duties.write_checkpoints(self._executor, self._door, self._settings.checkpoint_dir))
            todo.append(duties.keep_accounts_tidy(self._store, self._settings.account_history_days))
        if self._settings.database_url:
            todo.append(duties.watch_clock(self._store))
        if self._store.was_unclean:
            todo.append(duties.check_after_unclean_stop(self._store, self._readiness))
        self._tasks = duties.start(todo)

    @property
    def is_sound(self) -> bool:
        """Whether the database needed no check after an unclean stop, or passed it."""
        return not self._readiness.waiting_for

    def _count(self) -> None:
        self._figures.counter("commits", "Transactions that the writer committed", lambda: self._executor.commits)
        self._figures.counter("operations", "Operations in those transactions", lambda: self._executor.committed)
        self._figures.gauge("writes_waiting", "Operations that wait for the writer", lambda: self._executor.waiting)

    async def stop(self) -> None:
        """Ends the duties, writes what was counted, closes storage."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._recorder.stop()
        await self._executor.stop()
        if self._access is not None:
            self._access.flush()

    def answer(self, request: Request) -> Coroutine[Any, Any, Reply]:
        """The whole answer to one request. Raises Disconnected."""
        return self._gate.answer(request) if self._host_is_ours(request) else _host_unknown(request)

    def answered(self, request: Request, reply: Reply) -> None:
        """Counts an answer that was given, and writes its line."""
        path = request.raw_path
        row = path if path in _PATHS else surface.template(surface.normal_path(path))
        self._figures.answered(row if row in _PATHS else "(unknown)", reply.status)
        if self._access is not None:
            shown = row if row is path or row in _OF_EACH else without_credentials(path)[:200]
            self._access.add(request, reply.status, shown)

    def _host_is_ours(self, request: Request) -> bool:
        hosts = request.hosts
        return (len(hosts) == 1 and hosts[0].lower() in self._hosts) or request.raw_path in _ANY_HOST

    def _base(self, request: Request) -> str:
        """The base address that links begin with, made at answer time."""
        return self._settings.public_url or f"{self._settings.scheme}://{request.hosts[0].lower()}"


async def _host_unknown(request: Request) -> Reply:
    return answers.refused(HostUnknown(), request)


def _hosts(settings: Settings, port: int) -> frozenset[str]:
    """Every Host header that names this server; on loopback without a public URL, loopback's three names and its own."""
    default = {"http": 80, "https": 443}
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        bare = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
        names, scheme, port = [bare], parts.scheme, parts.port or default[parts.scheme]
    else:
        listening = (*LOOPBACK_NAMES, settings.host.strip("[]"))
        names, scheme = [f"[{name}]" if ":" in name else name for name in listening], settings.scheme
    with_port = {f"{name}:{port}" for name in names}
    return frozenset(with_port | set(names) if port == default[scheme] else with_port)

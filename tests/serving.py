"""Two real servers for tests: `Served`, a process with its workers, and `InProcess`, on a clock that the test sets."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
import uvloop

from admincenter import settings, supervisor
from admincenter.app import App
from admincenter.store.clock import Clock
from admincenter.store.opening import Store
from tests.wire import HANG, Wire


def until(true: Callable[[], object], what: str, seconds: float = HANG) -> None:
    """Waits until it is true; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for: {what}"
        time.sleep(0.01)


class Served:
    """A server process on a free port. `flags` are those of `admincenter serve`, by name, without their dashes."""

    def __init__(self, data: Path, **flags: str) -> None:
        self.data, self.log = data, data.with_name(data.name + ".log")
        self._greeting = data.with_name(data.name + ".out")
        self._database_url = flags.get("database_url", "")
        self.place = ["--data", str(data), *(["--database-url", self._database_url] if self._database_url else [])]
        self._key_file = Path(flags["key_file"]) if "key_file" in flags else None
        self._flags = [part for name, value in flags.items() for part in ("--" + name.replace("_", "-"), value)]

    def begin(self) -> Self:
        """Starts it and waits until it says where it listens."""
        command = [sys.executable, "-m", "admincenter", "serve", "--port", "0", "--data", str(self.data), *self._flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")}
        with self._greeting.open("wb") as out, self.log.open("ab") as errors:
            self.process = subprocess.Popen(command, stdout=out, stderr=errors, env=environment)
        weakref.finalize(self, self.process.kill)  # where a test fails before its server is stopped
        until(lambda: self._url() or self.process.poll() is not None, "the line that says where it listens")
        assert self._url(), self.log.read_text()
        self.port = int(self._url().rpartition(":")[2])
        self.wire = Wire(self.port)
        return self

    def start(self) -> Self:
        """Starts it and waits until it is ready."""
        self.begin()
        until(self._ready, "readiness")
        self.store = Store(self.data, self._key_file, database_url=self._database_url)
        return self

    def _url(self) -> str:
        found = re.search(r"serves on (\S+) ", self.greeting())
        return found[1] if found else ""

    def greeting(self) -> str:
        """What it printed."""
        return self._greeting.read_text()

    def _ready(self) -> bool:
        return self.wire.get("/readyz").status == 200

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        """Tells it to stop and checks that it does so cleanly."""
        self.store.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(HANG) == 0, self.log.read_text()
        finally:
            self.process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.stop()


class InProcess:
    """The application under its own protocol in a thread of this process, for tests that decide what time it is."""

    def __init__(self, data: Path, clock: Clock, **flags: str) -> None:
        self.store = Store(data, create=True, clock=clock, database_url=flags.get("database_url", ""))
        self._settings = settings.read({"data": str(data), "access_log": "off"} | flags, {})
        self._socket = socket.create_server((self._settings.host, 0))
        self.port: int = self._socket.getsockname()[1]
        self.wire = Wire(self.port)
        self.app = App(self._settings, self.store, self.port, 0, self._broken)
        self._server = uvicorn.Server(supervisor._config(self._settings, self.app))
        self._thread = threading.Thread(target=self._run, name="server")
        self.broke = False

    def _broken(self) -> None:
        self.broke = True

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.app.start()
        try:
            await self._server._serve([self._socket])
        finally:
            await self.app.stop()

    def settle(self) -> None:
        """Has the server write what it counted, as it does every second (events) and every 30 (usage)."""
        for each in (self.app._recorder.flush(), self.app._recorder.flush_usage()):
            asyncio.run_coroutine_threadsafe(each, self._loop).result(HANG)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._server.started, "the server in this process")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(HANG)
        assert not self._thread.is_alive()
        self.store.close()

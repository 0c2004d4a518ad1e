"""The server log on standard error: JSON lines or console lines, and the access lines. Never a query string, never a secret.

Access lines are put together by hand and written in groups: one call of the logging library costs more than the gate's look-up.
"""

import asyncio
import logging
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import orjson

FLUSH_SECONDS = 0.05
WAITING = 1_000
_STANDARD = frozenset(vars(logging.makeLogRecord({})))
_LONG_RUN = re.compile(r"\w{32,}", re.ASCII)


def without_credentials(path: str) -> str:
    """A stranger's path, without what may be the body of a secret or token that was put there by mistake."""
    return _LONG_RUN.sub("***", path)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class _ConsoleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = f"{_utc(record.created)} {record.levelname.lower():8} {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"


class Background:
    """Standard error on a thread of its own: who reads the log may stop reading (a pager, a stuck driver), the server may not.

    At most `WAITING` writes wait; what comes then is dropped, counted, and the count is written when there is room again.
    """

    def __init__(self, write: Callable[[bytes], int] | None = None) -> None:
        self._to = write or (lambda lines: os.write(sys.stderr.fileno(), lines))
        self._queue: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def put(self, lines: bytes) -> None:
        """Hands over whole lines; never waits."""
        try:
            self._queue.put_nowait(lines)
        except queue.Full:
            self._dropped += 1

    def write(self, text: str) -> None:
        """The same for the logging library, which takes this for a stream."""
        self.put(text.encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Nothing is held back here."""

    def stop(self, seconds: float) -> None:
        """Writes what waits, if somebody reads it in time."""
        with suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (lines := self._queue.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            if dropped:
                lines = b"%d writes to the log were dropped, since nobody read it\n%s" % (dropped, lines)
            with suppress(OSError):
                while lines:
                    lines = lines[self._to(lines) :]


def set_up(log_format: str, stream: Background | None = None) -> None:
    """Configures the logging of the whole process, uvicorn's own lines included."""
    handler: logging.StreamHandler[Any] = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _ConsoleFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every malformed body, which anybody can send


class Answered(Protocol):
    """What a line says of a request. All but its path are texts of our own making: nothing in them needs an escape."""

    @property
    def id(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def peer(self) -> str: ...
    @property
    def app_id(self) -> str: ...
    @property
    def started(self) -> float:
        """`time.perf_counter()` at its beginning."""


class AccessLog:
    """One line a request: when, which, how it ended. Written by the event loop 50 ms later, together with its neighbours."""

    def __init__(self, log_format: str, write: Callable[[bytes], object] | None = None) -> None:
        self._json = log_format == "json"
        self._write = write or (lambda lines: os.write(sys.stderr.fileno(), lines))
        self._lines: list[bytes] = []
        self._second = (0, "")

    def add(self, request: Answered, status: int, path: str) -> None:
        """One request. `path` is what may be shown of it."""
        took = (time.perf_counter() - request.started) * 1000
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        if self._json:
            line = (
                f'{{"time":"{self._now()}","level":"info","logger":"access","request_id":"{request.id}",'
                f'"method":"{request.method}","path":{orjson.dumps(path).decode()},"status":{status},"ms":{took:.3f},'
                f'"client":"{request.peer}","app_id":"{request.app_id}"}}'
            )
        else:
            line = (
                f"{self._now()} access   {status} {request.method} {path} {took:.1f} ms "
                f"{request.peer} {request.app_id} {request.id}"
            )
        self._lines.append(line.encode("ascii", "backslashreplace"))

    def _now(self) -> str:
        second = int(time.time())
        if second != self._second[0]:
            self._second = (second, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second)))
        return self._second[1]

    def flush(self) -> None:
        """Writes what waits. A log that cannot be written stops nothing that the audit log accepted (F05)."""
        lines, self._lines = self._lines, []
        if lines:
            try:
                self._write(b"\n".join(lines) + b"\n")
            except OSError:
                return

"""`admincenter serve`: one small parent that checks the data, binds the socket, and keeps its workers running.

A worker that meets an I/O error ends itself; the parent starts another. The parent holds no database connection while it forks.
A parent that is killed takes its workers along: the pipe whose other end only it holds is then at its end.
"""

import asyncio
import logging
import os
import resource
import shlex
import signal
import socket
import ssl
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import uvicorn
import uvloop

from admincenter import log as server_log
from admincenter.api.protocol import Connection
from admincenter.app import App
from admincenter.core.errors import StartRefused
from admincenter.settings import Settings
from admincenter.store.opening import Store

log = logging.getLogger(__name__)

GRACE_SECONDS = 10
QUICK_SECONDS = 5.0
MOST_PAUSE = 5.0
HANDSHAKE_SECONDS = 10.0
LOG_SECONDS = 1.0
BROKEN, UNCHECKED = 70, 71
_STOPS = (signal.SIGTERM, signal.SIGINT)
_HEEDED = (*_STOPS, signal.SIGCHLD, signal.SIGALRM)


def serve(settings: Settings) -> int:
    """Serves until it is told to stop; the exit code. Raises StartRefused with one clear line."""
    _refuse_bad_certificate(settings)
    store = Store(settings.data, settings.key_file, create=True, database_url=settings.database_url)
    _refuse_bad_checkpoint_dir(settings)
    server_log.set_up(settings.log_format)
    listening = _bind(settings)
    port: int = listening.getsockname()[1]
    _allow_connections(settings.max_connections)
    workers = Workers(settings, store, listening, port)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)  # before the mark: a stop that comes now waits to be a clean one
    store.mark_running()
    for each in store.warnings():
        log.warning(each)
    _greet(settings, store, port)
    if workers.run():
        store.mark_stopped()
    store.close()
    return 0


def _refuse_bad_certificate(settings: Settings) -> None:
    """Here, once: a worker that finds it out would only be started again and again."""
    if settings.tls_cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise StartRefused(f"{settings.tls_cert} and {settings.tls_key} cannot be used for TLS: {reason}") from None


def _refuse_bad_checkpoint_dir(settings: Settings) -> None:
    directory = settings.checkpoint_dir
    if directory is not None and not (directory.is_dir() and os.access(directory, os.W_OK)):
        raise StartRefused(f"--checkpoint-dir {directory} is not a directory that can be written")


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host.strip("[]"), settings.port))
    except OSError as error:
        listening.close()
        raise StartRefused(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}; choose another with --port"
        ) from None
    listening.listen(2_048)
    listening.set_inheritable(True)
    return listening


def _allow_connections(wanted: int) -> None:
    """Raises the limit of open files as far as this user may, so that the connection cap is the one that counts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted + 256 if hard == resource.RLIM_INFINITY else min(wanted + 256, hard)
    if soft < target:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))


def _greet(settings: Settings, store: Store, port: int) -> None:
    """Where it listens, and what to paste next. Nothing secret: this runs under journals."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = settings.public_url or f"{settings.scheme}://{host}:{port}"
    where = f"the {store.name}" if settings.database_url else settings.data
    lines = [f"Admin Center serves on {base} (data in {where}). Ctrl-C stops it."]
    if store.has_no_integration():
        data = "" if str(settings.data) == "data" else f" --data {shlex.quote(str(settings.data))}"
        with_url = "with ADMINCENTER_DATABASE_URL set as here, " if settings.database_url else ""
        command = sys.argv[0] if Path(sys.argv[0]).name == "admincenter" else ".venv/bin/admincenter"
        lines += [
            "",
            f"No integration exists yet. In another terminal, {with_url}paste:",
            "",
            f'  {shlex.quote(command)} integration create{data} --purpose security --name "My first integration" \\',
            f"      --allow-ip 127.0.0.1 --permission read_security_audit_logs --base-url {base}",
            "",
            "It prints the App ID, the App Secret (once) and the curl that buys an access token.",
        ]
    print("\n".join(lines), flush=True)


class Workers:
    """The worker processes: started, watched, started again, stopped.

    Signals are held back and taken one by one, so that none comes at a moment that could miss it, and no handler runs anywhere.
    """

    def __init__(self, settings: Settings, store: Store, listening: socket.socket, port: int) -> None:
        self._settings, self._store, self._listening, self._port = settings, store, listening, port
        self._running: dict[int, tuple[int, float]] = {}
        self._stopping = False
        self._codes: list[int] = []
        self._pause = 0.0
        self._parent_ended, self._parent_lives = os.pipe()

    def run(self) -> bool:
        """Until a stop came and every worker has ended; whether all of them ended well, with the database known to be sound."""
        for number in range(self._settings.workers):
            self._start(number)
        self._reap()  # a child that ended before signals were held back
        while self._running:
            came = signal.sigwait(_HEEDED)
            if came == signal.SIGCHLD:
                self._reap()
            elif came == signal.SIGALRM:
                self._send(signal.SIGKILL)
            else:
                self._stop()
        return self._left_sound()

    def _start(self, number: int) -> None:
        self._store.let_go()
        child = os.fork()
        if child == 0:
            self._become_worker(number)
        self._running[child] = (number, time.monotonic())

    def _become_worker(self, number: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent passes it on, once
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
        os.close(self._parent_lives)
        os._exit(_work(self._settings, self._store, self._listening, self._port, number, self._parent_ended))

    def _reap(self) -> None:
        """Every child that ended: one signal may stand for many."""
        while self._running:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if not ended:
                return
            if ended in self._running:  # whoever started us, or a container, may have left us a child of theirs
                self._ended(ended, os.waitstatus_to_exitcode(status))

    def _ended(self, child: int, code: int) -> None:
        number, started = self._running.pop(child)
        if self._stopping:
            self._codes.append(code)
            return
        quick = time.monotonic() - started < QUICK_SECONDS
        self._pause = min(MOST_PAUSE, max(0.2, self._pause * 2)) if quick else 0.0
        log.error("worker %d ended with code %d; starting it again in %.1f s", number, code, self._pause)
        if signal.sigtimedwait(_STOPS, self._pause) is None:
            self._start(number)
        else:
            self._stop()

    def _left_sound(self) -> bool:
        """A check that is due and was not finished is still due; a worker that was stopped before it listened did nothing."""
        if self._store.was_unclean:
            return set(self._codes) == {0}
        return set(self._codes) <= {0, -signal.SIGTERM}

    def _stop(self) -> None:
        self._stopping = True
        signal.alarm(GRACE_SECONDS + 5)  # a worker that is frozen or stuck does not hold up the stop
        self._send(signal.SIGTERM)

    def _send(self, wanted: signal.Signals) -> None:
        for child in self._running:
            with suppress(ProcessLookupError):
                os.kill(child, wanted)


class _Loop(uvloop.Loop):
    """uvicorn has no setting for how long a TLS handshake may take; the loop's own answer is a minute."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.AbstractServer:  # type: ignore[override]
        if options.get("ssl"):
            options["ssl_handshake_timeout"] = HANDSHAKE_SECONDS
        return await super().create_server(*arguments, **options)


def _work(settings: Settings, store: Store, listening: socket.socket, port: int, number: int, parent_ended: int) -> int:
    """One worker, from fork to exit code."""
    code = 0

    def broken() -> None:
        nonlocal code
        code = BROKEN
        server.should_exit = True

    background = server_log.Background()
    server_log.set_up(settings.log_format, background)
    app = App(settings, store, port, number, broken, background.put)
    server = uvicorn.Server(_config(settings, app))
    try:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(_serve(app, server, listening, parent_ended))
    except Exception:
        log.exception("worker %d failed", number)
        code = 1
    background.stop(LOG_SECONDS)
    return code or (0 if app.is_sound else UNCHECKED)


async def _serve(app: App, server: uvicorn.Server, listening: socket.socket, parent_ended: int) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True
        loop.remove_reader(parent_ended)

    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_reader(parent_ended, stop)
    await app.start()
    try:
        await server._serve([listening])
    finally:
        await app.stop()


def _config(settings: Settings, app: App) -> uvicorn.Config:
    protocol = type("LimitedConnection", (Connection,), {"max_connections": settings.max_connections})
    return uvicorn.Config(
        cast(Any, app),  # not called as ASGI has it: our protocol asks it for whole answers
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
    )

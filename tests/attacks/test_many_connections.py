"""More connections than anybody needs: each ends at its deadline, and who behaves is served meanwhile (F19)."""

import resource
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.graph import assert_graph_error
from tests.serving import Served, until
from tests.tenant import Tenant
from tests.wire import HANG, Wire

SLOW = 5_000
BACKLOG = 500
DEADLINE = 10.0
GENEROUS = 5.0


@pytest.fixture
def room_for_files() -> Iterator[None]:
    """As many open files as the test needs."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(SLOW + 1_000, before[1]) if before[1] > 0 else SLOW + 1_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class _Good:
    """A client that behaves, asks again and again, and notes how long each answer took."""

    def __init__(self, wire: Wire, token: str) -> None:
        self._wire, self._token = wire, token
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.took: list[float] = []
        self.statuses: set[int] = set()

    def _ask(self) -> None:
        while not self._enough.wait(0.02):
            began = time.monotonic()
            self.statuses.add(self._wire.get("/me", self._token).status)
            self.took.append(time.monotonic() - began)

    def __enter__(self) -> "_Good":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._enough.set()
        self._thread.join(HANG)


def _begin(port: int, stack: ExitStack, waiting: selectors.BaseSelector) -> None:
    """A token request that never goes on."""
    slow = stack.enter_context(socket.create_connection(("127.0.0.1", port), HANG))
    slow.sendall(b"POST /work_get_token HTTP/1.1\r\nX: ")
    waiting.register(slow, selectors.EVENT_READ, time.monotonic())


def _see_off(waiting: selectors.BaseSelector) -> list[float]:
    """How long each lived from its first byte to the server's close."""
    lived = []
    while waiting.get_map():
        ready = waiting.select(HANG)
        assert ready, f"{len(waiting.get_map())} slow connections are still open"
        for key, _events in ready:
            if not key.fileobj.recv(65_536):  # type: ignore[union-attr]
                lived.append(time.monotonic() - key.data)
                waiting.unregister(key.fileobj)
    return lived


def _sockets(worker: psutil.Process) -> int:
    """How many sockets a process holds. Its files of the database come and go on their own: the engine keeps spare ones."""
    kinds = []
    for each in Path(f"/proc/{worker.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            kinds.append(str(each.readlink()))
    return sum(kind.startswith("socket:") for kind in kinds)


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.usefixtures("room_for_files")
def test_five_thousand_slow_connections_end_at_the_deadline_and_nobody_else_waits(tmp_path: Path) -> None:
    with Served(tmp_path / "data") as served, ExitStack() as stack:
        tenant = Tenant(served.store)
        token = served.wire.token(tenant.credential).json["access_token"]
        assert (
            served.wire.get("/security_audit_logs?limit=1000", token).status == 200
        )  # opens the reader's files, counted below
        [worker] = [psutil.Process(each) for each in served.workers()]
        files, sockets = worker.num_fds(), _sockets(worker)
        waiting = stack.enter_context(selectors.DefaultSelector())
        with _Good(served.wire, token) as good:
            for number in range(SLOW):
                _begin(served.port, stack, waiting)
                if number % BACKLOG == 0:  # what the kernel has no room for comes seconds later, and not by the server's doing
                    until(lambda number=number: worker.num_fds() > files + number, "the server to take them")  # type: ignore[misc]
            lived = _see_off(waiting)
        assert len(lived) == SLOW
        assert min(lived) > DEADLINE - 0.5  # the kernel had the first byte before the server
        assert max(lived) < DEADLINE + 1 + GENEROUS
        assert good.statuses == {200}
        assert statistics.quantiles(good.took, n=100)[98] < GENEROUS
        stack.close()
        until(lambda: _sockets(worker) <= sockets, "the sockets of the slow connections to be closed")


def test_one_connection_too_many_is_told_so_and_the_others_are_served(tmp_path: Path) -> None:
    with Served(tmp_path / "data", max_connections="8") as served, ExitStack() as stack:
        lines = [stack.enter_context(served.wire.open()) for _ in range(8)]
        for each in lines:
            each.send(served.wire.raw("GET", "/healthz"))
            assert each.read().status == 200
        with served.wire.open() as one_more:
            one_more.send(served.wire.raw("GET", "/healthz"))
            assert_graph_error(one_more.read(), 503, 2, says="connections")
            assert one_more.ended()
        lines[0].send(served.wire.raw("GET", "/healthz"))
        assert lines[0].read().status == 200
        stack.close()
        until(lambda: served.wire.get("/healthz").status == 200, "room for a new connection")

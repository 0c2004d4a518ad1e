"""Clients that go on while a server is harmed, and remember what they were told."""

import os
import signal
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from admincenter.core import integrations
from admincenter.core.audit import SYSTEM
from admincenter.core.instances import choose
from admincenter.core.ports import Change, Tx
from tests.faults.standing import Standing, look
from tests.serving import Served, until
from tests.wire import HANG, Wire


def fill(served: Served, app_id: str, events: int) -> None:
    """Writes so many events in one transaction."""

    def rename(tx: Tx) -> Change[None]:
        instance, names = choose(tx, None).instance, [f"{each} " + "x" * 150 for each in range(events)]
        return Change(
            None, [event for name in names for event in integrations.rename(tx, instance, app_id, name, SYSTEM).events]
        )

    served.store.write(rename)


def kill_all(served: Served) -> None:
    """The parent and every worker, without a warning."""
    workers = served.workers()
    for pid in [served.process.pid, *workers]:
        os.kill(pid, signal.SIGKILL)
    served.process.wait()
    until(lambda: all(gone(each) for each in workers), "the end of the workers")


def gone(pid: int) -> bool:
    """Whether a process has ended; perhaps nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Load:
    """Threads that buy tokens for one integration, and use the newest they got."""

    def __init__(self, wire: Wire, standing: Standing, clients: int = 4) -> None:
        self._wire, self._standing = wire, standing
        self._credential = f"{standing.app_id}|{standing.secret}"
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(clients)]
        self.acknowledged: list[int] = []
        self.statuses: Counter[int] = Counter()
        self.cut = 0

    def _go_on(self) -> None:
        while not self._enough.wait(0.002):
            try:
                self._mint_and_use()
            except (OSError, EOFError, ValueError, IndexError):  # no server, none any more, or half an answer
                self.cut += 1

    def _mint_and_use(self) -> None:
        reply = self._wire.token(self._credential)
        self.statuses[reply.status] += 1
        if reply.status == 200:
            self.acknowledged.append(reply.json["generation"])
            self.statuses[self._wire.get("/me", reply.json["access_token"]).status] += 1

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._enough.set()
        for each in self._threads:
            each.join(HANG)

    def assert_nothing_lost(self) -> None:
        """What was acknowledged is there, once, each with its one event; what was never tried is not."""
        after = look(self._standing)
        assert self.acknowledged
        assert len(set(self.acknowledged)) == len(self.acknowledged)
        assert max(self.acknowledged) <= after.facts.generation == len(after.of_kind("token.issued"))

"""A proxy before a PostgreSQL server at which time stands still at one COMMIT: before it was passed on, or after."""

import socket
import threading
from pathlib import Path

from tests.postgres_cluster import Cluster
from tests.store.postgres.cutting import COMMIT, Cutter


class Halt(Cutter):
    """Counts commits. At the one of this number whoever waits for its answer waits for ever, and `halted` is set."""

    def __init__(self, cluster: Cluster, directory: Path, at: int, stored: bool) -> None:
        self.commits, self._at, self._stored = 0, at, stored
        self.halted, self.over = threading.Event(), threading.Event()
        super().__init__(cluster, directory)

    def _cuts(self, data: bytes, to: socket.socket) -> bool:
        self.commits += data.count(COMMIT)
        if COMMIT not in data or self.commits != self._at:
            return False
        if self._stored:
            to.sendall(data)
            to.recv(65_536)
        self.halted.set()
        self.over.wait()
        return True

    def close(self) -> None:
        """Lets go of whoever waits."""
        self.over.set()
        super().close()

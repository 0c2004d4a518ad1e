"""A proxy before a PostgreSQL server that cuts the connection at a COMMIT: after it was passed on, or before."""

import selectors
import socket
import threading
from pathlib import Path

from tests.postgres_cluster import Cluster

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""The message of a COMMIT, as it stands on the wire."""


class Cutter:
    """Listens beside the cluster's own socket. Each armed cut is used once; other connections and statements pass."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self._target = str(cluster.directory / ".s.PGSQL.5432")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(directory / ".s.PGSQL.5432"))
        self._listening.listen()
        self.cut_after = self.cut_before = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, selectors.DefaultSelector() as either:
            server.connect(self._target)
            either.register(client, selectors.EVENT_READ, server)
            either.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in either.select():
                    data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                    if not data or self._cuts(data, key.data):
                        return
                    key.data.sendall(data)

    def _cuts(self, data: bytes, to: socket.socket) -> bool:
        if COMMIT not in data:
            return False
        if self.cut_after:
            self.cut_after = False
            to.sendall(data)
            to.recv(65_536)  # it is stored, and the client never hears of it
            return True
        cuts, self.cut_before = self.cut_before, False
        return cuts

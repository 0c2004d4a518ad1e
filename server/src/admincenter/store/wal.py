"""Moving SQLite's write-ahead log into the database while others write, so that no commit pays for it."""

import logging
import threading
from collections.abc import Callable

from admincenter.core.errors import StorageUnavailable
from admincenter.store.database import Database
from admincenter.store.engine import Host
from admincenter.store.giving_way import give_way
from admincenter.store.sql import Broken
from admincenter.store.sqlite import SqliteDatabase

log = logging.getLogger(__name__)

SECONDS = 0.25
FRAMES = 16_000
"""About 64 MB: from there on the log is forced back to its start, since passive moves never reset it under endless load."""


class WalMover:
    """`engine.Upkeep` of SQLite."""

    def __init__(self, connect: Callable[[], SqliteDatabase], host: Host) -> None:
        self._connect, self._host = connect, host
        self._stopping = threading.Event()
        self._is_long = False
        self._thread = threading.Thread(target=self._move_all, name="wal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def after_commit(self, database: Database) -> None:
        if self._is_long and isinstance(database, SqliteDatabase):
            self._is_long = not database.start_wal_over()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _move_all(self) -> None:
        give_way()
        database: SqliteDatabase | None = None
        while not self._stopping.wait(SECONDS) and not self._host.is_broken:
            try:
                if database is None:
                    database = self._connect()
                    database.wait_at_most(100)  # a writer must not stand behind a mover that stands behind a reader
                self._move(database)
            except StorageUnavailable as error:
                log.debug("the write-ahead log could not be moved now: %s", error)
            except Broken as error:
                self._host.unavailable(error)
        if database is not None:
            database.close()

    def _move(self, database: SqliteDatabase) -> None:
        if database.move_wal() > FRAMES:
            database.move_wal()  # what came during the first one, so that as little as can be is left for the writer
            self._is_long = True

"""A program: writes events and moves the write-ahead log about as roughly as it can. Prints each event's name once stored.

moving.py DATA NAME TIMES
"""

import os
import random
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from admincenter.core.audit import SYSTEM
from admincenter.core.errors import StorageUnavailable
from admincenter.core.instances import rename
from admincenter.store.directory import DATABASE
from admincenter.store.opening import Store
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.writer import write_one


def _connect(store: Store) -> SqliteDatabase:
    return SqliteDatabase(store.data / DATABASE, store.clock)


def _roughly(store: Store, database: SqliteDatabase) -> SqliteDatabase:
    """Moves the log, has it start over, or closes the connection and opens another one."""
    match random.randrange(4):
        case 0:
            database.close()
            return _connect(store)
        case 1 | 2 as way:
            with suppress(StorageUnavailable):
                database.move_wal()
                if way == 1:
                    database.start_wal_over()
    return database


def main(data: str, name: str, times: int) -> None:
    store = Store(Path(data))
    database = _connect(store)
    instance = database.tx.instances.all()[0].instance
    for number in range(times):
        called = f"{name} {number}"
        write_one(database, partial(rename, instance=instance, name=called, by=SYSTEM), os.urandom)
        print(called, flush=True)
        database = _roughly(store, database)
    database.close()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

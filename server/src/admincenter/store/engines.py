"""A whole database on either engine, for the commands that look after one: checked to be reachable, closed at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from admincenter.core.errors import OutcomeUnknown, StartRefused, StorageUnavailable
from admincenter.store import directory, sqlite
from admincenter.store.clock import SystemClock
from admincenter.store.database import Database
from admincenter.store.postgres.clock import DatabaseClock
from admincenter.store.postgres.connector import Connector, one_line
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.postgres.limits import PATIENT
from admincenter.store.sqlite import SqliteDatabase

SCHEMES = ("postgresql://", "postgres://")


def connector_to(url: str) -> Connector:
    """What opens the database of a URL, patiently. Raises StartRefused with one line that says why it cannot be used."""
    if not url.startswith(SCHEMES):
        raise StartRefused("The database URL must begin with postgresql://, as in postgresql://user@host:5432/database")
    connector = Connector(url, PATIENT)
    connector.refuse_unreachable()
    return connector


@contextmanager
def reached(connector: Connector) -> Iterator[PostgresDatabase]:
    """A connection. Whatever the server cannot do now ends the command in one line."""
    database = None
    try:
        database = PostgresDatabase(connector, DatabaseClock())
        yield database
    except StorageUnavailable as error:
        raise StartRefused(
            f"The {connector.name} did not do it: {one_line(error)}. Nothing is half done; type it again later"
        ) from None
    except OutcomeUnknown:
        raise StartRefused(
            f"The {connector.name} did not say whether it stored the last step; type the same command again"
        ) from None
    finally:
        if database is not None:
            database.close()


@contextmanager
def opened(data: Path, *, read_only: bool = False) -> Iterator[SqliteDatabase]:
    """The file of a data directory, which must be there. The caller has the directory alone, or only reads."""
    sqlite.refuse_old_library()
    database = SqliteDatabase(file_of(data), SystemClock(), read_only=read_only)
    try:
        yield database
    finally:
        database.close()


def file_of(data: Path) -> Path:
    """The file of a data directory. Raises StartRefused where there is none, or another user's."""
    path = data / directory.DATABASE
    if not path.is_file():
        raise StartRefused(f"There is no database in {data}")
    directory.refuse_foreign_owner(path)
    return path


@contextmanager
def either(url: str, data: Path, *, changes: bool) -> Iterator[tuple[Database, str]]:
    """The database of the URL, or of the data directory where there is none; and what it is called."""
    if url:
        connector = connector_to(url)
        with reached(connector) as database:
            yield database, connector.name
    elif changes:
        path = file_of(data)
        with directory.alone(data), opened(data) as file:
            yield file, str(path)
    else:
        with opened(data, read_only=True) as file:
            yield file, str(data / directory.DATABASE)

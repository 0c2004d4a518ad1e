"""The engines that must conform: each is one more column under every test of this room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admincenter.core.ports import Tx
from admincenter.store import migrate
from admincenter.store.clock import Clock
from admincenter.store.database import Database
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.sqlite import SqliteDatabase
from tests.engines import COLUMNS
from tests.settable_clock import SettableClock
from tests.store.conformance.rows import HERE, NOW, THERE, an_instance, an_integration

Connect = Callable[[], Database]


def _sqlite(request: pytest.FixtureRequest, clock: Clock, _empty: bool) -> Connect:
    path: Path = request.getfixturevalue("tmp_path") / "conformance.db"
    return lambda: SqliteDatabase(path, clock, create=True)


def _postgres(request: pytest.FixtureRequest, clock: Clock, empty: bool) -> Connect:
    connector = Connector(request.getfixturevalue("empty_postgres_url" if empty else "postgres_url"))
    return lambda: PostgresDatabase(connector, clock)


ENGINES: dict[str, Callable[[pytest.FixtureRequest, Clock, bool], Connect]] = {"sqlite": _sqlite, "postgres": _postgres}


@pytest.fixture(params=COLUMNS)
def connect(request: pytest.FixtureRequest, clock: SettableClock) -> Iterator[Connect]:
    """Opens connections to one database of the engine; all are closed at the end."""
    yield from _closing(ENGINES[request.param](request, clock, False))


@pytest.fixture(params=COLUMNS)
def connect_to_nothing(request: pytest.FixtureRequest, clock: SettableClock) -> Iterator[Connect]:
    """The same, to a database that has not even the schema."""
    yield from _closing(ENGINES[request.param](request, clock, True))


def _closing(connected: Connect) -> Iterator[Connect]:
    opened: list[Database] = []

    def one_more() -> Database:
        opened.append(connected())
        return opened[-1]

    yield one_more
    for each in opened:
        each.close()


@pytest.fixture
def database(connect: Connect, clock: SettableClock) -> Database:
    """A connection to an empty database of the engine, with the schema."""
    opened = connect()
    migrate.bring_up(opened, clock)
    return opened


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    """An open transaction over an empty database. It commits at the end, so that nothing here is only half legal."""
    database.begin()
    yield database.tx
    database.commit()


@pytest.fixture
def furnished(tx: Tx) -> Tx:
    """Two server keys, and two instances with two integrations each: whatever is done to one must leave three alone."""
    for key_id in ("k1", "k2"):
        tx.server_keys.insert(key_id, NOW)
    for instance in (HERE, THERE):
        tx.instances.insert(an_instance(instance))
        for number in (1, 2):
            tx.integrations.insert(an_integration(instance, number))
    return tx

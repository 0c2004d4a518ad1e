"""A database of its own for each test, and connections to it that give up sooner than those of a server."""

from collections.abc import Callable, Iterator

import pytest

from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.postgres.limits import Limits
from tests.settable_clock import SettableClock
from tests.store.conformance.rows import HERE, THERE, an_instance

HASTY = Limits(statement_ms=400, lock_ms=200, idle_ms=10_000, commit_seconds=0.5)

ConnectTo = Callable[[str], PostgresDatabase]


@pytest.fixture
def connect_to(clock: SettableClock) -> Iterator[ConnectTo]:
    """Opens hasty connections to any URL; all are closed at the end."""
    opened: list[PostgresDatabase] = []

    def one_more(url: str) -> PostgresDatabase:
        opened.append(PostgresDatabase(Connector(url, HASTY), clock))
        return opened[-1]

    yield one_more
    for each in opened:
        each.close()


@pytest.fixture
def database(connect_to: ConnectTo, postgres_url: str) -> PostgresDatabase:
    """A connection to a database with two instances."""
    opened = connect_to(postgres_url)
    opened.begin()
    for instance in (HERE, THERE):
        opened.tx.instances.insert(an_instance(instance))
    opened.commit()
    return opened

"""What every test may ask for: a clock that it sets, a real store, an instance, and an integration made through the core."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from admincenter.core import integrations
from admincenter.core.audit import SYSTEM
from admincenter.core.credentials import Entropy
from admincenter.core.instances import choose
from admincenter.core.integrations import Created, Wanted
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Instance
from admincenter.store import migrate
from admincenter.store.opening import Store
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase
from tests.postgres_cluster import Cluster, private_cluster
from tests.settable_clock import SettableClock

pytest_plugins = ["tests.left_out", "tests.engines"]

settings.register_profile("house", deadline=None)  # no test asserts on speed: the machine may be busy
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the cluster needs PostgreSQL."""
    for each in items:
        if "postgres" in getattr(each, "fixturenames", ()):
            each.add_marker(pytest.mark.needs("postgresql"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL of this run's own."""
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster) -> str:
    """A database with the schema and nothing else, to copy."""
    name = postgres.new_database()
    database = PostgresDatabase(Connector(postgres.url(name)), SettableClock())
    migrate.bring_up(database, SettableClock())
    database.close()
    return name


@pytest.fixture
def empty_postgres_url(postgres: Cluster) -> Iterator[str]:
    """A new database with nothing in it; gone at the end."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def postgres_url(postgres: Cluster, postgres_template: str) -> Iterator[str]:
    """A new database with the schema; gone at the end."""
    name = postgres.new_database(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at 2026-11-23T10:00:00Z until the test moves it."""
    return SettableClock()


@pytest.fixture
def entropy() -> Entropy:
    """Real randomness."""
    return os.urandom


@pytest.fixture
def store(tmp_path: Path, clock: SettableClock) -> Iterator[Store]:
    """A new data directory with its first instance, on the test's clock."""
    opened = Store(tmp_path / "data", create=True, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def instance(store: Store) -> Instance:
    """The store's first instance."""
    return store.read(lambda tx: choose(tx, None))


@pytest.fixture
def integration(store: Store, instance: Instance, entropy: Entropy) -> Created:
    """An integration that may do everything, from 127.0.0.1; with its App Secret."""
    wanted = Wanted(Purpose.PEOPLE, "Payroll", "Feeds payroll", "it@example.com", ["127.0.0.1"], tuple(Permission))
    key = store.keyring().primary
    return store.write(lambda tx: integrations.create(tx, instance.instance, wanted, key, SYSTEM, entropy))

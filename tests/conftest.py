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
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock

pytest_plugins = ["tests.left_out"]

settings.register_profile("house", deadline=None)  # no test asserts on speed: the machine may be busy
settings.load_profile("house")


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

"""The product on each engine, under the same model."""

from collections.abc import Callable

import pytest

from tests.engines import COLUMNS
from tests.model.postgres_world import PostgresWorld
from tests.model.world import World


@pytest.fixture(params=COLUMNS)
def new_world(request: pytest.FixtureRequest) -> Callable[[], World]:
    """Begins a new life of the product on the engine at hand."""
    if request.param == "sqlite":
        return World
    cluster, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    return lambda: PostgresWorld(cluster, template)

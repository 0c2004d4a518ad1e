"""Which engines there are: each is one more column under every test that asks for a database of the engine at hand."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgres_cluster import Cluster

COLUMNS = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgresql"))]

NewDatabase = Callable[[], dict[str, str]]
"""Gives the flags with which a server has its data on the engine at hand: in its data directory, or in a new database."""


@pytest.fixture(scope="module", params=COLUMNS)
def new_database(request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """The engine at hand. What is on it is gone at the end."""
    if request.param == "sqlite":
        yield dict
        return
    postgres: Cluster = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("postgres_template")
    made: list[str] = []

    def one_more() -> dict[str, str]:
        made.append(postgres.new_database(template))
        return {"database_url": postgres.url(made[-1])}

    yield one_more
    for each in made:
        postgres.drop(each)


@pytest.fixture
def place(new_database: NewDatabase) -> dict[str, str]:
    """The flags of one new place for data."""
    return new_database()

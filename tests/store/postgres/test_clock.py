"""Time on PostgreSQL is the database's (D18)."""

import time

from admincenter.store.postgres.clock import DatabaseClock
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase

SECOND = 1_000_000


class Hands:
    """A node's own clocks, which a test sets (µs)."""

    def __init__(self, wall: int, monotonic: int) -> None:
        self.wall, self.monotonic = wall, monotonic

    def clock(self, not_before: int = 0) -> DatabaseClock:
        return DatabaseClock(not_before, lambda: self.wall * 1000, lambda: self.monotonic * 1000)


def test_between_two_looks_the_monotonic_clock_carries_the_databases_time_on() -> None:
    """Whatever the node's own wall clock does."""
    hands = Hands(wall=5_000 * SECOND, monotonic=7)
    clock = hands.clock()
    clock.look(1_000 * SECOND)
    assert clock() == 1_000 * SECOND
    hands.wall, hands.monotonic = 0, 7 + 3 * SECOND
    assert clock() == 1_003 * SECOND


def test_where_the_database_steps_back_time_stands_still_until_it_has_caught_up() -> None:
    """It never runs backward within a process, and never drifts away from the database's."""
    hands = Hands(0, 0)
    clock = hands.clock()
    clock.look(1_000 * SECOND)
    assert clock() == 1_000 * SECOND
    clock.look(990 * SECOND)
    assert clock() == 1_000 * SECOND
    hands.monotonic = 11 * SECOND
    assert clock() == 1_001 * SECOND


def test_time_does_not_begin_before_the_highest_one_that_is_stored() -> None:
    """As on SQLite: a step back over a restart lengthens no token's life (F11)."""
    clock = Hands(0, 0).clock(not_before=2_000 * SECOND)
    clock.look(1_999 * SECOND)
    assert clock() == 2_000 * SECOND


def test_a_node_knows_how_far_its_own_clock_is_off() -> None:
    """Ahead is positive."""
    hands = Hands(wall=1_010 * SECOND, monotonic=0)
    clock = hands.clock()
    clock.look(1_000 * SECOND)
    assert clock.own_is_ahead == 10 * SECOND
    hands.wall = 994 * SECOND
    clock.look(1_000 * SECOND)
    assert clock.own_is_ahead == -6 * SECOND


def test_each_transaction_has_the_time_of_the_database(postgres_url: str) -> None:
    """A node whose own clock is a day late writes the right time."""
    late = DatabaseClock(0, lambda: time.time_ns() - 86_400 * 10**9)
    database = PostgresDatabase(Connector(postgres_url), late)
    for start in (database.begin, database.snapshot):
        start()
        [[before]] = database.sql.all("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        assert abs(database.tx.now - before) < 10 * SECOND
        database.rollback()
    database.close()

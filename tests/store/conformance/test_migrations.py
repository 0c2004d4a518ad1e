"""Migrations, on every engine: one at a time, each whole or not at all, and never on what is not ours."""

import pytest

from admincenter.core.errors import StartRefused
from admincenter.store import migrate
from admincenter.store.database import Database
from tests.settable_clock import SettableClock
from tests.store.conformance.at_once import at_once
from tests.store.conformance.conftest import Connect


def _records(database: Database) -> list[tuple[int, str, int]]:
    found = database.sql.all("SELECT number, name, applied_at FROM schema_migrations ORDER BY number")
    return [(row[0], row[1], row[2]) for row in found]


def test_an_empty_database_gets_every_migration_once(connect_to_nothing: Connect, clock: SettableClock) -> None:
    """Recorded with its number, its name and its time; a second run finds nothing to do."""
    database = connect_to_nothing()
    assert migrate.applied(database) == 0
    assert migrate.bring_up(database, clock) == len(migrate.known())
    assert _records(database) == [(each.number, each.name, clock.now) for each in migrate.known()]
    assert migrate.applied(database) == migrate.known()[-1].number
    assert migrate.bring_up(database, clock) == 0


def test_two_migrators_at_once_do_it_once(connect_to_nothing: Connect, clock: SettableClock) -> None:
    """The later ones wait, and find it done."""
    migrators = [connect_to_nothing() for _ in range(4)]
    at_once([lambda each=each: migrate.bring_up(each, clock) for each in migrators])  # type: ignore[misc]
    assert len(_records(migrators[0])) == len(migrate.known())


def test_a_newer_schema_is_refused_and_left_alone(connect_to_nothing: Connect, clock: SettableClock) -> None:
    """One line that names both versions."""
    database = connect_to_nothing()
    migrate.bring_up(database, clock)
    database.sql.run("INSERT INTO schema_migrations VALUES (9000, 'of_the_future', 1)")
    before = _records(database)
    with pytest.raises(StartRefused, match=r"schema 9000, made by a newer version; this program knows \d+"):
        migrate.bring_up(database, clock)
    assert _records(database) == before


@pytest.mark.parametrize("theirs", ["orders", "schema_migrations"])
def test_the_database_of_another_program_is_refused_and_left_alone(
    connect_to_nothing: Connect, clock: SettableClock, theirs: str
) -> None:
    """Also where it keeps its migrations under the same name as we do."""
    database = connect_to_nothing()
    database.sql.run(f"CREATE TABLE {theirs} (number BIGINT)")
    with pytest.raises(StartRefused, match="belongs to another program"):
        migrate.bring_up(database, clock)
    assert database.tables() == {theirs}


def test_a_migration_that_fails_leaves_nothing_behind(
    connect_to_nothing: Connect, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its first half nor its record; the ones before it stay."""
    database, known = connect_to_nothing(), migrate.known()
    bad = migrate.Migration(known[-1].number + 1, "bad", "CREATE TABLE half (x TEXT); INSERT INTO no_such_table VALUES (1);")
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "known", lambda: [*known, bad])
        with pytest.raises(Exception, match="no_such_table"):
            migrate.bring_up(database, clock)
    assert not database.in_transaction
    assert "half" not in database.tables()
    assert migrate.applied(database) == known[-1].number

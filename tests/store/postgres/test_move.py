"""A move into PostgreSQL: nothing is lost, and at no moment two databases are in service."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from admincenter.core import checkpoints, query
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import StartRefused, TokenDead
from admincenter.core.ports import Window
from admincenter.core.query import Search
from admincenter.core.verification import Evidence, verify
from admincenter.core.whole import Moved
from admincenter.store import facts, tables
from admincenter.store.directory import DATABASE
from admincenter.store.move import move
from admincenter.store.move_back import move_back
from admincenter.store.opening import Store
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.restore import place_of, restore
from admincenter.store.sqlite import SqliteDatabase
from tests.settable_clock import SettableClock
from tests.store.bearer import bought, refusal_of
from tests.store.postgres.conftest import ConnectTo
from tests.store.postgres.estate import Estate, There, summaries, there


def unseen(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def silent(_done: int, _of: int) -> None:
    """Nobody watches this, either."""


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """A data directory in which something stands in every table."""
    return Estate(tmp_path / "data")


def moved(estate: Estate, url: str) -> Moved:
    """A move that succeeds."""
    return move(estate.data, None, url, SYSTEM, unseen)


def by_hand(estate: Estate, statement: str) -> None:
    """What no command does to the file."""
    database = SqliteDatabase(estate.data / DATABASE, SettableClock())
    database.sql.script(statement)
    database.close()


def as_moved(estate: Estate, database: PostgresDatabase) -> dict[str, tables.Summary]:
    """What is there, without what the move itself recorded."""
    database.sql.script(
        "DELETE FROM audit_events WHERE kind = 'database.moved'; DELETE FROM audit_rollup WHERE kind = 'database.moved';"
        " UPDATE audit_heads AS h SET (sequence, digest, recorded_at) = (SELECT e.sequence, e.digest, e.recorded_at"
        " FROM audit_events AS e WHERE e.instance = h.instance ORDER BY e.sequence DESC LIMIT 1)"
    )
    return summaries(estate.data, database)


def test_every_row_of_every_table_is_there_afterwards(estate: Estate, empty_postgres_url: str, connect_to: ConnectTo) -> None:
    """Counted and digested on both sides; none of the tables was empty, or the test would say little."""
    before = estate.rows()
    assert {name for name, found in before.items() if not found.rows} == set()
    assert moved(estate, empty_postgres_url).rows == estate.count()
    assert as_moved(estate, connect_to(empty_postgres_url)) == before


def test_secrets_tokens_cursors_and_proofs_work_as_before(estate: Estate, empty_postgres_url: str) -> None:
    """What their holders kept, and nothing else, is shown to the moved database."""
    before = estate.cursor
    moved(estate, empty_postgres_url)
    with there(empty_postgres_url, estate.data) as found:
        store, tenant = cast(Any, found), estate.tenant
        assert refusal_of(store, estate.live.token) is None
        assert isinstance(refusal_of(store, estate.old.token), TokenDead)
        assert isinstance(refusal_of(store, estate.revoked.token), TokenDead)
        assert bought(store, tenant).generation == estate.live.generation + 1
        assert bought(store, estate.stranger).generation == 1
        assert refusal_of(store, estate.live.token) is not None
        _a_reader_goes_on(found, estate, before)
        evidence = Evidence(checkpoints.public_key(found.keyring().seed), [estate.kept])
        outcome = verify(found, tenant.instance, evidence)
        assert (outcome.faults, outcome.compared, outcome.cut > 0) == ([], 1, True)


def _a_reader_goes_on(found: There, estate: Estate, cursor: str) -> None:
    row = found.database.tx.instances.get(estate.tenant.instance)
    assert row is not None
    after = query.read_cursor(row.cursor_key, cursor)
    page = found.read(lambda tx: query.page(tx, row, Search(limit=2_000, after=after, ascending=True)))
    assert [sequence for sequence, _ in page.rows] == list(range(after + 1, after + len(page.rows) + 1))
    kinds = [json.loads(payload)["extra_data"]["kind"] for _, payload in page.rows]
    assert kinds[-2:] == ["database.moved", "token.issued"]


def test_the_old_directory_is_refused_at_its_door_and_says_where_the_data_went(estate: Estate, empty_postgres_url: str) -> None:
    """To readers and to writers; and a second move says that it was done before."""
    done = moved(estate, empty_postgres_url)
    with pytest.raises(StartRefused, match=r"was moved to PostgreSQL: the data is in the .*`admincenter database move --back`"):
        Store(estate.data)
    assert moved(estate, empty_postgres_url) == Moved(done.database, 0, done.instances)


def test_once_moved_it_is_moved_nowhere_else(
    estate: Estate, empty_postgres_url: str, postgres_url: str, connect_to: ConnectTo
) -> None:
    moved(estate, empty_postgres_url)
    with pytest.raises(StartRefused, match=r"was moved to .* already, which is not"):
        moved(estate, postgres_url)
    assert set(summaries(estate.data, connect_to(postgres_url)).values()) == {tables.Summary(0, f"{0:064x}")}


def test_a_directory_that_is_in_use_is_not_moved(estate: Estate, empty_postgres_url: str, connect_to: ConnectTo) -> None:
    store = Store(estate.data)
    with pytest.raises(StartRefused, match="is in use: stop the server"):
        moved(estate, empty_postgres_url)
    store.close()
    assert connect_to(empty_postgres_url).tables() == set()


def test_a_database_that_holds_anything_is_left_alone(estate: Estate, postgres_url: str, connect_to: ConnectTo) -> None:
    """Be it only one row; a schema without rows is as good as nothing."""
    database = connect_to(postgres_url)
    database.sql.run("INSERT INTO server_keys VALUES ('another', 1, 1)")
    with pytest.raises(StartRefused, match="is not empty; nothing is ever overwritten"):
        moved(estate, postgres_url)
    assert database.sql.all("SELECT key_id FROM server_keys") == [("another",)]
    assert facts.get(database.sql, facts.MOVING) is None
    Store(estate.data).close()
    database.sql.run("DELETE FROM server_keys")
    assert moved(estate, postgres_url).rows == estate.count()


def test_a_database_that_another_one_is_being_moved_into_is_left_alone(
    estate: Estate, postgres_url: str, connect_to: ConnectTo
) -> None:
    database = connect_to(postgres_url)
    facts.put(database.sql, facts.MOVING, '["of another", "", "", []]')
    with pytest.raises(StartRefused, match=r"The move of another database into .* is not complete"):
        moved(estate, postgres_url)
    assert facts.get(database.sql, facts.MOVING) == '["of another", "", "", []]'


def test_what_is_not_in_service_is_not_moved(estate: Estate, empty_postgres_url: str, tmp_path: Path) -> None:
    """No database, a backup's copy, a damaged one, one whose key file is another's: nothing is even begun."""
    with pytest.raises(StartRefused, match="There is no database in"):
        move(tmp_path / "nowhere", None, empty_postgres_url, SYSTEM, unseen)
    assert not (tmp_path / "nowhere").exists()
    Store(tmp_path / "other", create=True).close()
    with pytest.raises(StartRefused, match="lacks server key"):
        move(estate.data, tmp_path / "other" / "server.key", empty_postgres_url, SYSTEM, unseen)
    by_hand(estate, "INSERT INTO database_facts VALUES ('taken_at', '1')")
    with pytest.raises(StartRefused, match="holds no database that is in service"):
        moved(estate, empty_postgres_url)
    by_hand(estate, "DELETE FROM database_facts WHERE name = 'taken_at'; UPDATE integrations SET access = x'00'")
    with pytest.raises(StartRefused, match="a damaged database is not moved"):
        moved(estate, empty_postgres_url)


def test_a_text_that_postgresql_cannot_hold_ends_the_move_and_is_named(estate: Estate, empty_postgres_url: str) -> None:
    """The old database stays in service."""
    by_hand(estate, "UPDATE audit_events SET actor = 'a' || char(0) || 'b' WHERE sequence = 2600")
    with pytest.raises(
        StartRefused, match=r"A row of table audit_events, at or after \(.*\), holds what PostgreSQL cannot hold"
    ):
        moved(estate, empty_postgres_url)
    Store(estate.data).close()


def test_a_log_that_is_not_whole_is_not_put_in_service(estate: Estate, empty_postgres_url: str, connect_to: ConnectTo) -> None:
    """It says which event, and both sides stay as they were."""
    by_hand(estate, "UPDATE audit_events SET actor = 'somebody else' WHERE sequence = 2600")
    with pytest.raises(StartRefused, match=r"The log of instance \d+ is not whole: event 2600"):
        moved(estate, empty_postgres_url)
    Store(estate.data).close()
    with pytest.raises(StartRefused, match="The move into the there is not complete"):
        facts.refuse_out_of_service(connect_to(empty_postgres_url).sql, "there")


def broken_off(estate: Estate, url: str, at: int) -> None:
    """A move that ends in its middle, when so many rows are there."""

    def stop(what: str, done: int, _of: int) -> None:
        if what == "Moved" and done >= at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(estate.data, None, url, SYSTEM, stop)


def test_a_move_that_was_broken_off_goes_on_where_it_was(
    estate: Estate, empty_postgres_url: str, connect_to: ConnectTo
) -> None:
    """What is there stays there; meanwhile the old database is in service, and the new one is not."""
    broken_off(estate, empty_postgres_url, estate.count() // 2)
    Store(estate.data).close()
    database = connect_to(empty_postgres_url)
    with pytest.raises(StartRefused, match="is not complete; type the same"):
        facts.refuse_out_of_service(database.sql, "there")
    before, seen = estate.rows(), list[int]()
    move(estate.data, None, empty_postgres_url, SYSTEM, lambda what, done, _of: seen.append(done) if what == "Moved" else None)
    assert seen[0] > estate.count() // 2
    assert seen == sorted(seen)
    assert as_moved(estate, database) == before


def test_a_move_that_was_broken_off_begins_anew_where_the_old_database_was_changed_since(
    estate: Estate, empty_postgres_url: str, connect_to: ConnectTo
) -> None:
    """Else the new one would hold a little of both. A count of usage alone is a change."""
    broken_off(estate, empty_postgres_url, estate.count() - 1)
    by_hand(estate, "UPDATE usage SET times = times + 1")
    before = estate.rows()
    assert moved(estate, empty_postgres_url).rows == estate.count()
    assert as_moved(estate, connect_to(empty_postgres_url)) == before


def test_a_copy_that_differs_in_one_byte_is_not_put_in_service(
    estate: Estate, empty_postgres_url: str, connect_to: ConnectTo
) -> None:
    """Whoever changed it."""
    broken_off(estate, empty_postgres_url, estate.count())
    connect_to(empty_postgres_url).sql.run("UPDATE usage SET times = times + 1 WHERE address = '198.51.100.7'")
    with pytest.raises(StartRefused, match="Table usage is not the same"):
        moved(estate, empty_postgres_url)
    Store(estate.data).close()


def test_two_that_move_into_the_same_database_do_not_mix(
    estate: Estate, empty_postgres_url: str, connect_to: ConnectTo
) -> None:
    """The one whose mark is gone stops."""
    other = connect_to(empty_postgres_url)

    def rival(what: str, done: int, _of: int) -> None:
        if what == "Moved" and done > 1_000:
            facts.put(other.sql, facts.MOVING, "of a rival")

    with pytest.raises(StartRefused, match="Another command moves into this database at the same time"):
        move(estate.data, None, empty_postgres_url, SYSTEM, rival)


def test_a_move_made_by_mistake_is_undone_while_nothing_happened_since(
    estate: Estate, empty_postgres_url: str, connect_to: ConnectTo
) -> None:
    """The old database serves again, the new one does not; and it may be moved once more, to the same place."""
    moved(estate, empty_postgres_url)
    move_back(estate.data, empty_postgres_url, SYSTEM, unseen)
    store = Store(estate.data)
    assert refusal_of(store, estate.live.token) is None
    [(_, last)] = store.read(lambda tx: tx.audit.payloads(Window(estate.tenant.instance, 0, 2**62, 1, False)))
    assert json.loads(last)["extra_data"]["engine"] == "SQLite"
    store.close()
    with pytest.raises(StartRefused, match="is not complete"):
        facts.refuse_out_of_service(connect_to(empty_postgres_url).sql, "there")
    with pytest.raises(StartRefused, match="was not moved; there is nothing to undo"):
        move_back(estate.data, empty_postgres_url, SYSTEM, unseen)
    assert moved(estate, empty_postgres_url).rows == estate.count()


@pytest.mark.parametrize("what", ["a token was issued", "a call was counted"])
def test_a_move_is_not_undone_once_the_new_database_was_used(estate: Estate, empty_postgres_url: str, what: str) -> None:
    """What was revoked there would live again; nothing is changed on either side."""
    moved(estate, empty_postgres_url)
    with there(empty_postgres_url, estate.data) as found:
        if what == "a token was issued":
            bought(cast(Any, found), estate.tenant)
        else:
            found.database.sql.run("UPDATE usage SET times = times + 1")
    with pytest.raises(StartRefused, match="was used since the move; going back would bring to life what died since"):
        move_back(estate.data, empty_postgres_url, SYSTEM, unseen)
    with pytest.raises(StartRefused, match="was moved to PostgreSQL"):
        Store(estate.data)
    with there(empty_postgres_url, estate.data) as found:
        facts.refuse_out_of_service(found.database.sql, "there")


def test_a_move_is_not_undone_while_a_server_runs_on_the_new_database(estate: Estate, empty_postgres_url: str) -> None:
    """It would go on there, and what it revokes would live in the old one. Nothing is changed on either side."""
    moved(estate, empty_postgres_url)
    running = Store(estate.data, database_url=empty_postgres_url)
    with pytest.raises(StartRefused, match=r"Somebody is connected to the .*: stop every server on it first"):
        move_back(estate.data, empty_postgres_url, SYSTEM, unseen)
    with pytest.raises(StartRefused, match="was moved to PostgreSQL"):
        Store(estate.data)
    running.close()
    Store(estate.data, database_url=empty_postgres_url).close()
    move_back(estate.data, empty_postgres_url, SYSTEM, unseen)
    Store(estate.data).close()


def test_a_move_is_undone_only_from_where_it_led(estate: Estate, empty_postgres_url: str, postgres_url: str) -> None:
    moved(estate, empty_postgres_url)
    with pytest.raises(StartRefused, match="is not where this database was moved to"):
        move_back(estate.data, postgres_url, SYSTEM, unseen)


def test_after_a_move_a_restore_believes_nothing_that_the_old_file_says_of_secrets(
    estate: Estate, empty_postgres_url: str, tmp_path: Path
) -> None:
    """It does not know which were reset where the data went, so all are reset."""
    store = Store(estate.data)
    store.backup(tmp_path / "copy.db", SYSTEM, silent)
    store.close()
    moved(estate, empty_postgres_url)
    done = restore(place_of(estate.data, None), tmp_path / "copy.db", SYSTEM, silent)
    assert not done.compared
    assert estate.tenant.app_id in {app_id for each in done.instances for app_id in each.reset}
    Store(estate.data).close()

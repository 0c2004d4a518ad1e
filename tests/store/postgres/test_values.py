"""Values travel as they are, and what cannot travel is refused for its own operation only."""

import os

import pytest

from admincenter.core.audit import SYSTEM
from admincenter.core.instances import rename
from admincenter.core.ports import Change, Tx
from admincenter.store.postgres import link
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.postgres.parameters import blobs, numbers, texts
from admincenter.store.writer import Job, call_each, commit_batch
from tests.postgres_cluster import Cluster
from tests.store.conformance.rows import EVERYTHING, HERE, NOW, THERE, a_record
from tests.store.postgres.naming import name_of


@pytest.mark.parametrize("times", [1, 3], ids=["as it is", "prepared"])
def test_every_kind_of_value_comes_back_as_it_was_sent(database: PostgresDatabase, times: int) -> None:
    """Also as an array, an empty one too; whether the statement is prepared or not."""
    values = ("", "Ærø 'quoted' \\ ☃ \U0001f511", 0, -1, 2**63 - 1, -(2**63), b"", bytes(range(256)), None)
    asked = "SELECT ?::text, ?::text, ?::bigint, ?::bigint, ?::bigint, ?::bigint, ?::bytea, ?::bytea, ?::text"
    for _ in range(times):
        assert database.sql.all(asked, values) == [values]
        array = (texts(["a", "☃", ""]), numbers([1, -2, 3]), blobs([b"", b"\0\xff", b"x"]))
        assert database.sql.all("SELECT * FROM unnest(?, ?, ?)", array) == [("a", 1, b""), ("☃", -2, b"\0\xff"), ("", 3, b"x")]
        holes = (texts([None, "a"]), numbers([None, 1]), blobs([b"", None]))
        assert database.sql.all("SELECT * FROM unnest(?, ?, ?)", holes) == [(None, None, b""), ("a", 1, None)]
        assert database.sql.all("SELECT 1 WHERE 'a' = ANY(?)", (texts([]),)) == []


@pytest.mark.parametrize("bad", ["null \0 byte", "half a pair \ud800"])
def test_a_text_that_the_database_cannot_hold_affects_only_its_own_operation(database: PostgresDatabase, bad: str) -> None:
    """Its neighbours in the batch commit."""

    def spoils(tx: Tx) -> Change[None]:
        tx.instances.rename(HERE, bad)
        return Change(None, [])

    good = Job(call_each, [lambda tx: rename(tx, THERE, "good", SYSTEM)])
    [[failed], [done]] = commit_batch(database, [Job(call_each, [spoils]), good], os.urandom)
    assert isinstance(failed, Exception)
    assert done.value.name == "good"
    assert name_of(database) == "Instance 1"


def test_a_number_that_is_too_large_is_refused_before_it_is_sent(database: PostgresDatabase) -> None:
    """As on SQLite."""
    with pytest.raises(OverflowError):
        database.sql.all("SELECT ?::bigint", (2**63,))


def test_many_rows_travel_in_one_exchange_and_all_or_none_arrive(database: PostgresDatabase) -> None:
    """One that is wrong takes the others with it, and the connection goes on."""
    rows = [(f"name {number}", str(number)) for number in range(2_000)]
    database.begin()
    database.sql.many("INSERT INTO database_facts VALUES (?, ?)", rows)
    database.commit()
    assert database.sql.all("SELECT count(*) FROM database_facts WHERE name LIKE 'name %'") == [(2_000,)]
    database.begin()
    with pytest.raises(Exception, match="duplicate key"):
        database.sql.many("INSERT INTO database_facts VALUES (?, ?)", [("new", "1"), rows[7], ("newer", "2")])
    database.rollback()
    assert database.sql.all("SELECT 1 FROM database_facts WHERE name LIKE 'new%'") == []


def test_a_damaged_text_in_the_log_is_shown_as_the_bytes_that_it_is(postgres: Cluster, database: PostgresDatabase) -> None:
    """So that the verification names the row instead of failing on its page (F08)."""
    name = database.sql.all("SELECT current_database()::text")[0][0]
    postgres.execute("CREATE CAST (bytea AS text) WITHOUT FUNCTION", name)
    database.begin()
    database.tx.audit.append([a_record(HERE, 1, NOW), a_record(HERE, 2, NOW)], [])
    database.commit()
    postgres.execute("UPDATE audit_events SET actor = '\\xff'::bytea::text WHERE sequence = 2", name)
    sound, damaged = database.tx.audit.records(EVERYTHING)
    assert sound == a_record(HERE, 1, NOW)
    assert damaged == a_record(HERE, 2, NOW)._replace(actor=b"\xff")  # type: ignore[arg-type]


def test_statements_that_never_come_again_are_not_kept_in_mind(database: PostgresDatabase) -> None:
    """A client's filters are such: each makes a text of its own, and there is no end of them."""
    for number in range(link.MOST_SEEN + 10):
        assert database.sql.all(f"SELECT ?::bigint AS a{number}", (number,)) == [(number,)]
    assert len(database.sql._link._seen) <= link.MOST_SEEN

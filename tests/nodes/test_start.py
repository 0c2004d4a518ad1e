"""What a start on PostgreSQL refuses, in one clear line, and how the first node begins."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from admincenter import cli
from admincenter.store.postgres import connector
from tests.nodes.starting import named, refused, tables
from tests.postgres_cluster import Cluster
from tests.serving import Served

PASSWORD = "rather-secret"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://server@{host}/data", "it must be postgresql://role@host/name"),
        ("postgresql://server:rather-secret@x@/data", "it must be postgresql://role:password@host/name"),
        ("postgresql://server:rather-secret/x@/data", "it must be postgresql://role:password@host/name"),
        ("postgresql://server:rather-secret@/data?host={host}&colour=red", "cannot be read; it must be like"),
        ("postgresql://server:rather-secret@/nowhere?host={host}/nowhere", "No such file or directory"),
        ("postgresql://server:rather-secret@127.0.0.1:1/nowhere", "Connection refused"),
        ("postgresql://nobody:rather-secret@/postgres?host={host}", 'role "nobody" does not exist'),
        ("postgresql://postgres:rather-secret@/nowhere?host={host}", 'database "nowhere" does not exist'),
    ],
    ids=["another engine", "an @ too many", "a slash", "unknown option", "no server", "closed port", "no role", "no database"],
)
def test_a_url_that_leads_nowhere(postgres: Cluster, tmp_path: Path, url: str, says: str) -> None:
    told = refused(tmp_path / "data", url.format(host=postgres.directory))
    assert says.replace("URL", "URI") in told
    assert PASSWORD not in told


@pytest.fixture
def guarded(postgres: Cluster, empty_postgres_url: str) -> Iterator[str]:
    """A URL whose role needs a password, which is not in it."""
    rules = postgres.directory / "data" / "pg_hba.conf"
    before = rules.read_text()
    postgres.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
    rules.write_text(f"local all guarded scram-sha-256\n{before}")
    postgres.execute("SELECT pg_reload_conf()")
    yield empty_postgres_url.replace("postgres@", "guarded@")
    rules.write_text(before)
    postgres.execute("SELECT pg_reload_conf()")
    postgres.execute("DROP OWNED BY guarded", named(empty_postgres_url))
    postgres.execute("DROP ROLE guarded")


def test_a_wrong_password_and_none(guarded: str, tmp_path: Path) -> None:
    assert "no password supplied" in refused(tmp_path / "data", guarded)
    wrong = guarded.replace("guarded@", "guarded:wrong-secret@")
    told = refused(tmp_path / "data", wrong)
    assert "password authentication failed" in told
    assert "wrong-secret" not in told


def test_an_empty_database_that_the_role_may_not_fill_names_the_command_that_fills_it(
    postgres: Cluster, empty_postgres_url: str, tmp_path: Path
) -> None:
    postgres.execute("CREATE ROLE weak LOGIN")
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", named(empty_postgres_url))
    told = refused(tmp_path / "data", empty_postgres_url.replace("postgres@", "weak@"))
    assert "type `admincenter database migrate` as one that may" in told
    assert "permission denied" in told
    assert tables(postgres, empty_postgres_url) == []
    postgres.execute("DROP ROLE weak")


def test_a_database_of_another_program(postgres: Cluster, empty_postgres_url: str, tmp_path: Path) -> None:
    postgres.execute("CREATE TABLE invoices (number INT)", named(empty_postgres_url))
    assert "belongs to another program" in refused(tmp_path / "data", empty_postgres_url)
    assert tables(postgres, empty_postgres_url) == [("invoices",)]


def test_a_newer_schema(postgres: Cluster, postgres_url: str, tmp_path: Path) -> None:
    postgres.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 0)", named(postgres_url))
    assert "has schema 9999, made by a newer version" in refused(tmp_path / "data", postgres_url)
    assert "has schema 9999" in refused(tmp_path / "data", postgres_url, "instance", "list")


def test_a_server_that_is_too_old(
    postgres: Cluster, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No such server is at hand, so this program asks for more."""
    monkeypatch.setattr(connector, "OLDEST", postgres.version + 1)
    assert cli.run(["serve", "--data", str(tmp_path / "data"), "--database-url", postgres_url]) == 2
    told = capsys.readouterr().err
    assert told == f"admincenter: The server is PostgreSQL {postgres.version}; it must be {postgres.version + 1} or later\n"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [("instance", "list"), ("database", "check"), ("integration", "list")], ids=" ".join)
def test_no_command_but_serve_begins_or_migrates(
    postgres: Cluster, empty_postgres_url: str, tmp_path: Path, command: tuple[str]
) -> None:
    assert "is empty: `admincenter database migrate` brings it up" in refused(tmp_path / "data", empty_postgres_url, *command)
    assert tables(postgres, empty_postgres_url) == []


def test_a_schema_without_an_instance_waits_for_the_server(postgres_url: str, tmp_path: Path) -> None:
    assert "has no instance yet; `admincenter serve` makes the first one" in refused(
        tmp_path / "data", postgres_url, "instance", "list"
    )


def test_an_empty_database_does_not_hide_the_one_in_the_data_directory(empty_postgres_url: str, tmp_path: Path) -> None:
    """Somebody set the URL before the data were moved."""
    Served(tmp_path / "data").start().stop()
    with pytest.raises(AssertionError, match="`admincenter database move` takes the data there"):
        Served(tmp_path / "data", database_url=empty_postgres_url).begin()


def test_the_first_node_makes_the_key_and_the_next_one_needs_it(empty_postgres_url: str, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with Served(one, database_url=empty_postgres_url) as first:
        assert [each.name for each in one.iterdir()] == ["server.key"]
        assert "The key file" in (told := refused(other, empty_postgres_url))
        assert "is missing" in told
        with Served(other, database_url=empty_postgres_url, key_file=str(one / "server.key")):
            assert first.wire.get("/readyz").status == 200


def test_a_node_with_another_key_says_so(empty_postgres_url: str, postgres_url: str, tmp_path: Path) -> None:
    Served(tmp_path / "one", database_url=empty_postgres_url).start().stop()
    Served(tmp_path / "foreign", database_url=postgres_url).start().stop()
    with pytest.raises(AssertionError, match=r"server\.key: The key file lacks server key .*use the key file that"):
        Served(tmp_path / "foreign", database_url=empty_postgres_url).begin()


def test_nodes_that_start_at_the_same_moment_on_nothing_make_one_instance(
    postgres: Cluster, empty_postgres_url: str, tmp_path: Path
) -> None:
    """They share a key file, which one of them makes."""
    key_file = str(tmp_path / "server.key")
    nodes = [Served(tmp_path / f"node-{each}", database_url=empty_postgres_url, key_file=key_file) for each in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for node in pool.map(Served.start, nodes):
            assert node.wire.get("/readyz").status == 200
    for node in nodes:
        node.stop()
    counts = "SELECT (SELECT count(*) FROM instances), (SELECT count(*) FROM server_keys), (SELECT count(*) FROM audit_events)"
    assert postgres.execute(counts, named(empty_postgres_url)) == [(1, 1, 1)]


def test_one_role_for_everything_is_told(empty_postgres_url: str, tmp_path: Path) -> None:
    with Served(tmp_path / "data", database_url=empty_postgres_url) as served:
        assert "the server's role may change and delete what is in the audit log" in served.log.read_text()


def test_a_password_is_in_no_line_of_a_server(guarded: str, postgres: Cluster, tmp_path: Path) -> None:
    postgres.execute("GRANT ALL ON SCHEMA public TO guarded", named(guarded))
    url = guarded.replace("guarded@", f"guarded:{PASSWORD}@")
    with Served(tmp_path / "data", database_url=url) as served:
        assert "data in the PostgreSQL database" in served.greeting()
        assert PASSWORD not in served.greeting() + served.log.read_text()

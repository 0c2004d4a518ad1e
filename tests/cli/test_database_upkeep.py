"""`admincenter database status|migrate|grants|move`, as an operator types them, on a data directory and on PostgreSQL."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from admincenter.store import engines
from admincenter.store.postgres import connector, rights
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.postgres.limits import PATIENT
from admincenter.store.sql import Lock
from tests.cli.shell import Shell
from tests.cli.test_database_commands import EVERY_DOOR
from tests.postgres_cluster import Cluster
from tests.serving import until
from tests.settable_clock import SettableClock

VARIABLE = "ADMINCENTER_DATABASE_URL"


def database_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def as_role(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@")


@pytest.fixture
def roles(postgres: Cluster) -> None:
    """One that owns nothing and may nothing."""
    postgres.execute("DO $$ BEGIN CREATE ROLE serving LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")


def test_the_status_of_a_data_directory(shell: Shell) -> None:
    """For programs every value; for people the same."""
    found = shell.json("database", "status")
    assert found["engine"].startswith("SQLite ")
    assert (found["schema"], found["missing"], found["state"]) == (found["known"], [], "in service")
    assert len(found["identity"]) == 32
    assert found["identity"] in shell.ok("database", "status").out
    assert "There is no database in" in shell.refused("database", "status", "--data", "nowhere", code=2)


def test_the_state_is_told_also_where_nothing_may_be_served(shell: Shell, tmp_path: Path) -> None:
    """A backup's copy, for one."""
    shell.ok("database", "backup", str(tmp_path / "copy.db"))
    (shell.data / "admincenter.db").write_bytes((tmp_path / "copy.db").read_bytes())
    assert shell.json("database", "status")["state"] == "a backup's copy"


def test_a_data_directory_is_brought_up_too(shell: Shell) -> None:
    """There is nothing to do, as whoever opened it has done it; an empty file is a loss."""
    assert "nothing was to do" in shell.ok("database", "migrate").out
    (shell.data / "admincenter.db").write_bytes(b"")
    assert "the database was lost" in shell.refused("database", "migrate", code=2)
    assert shell.json("database", "status")["state"] == "empty"


def test_an_empty_postgresql_is_brought_up_once(shell: Shell, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the option or the variable; what was applied is named, and a second time nothing is."""
    before = shell.json("database", "status", "--database-url", empty_postgres_url)
    assert (before["state"], before["schema"], before["missing"]) == ("empty", 0, ["start", "accounts"])
    assert before["may_migrate"]
    monkeypatch.setenv(VARIABLE, empty_postgres_url)
    assert "; applied: start, accounts" in shell.ok("database", "migrate").out
    assert shell.json("database", "migrate")["applied"] == []
    after = shell.json("database", "status")
    assert (after["state"], after["missing"], after["may_delete_audit_rows"]) == ("without data", [], True)
    assert after["engine"].startswith("PostgreSQL ")


def test_the_rights_of_the_server_are_printed_then_given(
    shell: Shell, roles: None, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Printed alone they change nothing; given, the role can serve, and neither migrate nor delete what is in the log."""
    monkeypatch.setenv(VARIABLE, postgres_url)
    printed = shell.ok("database", "grants", "serving").out
    assert f'GRANT CONNECT ON DATABASE "{database_of(postgres_url)}" TO "serving";\n' in printed
    assert 'GRANT SELECT, INSERT ON "public".audit_events TO "serving";\n' in printed
    assert (
        shell.ok("database", "grants", "serving", "--apply").out == "Role serving has the rights of the server, and no more\n"
    )
    done = shell.json("database", "grants", "serving", "--apply")
    assert [f"{each};" for each in done["statements"]] == printed.splitlines()
    found = shell.json("database", "status", "--database-url", as_role(postgres_url, "serving"))
    assert (found["role"], found["may_migrate"], found["may_delete_audit_rows"]) == ("serving", False, False)


def test_rights_are_given_only_to_a_role_that_they_bind(shell: Shell, roles: None, postgres_url: str) -> None:
    """And only by one that may, to a database that has the tables."""
    url = ("--database-url", postgres_url)
    assert "There is no role nobody_known; make it first: CREATE ROLE" in shell.refused(
        "database", "grants", "nobody_known", *url, code=2
    )
    assert "no grant binds it" in shell.refused("database", "grants", "postgres", "--apply", *url, code=2)
    assert "A data directory has no roles" in shell.refused("database", "grants", "serving", code=2)


@pytest.mark.parametrize("owned", ["DATABASE {}", "SCHEMA public", "TABLE usage"])
def test_rights_are_not_given_to_an_owner_who_could_give_himself_more(
    shell: Shell, roles: None, postgres: Cluster, postgres_url: str, owned: str
) -> None:
    """Be it only because there was one role for everything at first. At each start such a role is warned of."""
    name = database_of(postgres_url)
    postgres.execute(f"ALTER {owned.format(name)} OWNER TO serving", name)
    refused = shell.refused("database", "grants", "serving", "--apply", "--database-url", postgres_url, code=2)
    assert "Role serving owns the database or something in it" in refused
    serving = PostgresDatabase(Connector(as_role(postgres_url, "serving")), SettableClock())
    assert rights.may_change_the_log(serving)
    serving.close()
    postgres.execute(f"ALTER {owned.format(name)} OWNER TO postgres", name)


def test_a_right_to_the_log_that_comes_from_another_role_is_found(
    shell: Shell, roles: None, postgres: Cluster, postgres_url: str
) -> None:
    """Nothing was given then."""
    name = database_of(postgres_url)
    postgres.execute("DO $$ BEGIN CREATE ROLE gardeners; EXCEPTION WHEN duplicate_object THEN END $$")
    postgres.execute("GRANT TRUNCATE ON audit_events TO gardeners", name)
    postgres.execute("GRANT gardeners TO serving")
    refused = shell.refused("database", "grants", "serving", "--apply", "--database-url", postgres_url, code=2)
    postgres.execute("REVOKE gardeners FROM serving")
    assert "from another role that it is a member of" in refused
    assert postgres.execute("SELECT has_table_privilege('serving', 'audit_events', 'INSERT')", name) == [(False,)]


def test_rights_are_not_given_by_a_role_without_them(shell: Shell, roles: None, postgres: Cluster, postgres_url: str) -> None:
    """Nor is half of them."""
    postgres.execute("DO $$ BEGIN CREATE ROLE other LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    name = database_of(postgres_url)
    postgres.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO other", name)
    refusal = shell.refused(
        "database", "grants", "serving", "--apply", "--database-url", as_role(postgres_url, "other"), code=2
    )
    assert "lacks a right" in refusal or "does not own" in refusal
    assert postgres.execute("SELECT has_table_privilege('serving', 'audit_events', 'INSERT')", name) == [(False,)]


def test_a_second_migrator_waits_and_then_says_what_for(
    shell: Shell, postgres: Cluster, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One at a time; here with less patience than there is."""
    monkeypatch.setattr(engines, "PATIENT", PATIENT._replace(lock_ms=100))
    with postgres.connected(database_of(empty_postgres_url)) as rival:
        rival.execute("SELECT pg_advisory_lock(%s)", [int(Lock.SCHEMA)])
        refusal = shell.refused("database", "migrate", "--database-url", empty_postgres_url, code=2)
    assert "did not do it: canceling statement due to lock timeout. Nothing is half done" in refusal
    assert "; applied: start" in shell.ok("database", "migrate", "--database-url", empty_postgres_url).out


def test_rights_need_the_tables(shell: Shell, roles: None, empty_postgres_url: str) -> None:
    assert "run `admincenter database migrate` first" in shell.refused(
        "database", "grants", "serving", "--database-url", empty_postgres_url, code=2
    )


def test_a_role_that_may_not_migrate_is_told_so(shell: Shell, roles: None, postgres: Cluster, empty_postgres_url: str) -> None:
    """In one line, and nothing is there afterwards."""
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database_of(empty_postgres_url))
    url = as_role(empty_postgres_url, "serving")
    assert not shell.json("database", "status", "--database-url", url)["may_migrate"]
    assert "lacks a right" in shell.refused("database", "migrate", "--database-url", url, code=2)
    assert "lacks a right" in shell.refused("database", "move", "--from", "sqlite:data", "--to", url, code=2)
    assert shell.json("database", "status", "--database-url", url)["state"] == "empty"


COMMANDS = {
    "status": ("status", "--database-url"),
    "migrate": ("migrate", "--database-url"),
    "grants": ("grants", "serving", "--database-url"),
    "move": ("move", "--from", "sqlite:data", "--to"),
    "move back": ("move", "--back", "--from", "sqlite:data", "--to"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://hidden@host/database", "must begin with postgresql://|must be postgresql://"),
        ("postgresql://u:hidden@[::1/database", "cannot be read|database-url is wrong"),
        ("postgresql://u:hidden@/postgres?colour=red", "cannot be read"),
        ("postgresql://u:hidden@127.0.0.1:1/postgres", "cannot be used: .*refused"),
        ("postgresql://postgres:hidden@/no_such_database?host={directory}", "cannot be used: .*does not exist"),
        ("postgresql://nobody_known:hidden@/postgres?host={directory}", "cannot be used: .*does not exist"),
    ],
    ids=["another scheme", "half a URL", "unknown option", "closed port", "unknown database", "unknown role"],
)
def test_a_url_that_leads_nowhere_is_one_line_without_its_password(
    shell: Shell, postgres: Cluster, command: tuple[str, ...], url: str, says: str
) -> None:
    """And exit code 2."""
    refusal = shell.refused("database", *command, url.format(directory=postgres.directory), code=2)
    assert re.search(says, refusal), refusal
    assert "hidden" not in refusal
    assert shell.json("database", "status")["state"] == "in service"


@pytest.fixture
def guarded(postgres: Cluster, postgres_url: str) -> Iterator[str]:
    """A role whose password the server asks for; the URL with a wrong one."""
    rules = postgres.directory / "data" / "pg_hba.conf"
    before = rules.read_text()
    postgres.execute("DO $$ BEGIN CREATE ROLE asked_for_it LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN END $$")
    rules.write_text("local all asked_for_it scram-sha-256\n" + before)
    _reload(postgres, True)
    yield as_role(postgres_url, "asked_for_it:wrong")
    rules.write_text(before)
    _reload(postgres, False)


def _reload(postgres: Cluster, with_rule: bool) -> None:
    postgres.execute("SELECT pg_reload_conf()")
    asked = "SELECT count(*) FROM pg_hba_file_rules WHERE 'asked_for_it' = ANY(user_name)"
    until(lambda: postgres.execute(asked) == [(int(with_rule),)], "the rules")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_a_wrong_password_is_one_line(shell: Shell, guarded: str, command: tuple[str, ...]) -> None:
    """It says what the server says."""
    until(lambda: "password" in shell("database", *command, guarded).err, "a server that asks")
    refusal = shell.refused("database", *command, guarded, code=2)
    assert "password authentication failed" in refusal


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_a_server_that_is_too_old_is_one_line(
    shell: Shell, postgres_url: str, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from a program that wants a later one than there is."""
    monkeypatch.setattr(connector, "OLDEST", 99)
    assert "it must be 99 or later" in shell.refused("database", *command, postgres_url, code=2)


@pytest.mark.parametrize("command", [each for name, each in COMMANDS.items() if name != "move back"], ids=lambda each: each[0])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP TABLE database_facts", "belongs to another program"),
        ("INSERT INTO schema_migrations VALUES (9000, 'of_the_future', 1)", "schema 9000, made by a newer version"),
    ],
    ids=["another program's", "newer"],
)
def test_a_database_that_is_not_ours_or_newer_is_one_line_and_stays_as_it_is(
    shell: Shell, postgres: Cluster, postgres_url: str, command: tuple[str, ...], change: str, says: str
) -> None:
    name, asked = database_of(postgres_url), "SELECT relname, relacl FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    postgres.execute(change, name)
    before = postgres.execute(asked, name)
    assert says in shell.refused("database", *command, postgres_url, code=2)
    assert postgres.execute(asked, name) == before
    assert shell.json("database", "status")["state"] == "in service"


def test_a_move_says_how_much_it_moved_and_every_door_of_the_old_directory_says_where_to(
    shell: Shell, made: dict[str, Any], empty_postgres_url: str
) -> None:
    """The same typed again is no error; and so is taking it back, once."""
    move = ("database", "move", "--from", "sqlite:data", "--to", empty_postgres_url)
    assert "rows are in the PostgreSQL database" in shell.ok(*move).out
    assert "was moved to the PostgreSQL database" in shell.ok(*move).out
    assert shell.json(*move)["rows"] == 0
    for command in EVERY_DOOR:
        refusal = shell.refused(*command, code=2)
        assert f"was moved to PostgreSQL: the data is in the PostgreSQL database {database_of(empty_postgres_url)}" in refusal
    assert shell.json("database", "status")["state"].startswith("moved to PostgreSQL database")
    assert shell.json("database", "status", "--database-url", empty_postgres_url)["state"] == "in service"
    assert "is in service again" in shell.ok(*move, "--back").out
    assert shell.mint(made).generation == 1
    assert "a move into it" in shell.json("database", "status", "--database-url", empty_postgres_url)["state"]


@pytest.mark.parametrize("source", ["data", "sqlite:", "postgresql://host/database"])
def test_only_a_data_directory_can_be_moved(shell: Shell, source: str) -> None:
    refusal = shell.refused("database", "move", "--from", source, "--to", "postgresql://host/database", code=2)
    assert "it must be sqlite: and a data directory, as in sqlite:./data" in refusal

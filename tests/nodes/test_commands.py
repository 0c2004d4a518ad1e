"""The commands on the whole database, where that is PostgreSQL: what applies works, the rest names what to use instead."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admincenter.store.opening import Store
from admincenter.store.postgres.clock import DatabaseClock
from tests.graph import assert_graph_error
from tests.serving import Served
from tests.tenant import Tenant, counted
from tests.wire import HANG

Type = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def served(empty_postgres_url: str, tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "data", database_url=empty_postgres_url) as running:
        yield running


@pytest.fixture
def types(served: Served) -> Type:
    """A person at a shell beside the server."""

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        typed = [sys.executable, "-m", "admincenter", *words, *served.place]
        return subprocess.run(typed, capture_output=True, text=True, timeout=HANG, check=False)

    return command


def test_check_looks_at_what_the_data_say(served: Served, types: Type) -> None:
    tenant = Tenant(served.store)
    assert types("database", "check").stdout == "The database is sound\n"
    tenant.damage("access = ?", b"\0")
    checked = types("database", "check")
    assert checked.returncode == 1
    assert f"The compiled access of integration {tenant.app_id} is not what" in checked.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [(("backup", "copy.db"), "`pg_dump`"), (("restore", "copy.db"), "`admincenter database restored`")],
    ids=["backup", "restore"],
)
def test_what_postgresql_does_itself_is_named_in_one_line(types: Type, words: tuple[str, str], says: str) -> None:
    told = types("database", *words)
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert says in told.stderr


def test_after_a_restore_by_other_means_nothing_is_revived(served: Served, types: Type) -> None:
    tenant = Tenant(served.store)
    token = served.wire.token(tenant.credential).json["access_token"]
    asked = types("database", "restored")
    assert (asked.returncode, "Confirm with --yes" in asked.stderr) == (1, True)
    assert served.wire.get("/me", token).status == 200
    done = types("database", "restored", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"admincenter integration reset-secret {tenant.app_id} --instance {tenant.instance}" in done.stdout
    assert_graph_error(served.wire.get("/me", token), 400, 190, 467)
    assert_graph_error(served.wire.token(tenant.credential), 400, 190, says="signature")
    assert tenant.facts.generation == 1_000_001
    assert tenant.facts.sealed is None
    assert counted(tenant.log())["instance.restored"] == 1


def test_on_sqlite_a_restore_is_a_command_of_ours(tmp_path: Path) -> None:
    Served(tmp_path / "data").start().stop()
    typed = [sys.executable, "-m", "admincenter", "database", "restored", "--yes", "--data", str(tmp_path / "data")]
    told = subprocess.run(typed, capture_output=True, text=True, timeout=HANG, check=False)
    assert (told.returncode, "`admincenter database restore FILE`" in told.stderr) == (2, True)


@pytest.mark.parametrize(("off", "how"), [(-9, "9 s behind"), (7, "7 s ahead of")])
def test_a_machine_whose_clock_is_off_says_so(empty_postgres_url: str, tmp_path: Path, off: int, how: str) -> None:
    """The database's clock is the one that counts."""
    clock = DatabaseClock(0, lambda: time.time_ns() + off * 10**9)
    store = Store(tmp_path / "data", create=True, clock=clock, database_url=empty_postgres_url)
    assert [each for each in store.warnings() if f"this machine's clock is {how} the database's" in each]
    assert abs(store.clock() - time.time_ns() // 1000) < 2_000_000
    store.close()


def test_no_link_to_the_database_crosses_a_fork(served: Served) -> None:
    """The parent holds the socket that it listens on, and nothing that a worker could garble."""
    links = [each.readlink().name for each in Path(f"/proc/{served.process.pid}/fd").iterdir()]
    assert len([each for each in links if each.startswith("socket:")]) == 1

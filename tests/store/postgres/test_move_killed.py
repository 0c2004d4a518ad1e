"""kill -9 at each step of a move: it is typed again, and everything is as if nothing had happened."""

import signal
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

from admincenter.core.errors import StartRefused
from admincenter.store import facts
from admincenter.store.opening import Store
from tests.postgres_cluster import Cluster
from tests.store.postgres.conftest import ConnectTo
from tests.store.postgres.estate import Estate
from tests.store.postgres.halting import Halt
from tests.store.postgres.test_move import as_moved
from tests.wire import HANG

NEVER = 10**9


def _move(estate: Estate, url: str) -> "subprocess.Popen[bytes]":
    move = ["database", "move", "--from", f"sqlite:{estate.data}", "--to", url]
    return subprocess.Popen([sys.executable, "-m", "admincenter", *move], stdout=subprocess.DEVNULL)


def _killed_at(cluster: Cluster, estate: Estate, url: str, at: int, stored: bool) -> int:
    """Moves through a proxy and kills the mover at a commit; how many there were."""
    socket = tempfile.TemporaryDirectory(prefix="admincenter-halt-")
    with socket as name, closing(Halt(cluster, Path(name), at, stored)) as halt:
        process = _move(estate, f"{url.partition('?')[0]}?host={name}")
        while not halt.halted.wait(0.02) and process.poll() is None:
            pass
        process.kill()
        assert process.wait(HANG) == (-signal.SIGKILL if halt.halted.is_set() else 0)
        return halt.commits


def _serves(data: Path) -> bool:
    with suppress(StartRefused):
        Store(data).close()
        return True
    return False


@pytest.mark.slow
def test_a_move_killed_at_any_commit_is_finished_by_the_next_one(
    tmp_path: Path, postgres: Cluster, connect_to: ConnectTo
) -> None:
    """Before the commit reached the server, and after. At no moment are both in service, and after the second run one is."""
    whole = postgres.new_database()
    steps = _killed_at(postgres, Estate(tmp_path / "whole"), postgres.url(whole), NEVER, stored=False)
    assert steps > 12
    for number in range(1, steps + 1):
        estate, name = Estate(tmp_path / f"killed at {number}"), postgres.new_database()
        before = estate.rows()
        _killed_at(postgres, estate, postgres.url(name), number, stored=bool(number % 2))
        if number == steps - 1:
            _killed_at(postgres, estate, postgres.url(name), 1, stored=False)
        database = connect_to(postgres.url(name))
        old = _serves(estate.data)
        new = bool(database.tables()) and facts.get(database.sql, facts.IDENTITY) is not None
        assert not (old and new and facts.get(database.sql, facts.MOVING) is None), number
        assert _move(estate, postgres.url(name)).wait(HANG) == 0, number
        assert not _serves(estate.data), number
        facts.refuse_out_of_service(database.sql, "there")
        assert as_moved(estate, database) == before, number
        database.close()
        postgres.drop(name)
    postgres.drop(whole)


@pytest.mark.slow
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
def test_a_move_killed_at_its_last_commit_leaves_the_new_database_or_none_in_service(
    tmp_path: Path, postgres: Cluster, empty_postgres_url: str, connect_to: ConnectTo, stored: bool
) -> None:
    """The old one is marked already."""
    steps = _killed_at(postgres, Estate(tmp_path / "whole"), postgres.url(postgres.new_database()), NEVER, stored=False)
    estate = Estate(tmp_path / "data")
    _killed_at(postgres, estate, empty_postgres_url, steps, stored)
    with pytest.raises(StartRefused, match="was moved to PostgreSQL"):
        Store(estate.data)
    database = connect_to(empty_postgres_url)
    assert (facts.get(database.sql, facts.MOVING) is None) is stored
    assert _move(estate, empty_postgres_url).wait(HANG) == 0
    facts.refuse_out_of_service(database.sql, "there")

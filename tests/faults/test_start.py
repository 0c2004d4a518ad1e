"""What must not be served is refused with one clear line, and nothing is made in its place (F07)."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from admincenter.core.errors import StartRefused
from admincenter.store.directory import DATABASE, LOCK
from admincenter.store.opening import Store
from tests.faults.standing import Standing, look, raise_up

_PROGRAM = Path(__file__).with_name("opening.py")
_AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""Root may write what is read-only; without these two capabilities even root may not."""


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _lost(data: Path) -> None:
    (data / DATABASE).unlink()


def _lost_but_for_its_log(data: Path) -> None:
    (data / DATABASE).rename(data / f"{DATABASE}-wal")
    (data / "server.key").unlink()


def _empty(data: Path) -> None:
    (data / DATABASE).write_bytes(b"")


def _a_text(data: Path) -> None:
    (data / DATABASE).write_text("Shopping list: milk, bread, 4096 eggs\n" * 50)


def _without_tables(data: Path) -> None:
    _lost(data)
    _sql(data / DATABASE, "CREATE TABLE gone (x)", "DROP TABLE gone")


def _anothers(data: Path) -> None:
    _lost(data)
    _sql(data / DATABASE, "CREATE TABLE recipes (title TEXT)", "INSERT INTO recipes VALUES ('Grød')")


def _anothers_with_migrations(data: Path) -> None:
    _anothers(data)
    _sql(data / DATABASE, "CREATE TABLE schema_migrations (version INTEGER, dirty INTEGER)")


def _newer(data: Path) -> None:
    _sql(data / DATABASE, "INSERT INTO schema_migrations VALUES (9000, 'from_the_future', 0)")


def _without_key(data: Path) -> None:
    (data / "server.key").unlink()


def _with_anothers_key(data: Path) -> None:
    other = raise_up(data.with_name("another"))
    shutil.copy(other.data / "server.key", data / "server.key")


def _with_an_open_key(data: Path) -> None:
    (data / "server.key").chmod(0o644)


def _with_a_torn_key(data: Path) -> None:
    text = (data / "server.key").read_text()
    (data / "server.key").write_text(text[: len(text) // 2])


def _of_another_user(data: Path) -> None:
    if os.geteuid() == 0:
        os.chown(data / DATABASE, 65534, 65534)
    else:
        _lost(data)
        (data / DATABASE).symlink_to("/etc/passwd")


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "the database is lost": (_lost, "is missing, but server.key is there"),
    "only a log is left": (_lost_but_for_its_log, "is missing, but admincenter.db-wal is there"),
    "an empty file": (_empty, "is empty"),
    "a text file": (_a_text, "is damaged"),
    "a database without tables": (_without_tables, "is empty"),
    "another program's database": (_anothers, "belongs to another program"),
    "another program's, with migrations": (_anothers_with_migrations, "belongs to another program"),
    "a newer schema": (_newer, "made by a newer version"),
    "no key file": (_without_key, "is missing; take it from its backup"),
    "another server's key file": (_with_anothers_key, "use the key file that belongs to it"),
    "a key file that others can read": (_with_an_open_key, "chmod 600"),
    "half a key file": (_with_a_torn_key, "take it from its backup"),
    "another user's database": (_of_another_user, "run this as that user"),
}


def _files(data: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in data.iterdir() if each.name != LOCK}


@pytest.mark.parametrize("create", [False, True], ids=["a command", "serve"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_served_is_refused_in_one_line_and_left_alone(standing: Standing, name: str, create: bool) -> None:
    """No fresh database beside an old one, and not a byte of what is there changed."""
    harm, line = REFUSED[name]
    harm(standing.data)
    before = _files(standing.data)
    with pytest.raises(StartRefused, match=line) as refused:
        Store(standing.data, create=create)
    assert "\n" not in str(refused.value)
    assert _files(standing.data) == before


def test_a_refused_start_gives_the_directory_free(standing: Standing) -> None:
    """What was wrong is put right, and the next start works, also in the same process."""
    text = (standing.data / DATABASE).read_bytes()
    _empty(standing.data)
    for _ in range(3):
        with pytest.raises(StartRefused):
            Store(standing.data)
    (standing.data / DATABASE).write_bytes(text)
    assert look(standing).facts.app_id == standing.app_id


def test_a_command_makes_no_data_directory(tmp_path: Path) -> None:
    """A mistyped path stays a mistyped path."""
    with pytest.raises(StartRefused, match="There is no database in"):
        Store(tmp_path / "dtaa")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    """One line, not a traceback."""
    (tmp_path / "data").write_text("notes")
    for create in (False, True):
        with pytest.raises(StartRefused):
            Store(tmp_path / "data", create=create)
    assert (tmp_path / "data").read_text() == "notes"


def test_a_database_that_was_stopped_cleanly_needs_no_log(standing: Standing) -> None:
    """The log and its index are taken away at a clean stop; the database alone is whole."""
    assert sorted(_files(standing.data)) == [DATABASE, "server.key"]
    assert look(standing).facts.app_id == standing.app_id


def test_after_a_kill_the_index_of_the_log_may_be_missing(standing: Standing, tmp_path: Path) -> None:
    """It is made again from the log, which holds what was acknowledged."""
    store = Store(standing.data)
    with store.connected() as keeps_the_log:
        keeps_the_log.tx.instances.all()
        store.write(lambda tx: _renamed(tx))
        shutil.copytree(standing.data, tmp_path / "killed")
    store.close()
    (tmp_path / "killed" / f"{DATABASE}-shm").unlink()
    assert (tmp_path / "killed" / f"{DATABASE}-wal").stat().st_size > 0
    assert len(look(standing._replace(data=tmp_path / "killed")).of_kind("instance.renamed")) == 1


def _renamed(tx: Any) -> Any:
    from admincenter.core.audit import SYSTEM
    from admincenter.core.instances import choose, rename

    return rename(tx, choose(tx, None).instance, "Renamed", SYSTEM)


def _start(data: Path) -> dict[str, Any]:
    command = [*_AS_ANYBODY, sys.executable, str(_PROGRAM), str(data)]
    ended = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.needs("setpriv")
@pytest.mark.parametrize("read_only", ["the database", "the directory", "the directory and all in it", "an empty directory"])
def test_what_cannot_be_written_is_refused(standing: Standing, tmp_path: Path, read_only: str) -> None:
    """The engine would open a read-only file without a word, and fail at the first token request."""
    data = tmp_path / "empty" if read_only == "an empty directory" else standing.data
    data.mkdir(exist_ok=True)
    assert "instances" in _start(standing.data)
    if read_only in ("the database", "the directory and all in it"):
        (data / DATABASE).chmod(0o400)
    if read_only != "the database":
        data.chmod(0o500)
    before = _files(data)
    found = _start(data)
    data.chmod(0o700)
    assert "\n" not in found["refused"]
    assert "cannot be" in found["refused"]
    assert _files(data) == before


@pytest.mark.needs("setpriv")
def test_a_directory_that_cannot_be_looked_into_is_refused(standing: Standing) -> None:
    """Not mistaken for an empty one."""
    standing.data.chmod(0o000)
    found = _start(standing.data)
    standing.data.chmod(0o700)
    assert "Permission denied" in found["refused"]


def test_of_many_first_starts_at_once_one_makes_the_database(tmp_path: Path) -> None:
    """The others find it made, or are told that the directory is in use; nobody makes a second one."""
    command = [sys.executable, str(_PROGRAM), str(tmp_path / "data")]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(5)]
    outcomes = [json.loads(each.stdout.readline()) for each in processes if each.stdout]
    for each in processes:
        each.communicate()
    found = [tuple(each["instances"]) for each in outcomes if "instances" in each]
    assert len(set(found)) == 1
    assert len(found[0]) == 1
    assert all("is in use" in each["refused"] for each in outcomes if "refused" in each)
    store = Store(tmp_path / "data")
    assert tuple(each.instance for each in store.read(lambda tx: tx.instances.all())) == found[0]
    store.close()

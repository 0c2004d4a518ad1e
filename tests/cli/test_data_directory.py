"""Data that cannot be worked on: one clear line, exit code 2, nothing touched."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Shell


def test_a_missing_data_directory_is_never_made_by_a_command(shell: Shell, tmp_path: Path) -> None:
    """The line says what makes one."""
    said = shell.refused("instance", "list", "--data", str(tmp_path / "elsewhere"), code=2)
    assert "admincenter serve --data" in said
    assert not (tmp_path / "elsewhere").exists()


def test_the_option_beats_the_variable_and_the_variable_beats_the_default(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """./data is the default; each of the three is used in turn."""
    shell.ok("instance", "create", "In the default place")
    shutil.copytree(shell.data, tmp_path / "by variable")
    shutil.copytree(shell.data, tmp_path / "by option")
    monkeypatch.setenv("ADMINCENTER_DATA", str(tmp_path / "by variable"))
    shell.ok("instance", "create", "By variable")
    shell.ok("instance", "create", "By option", "--data", str(tmp_path / "by option"))
    names = {
        place: [row["name"] for row in shell.json("instance", "list", "--data", place)][1:]
        for place in ("data", "by variable", "by option")
    }
    assert names == {
        "data": ["In the default place"],
        "by variable": ["In the default place", "By variable"],
        "by option": ["In the default place", "By option"],
    }


def give_away(database: Path) -> int:
    """Makes the database somebody else's: root hands it over, anybody else puts a link to a file of root's in its place."""
    if os.geteuid() == 0:
        os.chown(database, 12_345, 12_345)
    else:
        database.unlink()
        database.symlink_to("/etc/passwd")
    return database.stat().st_uid


def test_the_database_of_another_user_is_refused(shell: Shell, made: dict[str, Any]) -> None:
    """Even to root: what it wrote, the owner's server could no longer write. Reading is refused too."""
    database = shell.data / "admincenter.db"
    owner = give_away(database)
    before = database.read_bytes()
    for command in (("instance", "list"), ("integration", "disable", made["app_id"]), ("instance", "revoke-all-tokens")):
        said = shell.refused(*command, code=2)
        assert f"belongs to user {'root' if owner == 0 else owner}" in said
    assert database.read_bytes() == before


def test_a_key_file_elsewhere_is_honoured(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ADMINCENTER_KEY_FILE names it; without it the commands find none."""
    (shell.data / "server.key").rename(tmp_path / "elsewhere.key")
    assert "key file" in shell.refused("instance", "list", code=2)
    monkeypatch.setenv("ADMINCENTER_KEY_FILE", str(tmp_path / "elsewhere.key"))
    assert shell.create()["app_id"] == shell.json("integration", "list")[0]["app_id"]
    assert not (shell.data / "server.key").exists()


def test_a_key_file_that_others_can_read_is_refused(shell: Shell) -> None:
    """The line holds the command that mends it."""
    (shell.data / "server.key").chmod(0o644)
    assert "chmod 600" in shell.refused("instance", "list", code=2)


def test_a_damaged_database_is_one_line(shell: Shell) -> None:
    """No traceback, and a way on."""
    (shell.data / "admincenter.db").write_bytes(b"this is no database, " * 1_000)
    assert "restore" in shell.refused("instance", "list", code=2)


def test_a_lost_database_is_not_replaced(shell: Shell) -> None:
    """The key file is still there: this is a loss, not a beginning."""
    (shell.data / "admincenter.db").unlink()
    assert "missing" in shell.refused("instance", "create", "New", code=2)
    assert not (shell.data / "admincenter.db").exists()


def test_a_data_directory_that_is_a_file_is_one_line(shell: Shell, tmp_path: Path) -> None:
    """Whatever the system says of it."""
    (tmp_path / "file").write_text("x")
    assert shell.refused("instance", "list", "--data", str(tmp_path / "file"), code=2)


def test_wrong_usage_exits_with_2_and_says_how_to_go_on(shell: Shell) -> None:
    """A misspelt command, a missing option, an option that does not exist."""
    for command, expected in (
        (("integraton", "list"), "integration"),
        (("integration", "create", "--name", "X"), "--purpose"),
        (("integration", "list", "--jsn"), "--json"),
        ((), "Usage: admincenter"),
    ):
        answer = shell(*command)
        assert answer.code == 2
        assert expected in answer.err
        assert "Traceback" not in answer.err


def test_an_argument_that_is_not_text_is_one_line(shell: Shell) -> None:
    """Bytes that are not UTF-8, as a shell hands them over."""
    assert "not UTF-8" in shell.refused("integration", "show", os.fsdecode(b"\xff"), code=2)

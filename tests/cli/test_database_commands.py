"""`admincenter database`: check, backup, restore, as an operator types them."""

from pathlib import Path
from typing import Any

import pytest

from admincenter.store.opening import Store
from tests.cli.shell import Shell
from tests.serving import Served


def _by_hand(data: Path, statement: str) -> None:
    store = Store(data)
    with store.connected() as database:
        database.sql.run(statement)
    store.close()


def test_check_says_that_all_is_well_or_what_is_not(shell: Shell, made: dict[str, Any]) -> None:
    assert shell.ok("database", "check").out == "The database is sound\n"
    assert shell.json("database", "check") == {"faults": []}
    _by_hand(shell.data, "UPDATE integrations SET access = x'00'")
    answer = shell("database", "check")
    assert (answer.code, made["app_id"] in answer.out) == (1, True)
    assert len(shell("database", "check", "--json").json["faults"]) == 1


def test_check_names_a_row_that_refers_to_nothing(shell: Shell, made: dict[str, Any]) -> None:
    _by_hand(
        shell.data,
        "PRAGMA foreign_keys=OFF; INSERT INTO granted_permissions VALUES ('1', '2', 'manage_accounts', 3)",
    )
    answer = shell("database", "check")
    assert answer.code == 1
    assert "of table granted_permissions refers to a row of integrations that does not exist" in answer.out


def test_check_names_a_damaged_page(shell: Shell, made: dict[str, Any]) -> None:
    store = Store(shell.data)
    with store.connected() as database:
        [[page]] = database.sql.all("SELECT rootpage FROM sqlite_master WHERE name = 'usage'")
    store.close()
    with (shell.data / "admincenter.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    answer = shell("database", "check")
    assert (answer.code, "The file is damaged" in answer.out) == (1, True)


def test_a_backup_is_restored_and_the_secret_that_was_reset_since_is_named_with_what_to_type(
    shell: Shell, made: dict[str, Any], tmp_path: Path
) -> None:
    copy = str(tmp_path / "copy.db")
    assert "back it up apart" in shell.ok("database", "backup", copy).out
    assert "no backup is ever overwritten" in shell.refused("database", "backup", copy, code=2)
    shell.ok("integration", "reset-secret", made["app_id"])
    answer = shell.ok("database", "restore", copy)
    assert "1 App Secrets are reset and known to nobody" in answer.out
    told = f"admincenter integration reset-secret {made['app_id']}"
    assert told in answer.out
    assert "The old database is kept as admincenter.db.replaced-" in answer.out
    fresh = shell.json(*told.split()[1:])
    assert shell.mint(made | {"app_secret": fresh["app_secret"]}).generation == 1_000_001
    assert shell.ok("database", "check").out == "The database is sound\n"
    assert shell("audit", "verify").code == 0


def test_a_restore_for_programs_says_everything_in_one_document(shell: Shell, made: dict[str, Any], tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.db")
    assert shell.json("database", "backup", copy) == {"file": copy}
    shell.ok("integration", "allow", made["app_id"], "198.51.100.7")
    done = shell.json("database", "restore", copy)
    assert done["compared"]
    assert done["instances"] == [
        {
            "instance": made["instance"],
            "secrets_reset": [],
            "access_changed": [made["app_id"]],
            "accounts_deactivated": [],
        }
    ]


def test_a_person_is_told_which_integrations_have_their_old_access_again_and_of_which_instance(
    shell: Shell, made: dict[str, Any], tmp_path: Path
) -> None:
    shell.ok("instance", "create", "Second")
    copy = str(tmp_path / "copy.db")
    shell.ok("database", "backup", copy)
    shell.ok("integration", "allow", made["app_id"], "198.51.100.7", "--instance", made["instance"])
    out = shell.ok("database", "restore", copy).out
    assert f"admincenter integration show {made['app_id']} --instance {made['instance']}" in out


def test_into_an_empty_directory_every_secret_is_reset(shell: Shell, made: dict[str, Any], tmp_path: Path) -> None:
    copy, there = str(tmp_path / "copy.db"), tmp_path / "there"
    shell.ok("database", "backup", copy)
    assert "is missing; take it from its backup" in shell.refused("database", "restore", copy, "--data", str(there), code=2)
    there.mkdir()
    (there / "server.key").write_bytes((shell.data / "server.key").read_bytes())
    (there / "server.key").chmod(0o600)
    out = shell.ok("database", "restore", copy, "--data", str(there)).out
    assert "No database was there that knows which secrets were reset since" in out
    assert made["app_id"] in out
    assert "kept as" not in out


EVERY_DOOR = [
    ("instance", "list"),
    ("instance", "create", "Another"),
    ("integration", "list"),
    ("integration", "create", "--purpose", "security", "--name", "x", "--allow-ip", "192.0.2.1"),
    ("audit", "list"),
    ("audit", "tail"),
    ("audit", "export"),
    ("audit", "verify"),
    ("audit", "retain", "--days", "1"),
    ("key", "status"),
    ("key", "add"),
    ("database", "check"),
    ("database", "backup", "another.db"),
    ("serve", "--port", "0"),
]


@pytest.mark.parametrize("command", EVERY_DOOR, ids=" ".join)
def test_a_backups_copy_that_was_put_in_place_by_hand_is_refused_at_every_door(
    shell: Shell, made: dict[str, Any], tmp_path: Path, command: tuple[str, ...]
) -> None:
    shell.ok("database", "backup", str(tmp_path / "copy.db"))
    (shell.data / "admincenter.db").write_bytes((tmp_path / "copy.db").read_bytes())
    before = (shell.data / "admincenter.db").read_bytes()
    refusal = shell.refused(*command, code=2)
    assert "is a backup's copy; put it in service with `admincenter database restore`" in refusal
    assert (shell.data / "admincenter.db").read_bytes() == before


def test_while_a_server_runs_it_is_backed_up_but_not_restored(shell: Shell, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.db")
    with Served(shell.data):
        shell.ok("database", "backup", copy)
        assert "is in use: stop the server" in shell.refused("database", "restore", copy, code=2)
    shell.ok("database", "restore", copy)

"""`admincenter key`: the life of a server key as an operator types it."""

import os
from pathlib import Path
from typing import Any

import pytest

from admincenter.core import checkpoints, keys
from admincenter.store import keyfile
from tests.cli.shell import Shell, opened

pytestmark = pytest.mark.usefixtures("on_each_engine")


def settled(data: Path) -> None:
    """As if ten seconds had passed since the last key was added."""
    store = opened(data)
    with store.connected() as database:
        database.sql.run("UPDATE server_keys SET added_at = added_at - 11000000")
    store.close()


def test_a_key_is_added_promoted_and_retired_once_every_secret_has_moved(
    shell: Shell, made: dict[str, Any], data: Path
) -> None:
    [old] = shell.json("key", "status")["keys"]
    assert (old["state"], old["secrets"]) == ("primary", 1)
    new = shell.json("key", "add")["key_id"]
    assert shell.refused("key", "promote", new).startswith("Wait ")
    settled(data)
    shell.ok("key", "promote", new)
    assert {each["key_id"]: (each["state"], each["secrets"]) for each in shell.json("key", "status")["keys"]} == {
        old["key_id"]: ("standby", 1),
        new: ("primary", 0),
    }
    refusal = shell.refused("key", "retire", old["key_id"])
    assert made["app_id"] in refusal
    shell.mint(made)
    shell.ok("key", "retire", old["key_id"])
    [only] = shell.json("key", "status")["keys"]
    assert (only["key_id"], only["state"], only["secrets"]) == (new, "primary", 1)
    shell.mint(made)
    kinds = [each["extra_data"]["kind"] for each in shell.events(made["instance"])]
    assert [kind for kind in kinds if kind.startswith("key.")] == ["key.added", "key.promoted", "key.retired"]


def test_the_primary_key_and_a_key_that_is_none_cannot_be_retired(shell: Shell) -> None:
    [only] = shell.json("key", "status")["keys"]
    assert "promote another one first" in shell.refused("key", "retire", only["key_id"])
    assert "There is no live key 'x'" in shell.refused("key", "retire", "x")
    assert "There is no live key 'x'" in shell.refused("key", "promote", "x")


def test_the_public_key_alone_goes_into_a_file(shell: Shell, data: Path) -> None:
    printed = shell.ok("key", "status", "--public-key").out
    assert printed == checkpoints.public_key(keyfile.load(data / "server.key").seed) + "\n"
    assert printed.strip() == shell.json("key", "status")["checkpoint_public_key"]
    assert printed.strip() in shell.ok("key", "status").out


def test_no_command_prints_a_key_itself(shell: Shell, data: Path) -> None:
    outputs = [shell.ok("key", "add"), shell.ok("key", "status"), shell.ok("key", "status", "--json")]
    secret = [line.split()[-1] for line in (data / "server.key").read_text().splitlines() if not line.startswith("#")]
    assert len(secret) == 3
    assert not [each for each in secret for answer in outputs if each in answer.out + answer.err]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.chmod(0o644), "can be read by others; type: chmod 600"),
        (lambda path: path.unlink(), "is missing; take it from its backup"),
        (lambda path: path.write_text(path.read_text().replace("digest ", "digest 0")), "The key file is damaged"),
        (lambda path: path.write_text("# nothing\n"), "The key file is incomplete"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda path: keyfile.save(path, keys.new_file(os.urandom)), "The key file lacks server key"),
    ],
    ids=["others can read it", "missing", "wrong fingerprint", "no key", "not text", "another server's"],
)
def test_a_key_file_that_cannot_be_trusted_is_refused_in_one_line(shell: Shell, data: Path, spoil: Any, said: str) -> None:
    spoil(data / "server.key")
    assert said in shell.refused("key", "status", code=2)
    assert said in shell.refused("instance", "list", code=2)

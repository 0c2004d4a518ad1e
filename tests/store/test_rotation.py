"""Server keys coming and going in file and database: whatever breaks off in between, the database opens."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from admincenter.core import integrations, keys, tokens
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import KeyRefused, StartRefused
from admincenter.core.keys import SETTLE
from admincenter.core.ports import Change
from admincenter.store import keyfile
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock
from tests.store.bearer import bought, refusal_of
from tests.tenant import Tenant

COMMAND = str(Path(sys.executable).with_name("admincenter"))


def in_file(store: Store) -> list[str]:
    return [each.key_id for each in keyfile.load(store.key_path).digest_keys]


def in_database(store: Store) -> dict[str, int]:
    return {row.key_id: row.is_primary for row in store.read(lambda tx: tx.server_keys.all())}


def promote(store: Store, key_id: str) -> None:
    store.write(lambda tx: keys.promote(tx, key_id, SYSTEM))


@pytest.fixture
def added(store: Store, clock: SettableClock) -> str:
    """A second key, old enough to be promoted."""
    key_id = store.add_key(SYSTEM)
    clock.advance(SETTLE / 1_000_000)
    return key_id


def test_a_secret_and_a_token_live_through_the_whole_change_of_a_key(store: Store, added: str) -> None:
    """Added, promoted, digested again by the mint, the old one retired: nobody had to do anything."""
    tenant, old = Tenant(store), in_file(store)[0]
    token = bought(store, tenant).token
    promote(store, added)
    assert refusal_of(store, token) is None
    with pytest.raises(KeyRefused, match=f"1 integrations still need this key: {tenant.app_id}"):
        store.retire_key(old, SYSTEM)
    assert in_file(store) == [old, added]
    new = bought(store, tenant).token
    store.retire_key(old, SYSTEM)
    assert in_file(store) == [added]
    assert in_database(store) == {added: 1}
    assert refusal_of(store, new) is None
    bought(store, tenant)


def test_the_file_stays_private_and_keeps_its_signing_seed(store: Store, added: str) -> None:
    assert oct(store.key_path.stat().st_mode & 0o777) == "0o600"
    seed = store.keyring().seed
    promote(store, added)
    store.retire_key(in_file(store)[0], SYSTEM)
    assert store.keyring().seed == seed


def test_what_lies_in_the_way_of_a_new_key_file_gives_it_neither_its_mode_nor_its_place(store: Store, tmp_path: Path) -> None:
    """A file that others may read, or a link, is no place for server keys."""
    beside = store.key_path.with_name(store.key_path.name + ".new")
    beside.write_text("left over")
    beside.chmod(0o666)
    store.add_key(SYSTEM)
    assert store.key_path.stat().st_mode & 0o777 == 0o600
    beside.symlink_to(tmp_path / "elsewhere")
    store.add_key(SYSTEM)
    assert not store.key_path.is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_only_the_file_knows_harms_nothing_and_can_be_taken_out(store: Store, added: str) -> None:
    """An `add` that was killed before its commit, or a `retire` that was killed after it."""
    keyfile.append(store.key_path, keys.new_key(os.urandom))
    [*live, left_over] = in_file(store)
    Store(store.data).close()
    assert [each.key_id for each in store.keyring().keys] == live
    store.retire_key(left_over, SYSTEM)
    assert in_file(store) == live
    with pytest.raises(KeyRefused, match="There is no live key"):
        store.retire_key(left_over, SYSTEM)


def test_a_fourth_key_is_refused_before_the_file_is_touched(store: Store, added: str) -> None:
    store.add_key(SYSTEM)
    before = store.key_path.read_bytes()
    with pytest.raises(KeyRefused, match="3 keys are live already"):
        store.add_key(SYSTEM)
    assert store.key_path.read_bytes() == before


def test_where_the_file_cannot_be_written_no_key_is_added(store: Store, added: str) -> None:
    """A folder stands where the new file is written."""
    beside = store.key_path.with_name("server.key.new")
    beside.mkdir()
    with pytest.raises(KeyRefused, match=r"cannot be written .*; no key was added"):
        store.add_key(SYSTEM)
    assert len(in_database(store)) == 2
    promote(store, added)
    first = in_file(store)[0]
    with pytest.raises(KeyRefused, match=r"is retired, but .* cannot be written"):
        store.retire_key(first, SYSTEM)
    beside.rmdir()
    store.retire_key(first, SYSTEM)
    assert in_file(store) == [added]


def test_commands_that_add_at_the_same_moment_do_not_lose_each_others_key(store: Store) -> None:
    """Four try, two places are free; the file holds every key that the database needs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")}
    command = [COMMAND, "key", "add", "--data", str(store.data)]
    tried = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) for _ in range(4)]
    assert sorted(each.wait(60) for each in tried) == [0, 0, 1, 1]
    assert set(in_file(store)) == set(in_database(store))
    assert len(in_database(store)) == 3


def test_the_key_file_of_another_server_is_refused_and_so_is_one_that_others_can_read(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    keyfile.save(other, keys.new_file(os.urandom))
    with pytest.raises(StartRefused, match=r"other\.key: The key file lacks server key [0-9a-f]{16}"):
        Store(store.data, other)
    store.key_path.chmod(0o640)
    with pytest.raises(StartRefused, match="can be read by others; type: chmod 600"):
        Store(store.data)


def test_nothing_is_digested_under_a_key_that_was_retired_since_it_was_read(store: Store, added: str) -> None:
    """A process that has not yet read the keys again must not leave a secret or token that nobody can ever prove."""
    tenant, stale = Tenant(store), store.keyring()
    promote(store, added)
    bought(store, tenant)
    store.retire_key(stale.primary.key_id, SYSTEM)
    facts = store.read(lambda tx: tx.integrations.facts_by_app_id([tenant.app_id])[0])
    assert facts is not None
    mint = tokens.Mint(facts, tenant.secret, None, stale.primary, SYSTEM, os.urandom)
    assert store.write(lambda tx: Change(tokens.mint_all(tx, [mint]), [])) == [tokens.Moved()]
    with pytest.raises(KeyRefused, match="Repeat the command"):
        store.write(lambda tx: integrations.reset_secret(tx, tenant.instance, tenant.app_id, stale.primary, SYSTEM, os.urandom))
    bought(store, tenant)

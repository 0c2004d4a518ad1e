"""A restore: nothing that died since the backup lives again (promise 8), and a crash leaves the old database or the new one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from admincenter.core import checkpoints, integrations, keys
from admincenter.core.audit import SECOND, SYSTEM, Origin
from admincenter.core.errors import CredentialWrong, StartRefused, TokenUnknown
from admincenter.core.restoration import Restored
from admincenter.core.verification import Evidence, verify
from admincenter.store import facts, keyfile
from admincenter.store.directory import DATABASE
from admincenter.store.opening import Store
from admincenter.store.restore import Place, restore
from tests.settable_clock import START, SettableClock
from tests.store.bearer import bought, buy, refusal_of
from tests.tenant import Tenant
from tests.within import opened

ADMIN = Origin("admin@example.com")


def silent(_done: int, _of: int) -> None:
    """Nobody watches."""


class House:
    """A data directory through backups and restores; the store is open whenever no restore is at work."""

    def __init__(self, data: Path, clock: SettableClock) -> None:
        self.data, self.clock = data, clock
        self.key_path = data / "server.key"
        self.store = Store(data, create=True, clock=clock)
        self.tenants = [Tenant(self.store)]
        self.tenants += [self.tenants[0].sibling() for _ in range(3)]

    @property
    def tenant(self) -> Tenant:
        return self.tenants[0]

    def backup(self, name: str = "copy.db") -> Path:
        target = self.data.with_name(name)
        self.store.backup(target, SYSTEM, silent)
        self.clock.advance(60)
        return target

    def restore(self, source: Path, before: Callable[[], object] = lambda: None) -> Restored:
        """Closes, restores and opens again; `before` happens while nothing is open."""
        self.store.close()
        before()
        try:
            return restore(Place(self.data, self.key_path, self.clock), source, ADMIN, silent)
        finally:
            if (self.data / DATABASE).exists():
                self.open()

    def open(self) -> None:
        self.store = Store(self.data, clock=self.clock)
        for each in self.tenants:
            each._store = self.store

    def reset_by(self, done: Restored) -> set[str]:
        return {app_id for each in done.instances for app_id in each.reset}

    def last(self, kind: str) -> dict[str, Any]:
        """The details of the newest event of a kind."""
        found: list[dict[str, Any]] = [each["extra_data"] for each in self.tenant.log()]
        return [each for each in found if each["kind"] == kind][-1]


@pytest.fixture
def house(tmp_path: Path, clock: SettableClock) -> House:
    return House(tmp_path / "data", clock)


def test_every_token_is_dead_and_unknown_and_each_counter_moved_on_by_a_million(house: House) -> None:
    """The one of the backup, the one that was live at the restore, and the previous one."""
    old = [bought(house.store, each) for each in house.tenants]
    source = house.backup()
    new = [bought(house.store, each) for each in house.tenants]
    assert refusal_of(house.store, new[0].token) is None
    done = house.restore(source)
    for each in (*old, *new):
        assert isinstance(refusal_of(house.store, each.token), TokenUnknown)
    assert [each.facts.generation for each in house.tenants] == [1_000_001] * 4
    assert [each.facts.sealed for each in house.tenants] == [None] * 4
    assert house.reset_by(done) == set()
    assert bought(house.store, house.tenant).generation == 1_000_002


def test_only_secrets_that_were_reset_switched_off_or_deleted_since_are_reset_again(house: House) -> None:
    source = house.backup()
    stays, reset, off, deleted = house.tenants
    old = reset.reset()
    off.disable()
    deleted.delete()
    done = house.restore(source)
    assert done.compared
    assert house.reset_by(done) == {reset.app_id, off.app_id, deleted.app_id}
    bought(house.store, stays)
    for each, secret in ((reset, old), (reset, reset.secret), (off, off.secret), (deleted, deleted.secret)):
        each.secret = secret
        assert isinstance(buy(house.store, each), CredentialWrong)
    events = [each["extra_data"] for each in house.tenant.log() if each["extra_data"]["kind"] == "secret.reset"]
    assert [each["reason"] for each in events] == ["restore"] * 3
    assert {each["app_id"] for each in events} == house.reset_by(done)


def test_a_secret_reset_twice_since_the_backup_is_reset_again_by_the_second_restore_too(house: House) -> None:
    source = house.backup()
    house.tenant.reset()
    assert house.reset_by(house.restore(source)) == {house.tenant.app_id}
    house.clock.advance(60)
    assert house.reset_by(house.restore(source)) == {house.tenant.app_id}


def test_a_secret_that_only_moved_to_another_server_key_is_not_reset(house: House) -> None:
    added = house.store.add_key(SYSTEM)
    source = house.backup()
    house.store.write(lambda tx: keys.promote(tx, added, SYSTEM))
    before = house.tenant.facts.secret_digest
    bought(house.store, house.tenant)
    assert house.tenant.facts.secret_digest != before
    assert house.reset_by(house.restore(source)) == set()
    bought(house.store, house.tenant)


def test_integrations_whose_access_goes_back_are_named(house: House) -> None:
    source = house.backup()
    house.tenant.disallow("127.0.0.1")
    [done] = [each for each in house.restore(source).instances if each.instance == house.tenant.instance]
    assert (done.changed, done.reset) == ([house.tenant.app_id], [])


def test_the_restore_is_an_event_in_every_instance_and_the_log_goes_on_at_the_backups_end(house: House) -> None:
    other = Tenant(house.store)
    house.tenants.append(other)
    source = house.backup()
    at_backup = house.tenant.head.sequence - 1
    house.tenant.happen(100)
    lost = house.tenant.head.sequence
    house.restore(source)
    told = house.last("instance.restored")
    assert (told["taken_at"], told["secrets_reset"], told["replaced_sequence"]) == (START // SECOND, 0, lost)
    assert house.tenant.head.sequence == at_backup + 1
    assert [each["extra_data"]["kind"] for each in other.log()][-1] == "instance.restored"
    assert other.log()[-1]["actor_username"] == "admin@example.com"
    key = checkpoints.public_key(house.store.keyring().seed)
    assert verify(house.store, house.tenant.instance, Evidence(key)).faults == []
    assert house.store.faults() == []


def test_a_checkpoint_from_before_the_restore_shows_that_events_are_gone(house: House) -> None:
    source = house.backup()
    house.tenant.happen(10)
    kept = checkpoints.of(house.tenant.instance, house.tenant.head)
    house.restore(source)
    key = checkpoints.public_key(house.store.keyring().seed)
    [fault] = verify(house.store, house.tenant.instance, Evidence(key, [kept])).faults
    assert fault.sequence == kept.sequence


def test_the_old_database_is_kept_with_everything_that_was_in_its_log_file(house: House) -> None:
    source = house.backup()
    house.tenant.happen(10)
    head = house.tenant.head
    done = house.restore(source)
    assert done.kept == f"{DATABASE}.replaced-20261123T100100Z"
    with opened(house.data / done.kept, house.clock) as kept:
        assert kept.read(lambda tx: tx.audit.head(house.tenant.instance)) == head
    house.restore(source)
    found = {each.name for each in house.data.iterdir()} - {f"{DATABASE}-wal", f"{DATABASE}-shm"}
    assert {each for each in found if "replaced" in each and not each.endswith(("-wal", "-shm"))} == {
        done.kept,
        done.kept + "-2",
    }
    assert not any("restoring" in each for each in found)


DOUBTS: dict[str, Callable[[House], object]] = {
    "it is gone": lambda house: (house.data / DATABASE).unlink(),
    "it is no database": lambda house: (house.data / DATABASE).write_bytes(b"garbage" * 1000),
    "it is empty": lambda house: (house.data / DATABASE).write_bytes(b""),
    "it is damaged": lambda house: _overwrite_a_page(house.data / DATABASE),
    "it is another server's": lambda house: _put(house, "UPDATE database_facts SET value = 'x' WHERE name = 'identity'"),
    "it is a backup's copy": lambda house: _put(house, "INSERT INTO database_facts VALUES ('taken_at', '1')"),
    "its tables are another version's": lambda house: _put(house, "ALTER TABLE integrations RENAME TO machines"),
    "it is older than the backup": lambda house: (house.data / DATABASE).write_bytes(OLDER[0]),
}
OLDER: list[bytes] = []


def _put(house: House, statement: str) -> None:
    store = Store(house.data, clock=house.clock)
    with store.connected() as database:
        database.sql.run(statement)
    store.close()


def _overwrite_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)


@pytest.mark.parametrize("doubt", DOUBTS)
def test_where_the_replaced_database_cannot_be_believed_every_secret_is_reset(house: House, doubt: str) -> None:
    house.store.close()
    OLDER[:] = [(house.data / DATABASE).read_bytes()]
    house.open()
    house.tenant.happen(1)
    source = house.backup()
    done = house.restore(source, lambda: DOUBTS[doubt](house))
    assert not done.compared
    assert house.reset_by(done) == {each.app_id for each in house.tenants}
    assert "replaced_sequence" not in house.last("instance.restored")
    assert isinstance(buy(house.store, house.tenant), CredentialWrong)
    assert bool(done.kept) == (doubt != "it is gone")
    assert house.store.faults() == []


def test_the_log_file_of_a_damaged_database_never_lies_beside_the_restored_one(house: House) -> None:
    """It would be played into the new file: the old state would come back, or a mixture."""
    source = house.backup()
    wal = house.data / f"{DATABASE}-wal"

    def damage() -> None:
        (house.data / DATABASE).write_bytes(b"garbage" * 1000)
        wal.write_bytes(b"the log of the old one")

    done = house.restore(source, damage)
    assert (house.data / f"{done.kept}-wal").read_bytes() == b"the log of the old one"
    assert house.store.faults() == []


def test_it_works_into_an_empty_directory_with_the_key_file_and_not_without(house: House, tmp_path: Path) -> None:
    source, there = house.backup(), tmp_path / "new" / "data"
    place = Place(there, there / "server.key", house.clock)
    with pytest.raises(StartRefused, match=r"The key file .* is missing; take it from its backup"):
        restore(place, source, ADMIN, silent)
    assert not there.exists()
    there.mkdir(parents=True)
    keyfile.save(there / "server.key", keyfile.load(house.key_path))
    done = restore(place, source, ADMIN, silent)
    assert (done.kept, done.compared) == ("", False)
    fresh = Store(there, clock=house.clock)
    assert fresh.faults() == []
    fresh.close()


def test_a_backup_that_needs_another_key_file_is_refused_and_nothing_is_changed(house: House) -> None:
    source, mine = house.backup(), house.key_path.read_bytes()
    before = (house.data / DATABASE).read_bytes()
    house.store.close()
    keyfile.save(house.key_path, keys.new_file(os.urandom))
    with pytest.raises(StartRefused, match=r"server\.key: The key file lacks server key"):
        restore(Place(house.data, house.key_path, house.clock), source, ADMIN, silent)
    assert (house.data / DATABASE).read_bytes() == before
    house.key_path.write_bytes(mine)
    house.open()
    bought(house.store, house.tenant)


BAD_SOURCES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "There is no file"),
    "empty": (lambda path: path.write_bytes(b""), "is not a backup: it has no mark"),
    "no database": (lambda path: path.write_bytes(b"garbage" * 1000), "is not a backup, or is damaged"),
    "cut short": (lambda path: os.truncate(path, 4096 * 4), "is not a backup, or is damaged"),
    "a bad page": (_overwrite_a_page, "damaged"),
    "no mark": (lambda path: _edit(path, "DELETE FROM database_facts WHERE name = 'taken_at'"), "it has no mark"),
    "a mark that is no time": (lambda path: _edit(path, "UPDATE database_facts SET value = 'x'"), "it has no mark"),
    "another program's": (lambda path: _edit(path, "DROP TABLE schema_migrations"), "it has no mark"),
    "a newer schema": (
        lambda path: _edit(path, "UPDATE schema_migrations SET number = 9999 WHERE number = 1"),
        "made by a newer version",
    ),
    "widened by hand": (lambda path: _edit(path, "UPDATE integrations SET access = x'00'"), "The compiled access of"),
    "its log cut by hand": (lambda path: _edit(path, "DELETE FROM audit_events WHERE sequence > 2"), "does not end where"),
}


def _edit(path: Path, statement: str) -> None:
    import apsw

    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("case", BAD_SOURCES)
def test_what_is_not_a_sound_backup_is_refused_before_anything_is_changed(house: House, case: str) -> None:
    source = house.backup()
    token = bought(house.store, house.tenant).token
    spoil, said = BAD_SOURCES[case]
    spoil(source)
    with pytest.raises(StartRefused, match=said):
        house.restore(source)
    assert refusal_of(house.store, token) is None
    assert not [each.name for each in house.data.iterdir() if "restoring" in each.name or "replaced" in each.name]


def test_while_anybody_uses_the_directory_nothing_is_restored(house: House) -> None:
    source = house.backup()
    with pytest.raises(StartRefused, match="is in use: stop the server and other commands first"):
        restore(Place(house.data, house.key_path, house.clock), source, ADMIN, silent)


def test_a_backup_of_a_server_that_ran_does_not_count_as_an_unclean_stop(house: House) -> None:
    """Every page was checked by the restore."""
    house.store.mark_running()
    source = house.backup()
    house.store.mark_stopped()
    house.restore(source)
    with house.store.connected() as database:
        assert facts.get(database.sql, facts.RUNNING) is None
        assert facts.get(database.sql, facts.TAKEN_AT) is None


def test_an_integration_that_was_off_or_deleted_at_the_backup_stays_so(house: House) -> None:
    off, deleted = house.tenants[:2]
    off.disable()
    deleted.delete()
    source = house.backup()
    done = house.restore(source)
    assert deleted.app_id not in house.reset_by(done)
    row = house.store.read(lambda tx: integrations.find(tx, off.instance, off.app_id))
    assert not row.enabled
    assert deleted.facts.deleted_at is not None


_KILLED_AT_A_STEP = """
import os, signal, sys
from pathlib import Path
from admincenter.core.audit import SYSTEM
from admincenter.store.restore import place_of, restore

data, source, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
seen = 0

def count(event, arguments):
    global seen
    if event in ("open", "os.rename", "os.link", "os.remove") and str(data) in str(arguments[0]):
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
restore(place_of(data, None), source, SYSTEM, lambda done, of: None)
"""


@pytest.mark.slow
def test_a_kill_before_any_step_on_files_leaves_the_old_database_or_the_new_one_and_another_run_finishes(house: House) -> None:
    """The real command's work in a process of its own, killed before the first, second, … file it opens, links or moves."""
    source = house.backup()
    token = bought(house.store, house.tenant).token
    step, ended, states = 0, -signal.SIGKILL, []
    while ended == -signal.SIGKILL:
        house.store.close()
        step += 1
        ended = subprocess.run(
            [sys.executable, "-c", _KILLED_AT_A_STEP, str(house.data), str(source), str(step)], timeout=60, check=False
        ).returncode
        house.open()
        assert house.store.faults() == []
        states.append(refusal_of(house.store, token) is None)
        if not states[-1]:
            assert isinstance(refusal_of(house.store, token), TokenUnknown)
            assert house.last("instance.restored")
            token = bought(house.store, house.tenant).token
    assert ended == 0
    assert step > 5
    assert states[0]
    assert not states[-1]
    assert not any("restoring" in each.name for each in house.data.iterdir())

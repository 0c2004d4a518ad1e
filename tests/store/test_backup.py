"""A backup: one moment of the database in one file, taken while others write, marked, never in the way of another file."""

import stat
import threading
from pathlib import Path

import pytest

from admincenter.core import checkpoints
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.core.ports import Window
from admincenter.core.verification import Evidence, verify
from admincenter.store import facts
from admincenter.store.directory import DATABASE
from admincenter.store.opening import Store
from admincenter.store.sqlite import SqliteDatabase
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.within import opened


def silent(_done: int, _of: int) -> None:
    """Nobody watches."""


@pytest.fixture
def tenant(store: Store) -> Tenant:
    return Tenant(store)


def test_a_backup_is_one_private_file_that_is_marked_with_its_time(
    store: Store, tenant: Tenant, tmp_path: Path, clock: SettableClock
) -> None:
    store.backup(tmp_path / "copy.db", SYSTEM, silent)
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["copy.db"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    with opened(tmp_path / "copy.db", clock) as copy:
        assert facts.get(copy.sql, facts.TAKEN_AT) == str(clock.now)
        assert copy.sql.all("PRAGMA journal_mode") == [("delete",)]
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["copy.db"]


def test_it_is_an_event_in_every_instance_once_it_succeeded(store: Store, tenant: Tenant, tmp_path: Path) -> None:
    others = [Tenant(store), Tenant(store)]
    store.backup(tmp_path / "copy.db", SYSTEM, silent)
    for each in (tenant, *others):
        [*_, last] = each.log()
        assert (last["extra_data"]["kind"], last["extra_data"]["file"]) == ("database.backed_up", "copy.db")
        assert [row["extra_data"]["kind"] for row in each.log()].count("database.backed_up") == 1


def test_no_file_is_overwritten_and_what_fails_leaves_neither_a_file_nor_an_event(
    store: Store, tenant: Tenant, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("precious")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = tenant.head
    for name in ("taken", "dangling"):
        with pytest.raises(StartRefused, match="exists already, and no backup is ever overwritten"):
            store.backup(tmp_path / name, SYSTEM, silent)
    with pytest.raises(OSError, match="No such file or directory"):
        store.backup(tmp_path / "no folder" / "copy.db", SYSTEM, silent)
    assert (tmp_path / "taken").read_text() == "precious"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dangling", "data", "taken"]
    assert tenant.head == before


def test_a_backup_that_cannot_be_recorded_is_not_made(store: Store, tenant: Tenant, tmp_path: Path) -> None:
    """Nothing leaves unaudited: whoever stands in the way of the event gets no copy either."""
    before = tenant.head
    with store.connected() as other:
        other.begin()
        with pytest.raises(StorageUnavailable):
            store.backup(tmp_path / "copy.db", SYSTEM, silent)
        other.rollback()
    assert [each for each in tmp_path.iterdir() if each.is_file()] == []
    assert tenant.head == before


def test_a_name_that_is_taken_while_the_copy_is_made_is_not_overwritten_either(
    store: Store, tenant: Tenant, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"

    def somebody_else_is_quicker(_done: int, _of: int) -> None:
        target.write_text("precious")

    with pytest.raises(StartRefused, match="exists already"):
        store.backup(target, SYSTEM, somebody_else_is_quicker)
    assert target.read_text() == "precious"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.db", "data"]


def test_a_damaged_database_is_not_passed_on_as_a_backup(store: Store, tenant: Tenant, tmp_path: Path) -> None:
    tenant.happen(500)
    with store.connected() as database:
        assert isinstance(database, SqliteDatabase)
        database.empty_wal()
        [[page]] = database.sql.all("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_audit_events_1'")
    with (store.data / DATABASE).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(StartRefused, match=r"The file is damaged.*none was made"):
        store.backup(tmp_path / "copy.db", SYSTEM, silent)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_a_backup_taken_while_others_write_is_a_prefix_of_the_log_and_whole(
    store: Store, tenant: Tenant, tmp_path: Path, clock: SettableClock
) -> None:
    """The writer commits between the steps of the copy; the copy is of one moment all the same."""
    tenant.happen(20_000)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            tenant.happen(20)

    writer = threading.Thread(target=write)
    writer.start()
    steps: list[tuple[int, int]] = []

    def more_is_written_meanwhile(done: int, of: int) -> None:
        before = tenant.head.sequence
        while tenant.head.sequence == before:
            pass
        steps.append((done, of))

    try:
        before = tenant.head.sequence
        store.backup(tmp_path / "copy.db", SYSTEM, more_is_written_meanwhile)
        after = tenant.head.sequence
    finally:
        stop.set()
        writer.join()
    assert len(steps) > 2
    assert steps[-1][0] == steps[-1][1]
    key = Evidence(checkpoints.public_key(store.keyring().seed))
    with opened(tmp_path / "copy.db", clock) as copy:
        found = verify(copy, tenant.instance, key)
        assert found.faults == []
        assert before <= found.through < after
        end = Window(tenant.instance, found.through - 1, found.through + 1, 1, True)
        assert copy.read(lambda tx: tx.audit.records(end)) == store.read(lambda tx: tx.audit.records(end))


def test_a_copy_that_takes_the_databases_place_by_hand_is_refused(store: Store, tmp_path: Path) -> None:
    """Only a restore kills its tokens."""
    store.backup(tmp_path / "copy.db", SYSTEM, silent)
    copied = tmp_path / "elsewhere"
    copied.mkdir()
    (copied / DATABASE).write_bytes((tmp_path / "copy.db").read_bytes())
    (copied / "server.key").write_bytes((store.data / "server.key").read_bytes())
    (copied / "server.key").chmod(0o600)
    for create in (False, True):
        with pytest.raises(StartRefused, match="is a backup's copy; put it in service with `admincenter database restore`"):
            Store(copied, create=create)

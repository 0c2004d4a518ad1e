"""F03, F04 and F06 seen from outside: the disk fails, is full, or somebody else holds the database's lock."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from admincenter.core.errors import OutcomeUnknown, StorageUnavailable
from tests.faults.load import Load, fill
from tests.faults.standing import Standing, look, raise_up
from tests.graph import assert_graph_error
from tests.left_out import leave_out
from tests.serving import Served, until
from tests.wire import HANG, Reply

LOCK_HOLDER = Path(__file__).parent.parent / "store" / "lock_holder.py"
BUSY_SECONDS = 5.0


def _mint(served: Served, standing: Standing) -> Reply:
    return served.wire.token(f"{standing.app_id}|{standing.secret}")


@contextmanager
def _failing_flushes(worker: int, log: Path) -> Iterator[None]:
    """Every flush of the worker's fails, as on a disk that dies."""
    command = ["strace", "-f", "-p", str(worker), "-o", str(log), "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"]
    with log.with_suffix(".err").open("wb") as errors:
        strace = subprocess.Popen(command, stderr=errors)
    until(lambda: b"attached" in log.with_suffix(".err").read_bytes(), "strace to attach")
    try:
        yield
    finally:
        strace.terminate()
        strace.wait(HANG)


@pytest.mark.needs("strace")
def test_a_worker_whose_disk_fails_refuses_and_is_replaced(standing: Standing, tmp_path: Path) -> None:
    with Served(standing.data) as served:
        assert _mint(served, standing).status == 200
        [worker] = served.workers()
        with _failing_flushes(worker, tmp_path / "strace.log"):
            failed = _mint(served, standing)
            assert_graph_error(failed, 503, 2)
            until(lambda: worker not in served.workers() and served.workers(), "another worker")
        again = _mint(served, standing)
        assert again.status == 200
        assert "storage is broken" in served.log.read_text()
        assert served.process.poll() is None
    assert look(standing).facts.generation == again.json["generation"] in (2, 3)  # the failed one may or may not exist


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        what = "permission to mount a small disk"
        leave_out(request.node, what, f"needs {what}: run the suite as root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _fill(disk: Path, served: Served, app_id: str) -> Path:
    """To the last byte, and then what room the database's own files still hold, until nothing can be written any more."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4_096))
    until(lambda: all(not _writes(served, app_id) for _ in range(3)), "the end of all room")
    return filler


def _writes(served: Served, app_id: str) -> bool:
    time.sleep(0.3)  # longer than the server takes to move its log, which may make room once more

    try:
        fill(served, app_id, 5)
    except (StorageUnavailable, OutcomeUnknown):
        return False
    return True


@pytest.mark.slow
@pytest.mark.needs("mount")
def test_a_full_disk_stops_what_must_be_written_and_nothing_needs_a_restart(small_disk: Path) -> None:
    standing = raise_up(small_disk / "data")
    with Served(standing.data) as served:
        token = _mint(served, standing).json["access_token"]
        workers = served.workers()
        filler = _fill(small_disk, served, standing.app_id)
        assert_graph_error(_mint(served, standing), 503, 2)
        assert served.wire.get("/me", token).status == 200  # what is counted waits in memory for a while
        assert served.wire.get("/me", token, [("Origin", "https://evil.example")]).status == 400
        until(lambda: served.wire.get("/me", token).status == 503, "the end of what may go unrecorded")
        assert_graph_error(served.wire.get("/me", token), 503, 2, says="recorded")
        until(lambda: served.wire.get("/readyz").status == 503, "not ready")
        filler.unlink()
        until(lambda: _mint(served, standing).status == 200, "writes again")
        until(lambda: served.wire.get("/readyz").status == 200, "ready again")
        fresh = _mint(served, standing).json["access_token"]
        until(lambda: served.wire.get("/me", fresh).status == 200, "reads again")
        assert served.workers() == workers
    found = look(standing).of_kind("credential.used_client_side")
    assert len(found) == 1


@contextmanager
def _locked(standing: Standing) -> Iterator[None]:
    command = [sys.executable, str(LOCK_HOLDER), str(standing.data / "admincenter.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield


@pytest.mark.slow
def test_a_lock_that_somebody_holds_refuses_writes_in_time_and_no_read(standing: Standing) -> None:
    with Served(standing.data) as served:
        token = _mint(served, standing).json["access_token"]
        with Load(served.wire, standing, clients=8) as load:
            with _locked(standing):
                began = time.monotonic()
                until(lambda: load.statuses[503] >= 8, "a refusal of every client")
                assert time.monotonic() - began < 2 * BUSY_SECONDS  # one wait for all, not one after the other
                assert served.wire.get("/security_audit_logs?limit=10", token).status in (200, 400)
                assert served.wire.get("/healthz").status == 200
            told = len(load.acknowledged)
            until(lambda: len(load.acknowledged) > told, "writes again")
        assert set(load.statuses) <= {200, 400, 429, 503}
        load.assert_nothing_lost()


def test_reads_go_on_while_somebody_holds_the_lock(standing: Standing) -> None:
    with Served(standing.data) as served:
        token = _mint(served, standing).json["access_token"]
        with _locked(standing):
            for _ in range(20):
                assert served.wire.get("/me", token).status == 200
                assert served.wire.get("/security_audit_logs?limit=10", token).status == 200
        assert _mint(served, standing).status == 200

"""kill -9 at each step of a commit: what was acknowledged is there, and nothing is there by halves (F01)."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from admincenter.store.directory import DATABASE, LOCK
from admincenter.store.opening import Store
from tests.faults.standing import Standing, look
from tests.faults.tracing import Harm, Run, copy_of, mint

STEPS = {
    "appending to the log": ("kept", 2, "pwrite64", "-wal"),
    "flushing the log": ("kept", 2, "fdatasync", "-wal"),
    "moving the log into the database": ("closed", 1, "pwrite64", ""),
    "flushing the database": ("closed", 1, "fdatasync", ""),
    "taking the moved log away": ("closed", 1, "unlink", "-wal"),
    "taking the index of the log away": ("closed", 1, "unlink", "-shm"),
}


def _nothing_lost_nothing_by_halves(standing: Standing, run: Run, when: str) -> None:
    after = look(standing)
    issued = [row.sequence for row in after.of_kind("token.issued")]
    assert after.facts.generation == len(issued), when
    assert after.facts.generation in {len(run.acknowledged), len(run.acknowledged) + 1}, when
    assert (after.facts.token_digest is None) == (after.facts.sealed is None) == (not issued), when


@pytest.mark.slow
@pytest.mark.needs("strace")
@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_loses_nothing_that_it_acknowledged(standing: Standing, tmp_path: Path, step: str) -> None:
    """Each of the calls that a commit and its move make, one after another."""
    how, times, calls, file = STEPS[step]
    harm = Harm(calls, file, "signal=SIGKILL", 0)
    whole = mint(copy_of(standing, tmp_path / "whole"), how, times, harm, harmless=True)
    assert whole.acknowledged == list(range(1, times + 1))
    assert whole.calls > 0
    for number in range(1, whole.calls + 1):
        hurt = copy_of(standing, tmp_path / "hurt")
        run = mint(hurt, how, times, harm._replace(when=number))
        assert run.acknowledged == list(range(1, len(run.acknowledged) + 1))
        _nothing_lost_nothing_by_halves(hurt, run, str(harm._replace(when=number)))


def _first_start(data: Path, calls: str, *inject: str) -> tuple[int, int]:
    """Starts on an empty directory under strace: how it ended, and how many of the calls it made on files that it makes."""
    log = data.with_name("strace.log")
    made = [data, *(data / name for name in (f"{DATABASE}.new", f"{DATABASE}.new-wal", "server.key.new", "server.key"))]
    strace = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}", "-e", "signal=none", *inject]
    watched = [text for path in made for text in ("-P", str(path))]
    program = [sys.executable, str(Path(__file__).with_name("opening.py")), str(data)]
    ended = subprocess.run([*strace, *watched, *program], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ended.returncode, len(log.read_text().splitlines())


@pytest.mark.slow
@pytest.mark.needs("strace")
@pytest.mark.parametrize(
    ("calls", "stride"), [("pwrite64", 9), ("write", 1), ("fdatasync,fsync", 1), ("rename", 1), ("unlink", 1)]
)
def test_a_first_start_killed_at_any_step_is_made_good_by_the_next_one(tmp_path: Path, calls: str, stride: int) -> None:
    """No hand-work, no half of a database, no database without its key."""
    status, steps = _first_start(tmp_path / "whole", calls)
    assert (status, steps > 0) == (0, True)
    for number in range(1, steps + 1, stride):
        data = tmp_path / f"killed at {number}"
        status, _steps = _first_start(data, calls, "-e", f"inject={calls}:signal=SIGKILL:when={number}")
        assert status in {0, -signal.SIGKILL}
        store = Store(data, create=True)
        assert len(store.read(lambda tx: tx.instances.all())) == 1
        assert store.integrity_faults() == []
        store.close()
        assert sorted(each.name for each in data.iterdir()) == [DATABASE, LOCK, "server.key"]

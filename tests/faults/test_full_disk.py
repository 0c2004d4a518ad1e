"""The disk fills up and has room again: writes are refused, reads go on, nothing is lost, no restart is needed (F04)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.standing import Standing, look
from tests.faults.tracing import Harm, mint
from tests.left_out import leave_out

_ROOT = Path(__file__).parents[2]
_IN_A_NAMESPACE = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])
_MOUNTED = 'mount -t tmpfs -o size=3m small "$0" && exec "$@"'


@pytest.fixture
def on_a_small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The beginning of a command that runs with a small file system of its own at `tmp_path`; seen by nobody else."""
    for unshare in _IN_A_NAMESPACE:
        prefix = [*unshare, "sh", "-c", _MOUNTED, str(tmp_path)]
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    what = "permission to mount a small disk"
    return leave_out(request.node, what, f"needs {what}: run the suite as root, or allow user namespaces")


@pytest.mark.slow
def test_on_a_full_disk_writes_are_refused_and_reads_go_on_until_there_is_room(
    on_a_small_disk: list[str], tmp_path: Path
) -> None:
    """A real file system without a free block."""
    program = [sys.executable, "-m", "tests.faults.filling", str(tmp_path)]
    ended = subprocess.run([*on_a_small_disk, *program], cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    before, _until_full, while_full, after = seen["writes"]
    assert before == ["acknowledged"] * 3
    assert set(while_full) <= {"StorageUnavailable", "OutcomeUnknown"}
    assert after[-1] == "acknowledged"
    assert seen["reads"] == [["Main"] * 20] * 2
    assert seen["broken"] == []
    acknowledged = [each for writes in seen["writes"] for each in writes].count("acknowledged")
    unknown = [each for writes in seen["writes"] for each in writes].count("OutcomeUnknown")
    assert acknowledged <= seen["stored"] <= acknowledged + unknown


@pytest.mark.slow
@pytest.mark.needs("strace")
@pytest.mark.parametrize("first", [1, 20, 30])
def test_a_log_that_finds_no_room_for_a_while_loses_nothing(standing: Standing, first: int) -> None:
    """Ten calls in a row say that there is no room."""
    run = mint(standing, "executor", 14, Harm("pwrite64", "-wal", "error=ENOSPC", first)._replace(when=f"{first}..{first + 9}"))
    assert run.status == 0
    assert len(run.refused) == 10
    assert "acknowledged" in run.said[-1]
    assert look(standing).facts.generation == len(run.acknowledged) == 4

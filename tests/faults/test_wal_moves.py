"""Many processes write while the write-ahead log is moved and reset under them: nothing committed is lost (F10)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.standing import Standing, look

_PROGRAM = Path(__file__).with_name("moving.py")
WRITERS, TIMES = 5, 120


@pytest.mark.slow
def test_no_committed_write_is_lost_however_roughly_the_log_is_moved(standing: Standing) -> None:
    """The engine's defect of old (WAL reset, up to 3.51.2) would lose some here, or damage a page."""
    command = [sys.executable, str(_PROGRAM), str(standing.data)]
    writers = [
        subprocess.Popen([*command, f"writer {number}", str(TIMES)], stdout=subprocess.PIPE, text=True)
        for number in range(WRITERS)
    ]
    acknowledged = [name for each in writers for name in each.communicate(timeout=60)[0].splitlines()]
    assert [each.returncode for each in writers] == [0] * WRITERS
    stored = [json.loads(row.payload)["extra_data"]["name"] for row in look(standing).of_kind("instance.renamed")]
    assert sorted(stored) == sorted(acknowledged)
    assert len(acknowledged) == WRITERS * TIMES

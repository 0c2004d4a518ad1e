"""kill -9 at each step of a commit: what was acknowledged is there, and nothing is there by halves (F01)."""

from pathlib import Path

import pytest

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

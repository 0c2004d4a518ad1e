"""The disk fails a write or a flush: never acknowledged and lost, and never gone on over the failed file (F03)."""

from pathlib import Path

import pytest

from tests.faults.minting import BROKEN_STATUS
from tests.faults.standing import Standing, look
from tests.faults.tracing import Harm, Run, copy_of, mint

TIMES = 4


def _nothing_acknowledged_is_lost(standing: Standing, run: Run) -> None:
    after = look(standing)
    assert after.facts.generation == len(after.of_kind("token.issued"))
    issued = set(range(1, after.facts.generation + 1))
    assert set(run.acknowledged) <= issued
    assert len(issued) <= len(run.acknowledged) + 1
    assert set(run.refused) <= {"StorageUnavailable", "OutcomeUnknown"}


@pytest.mark.slow
@pytest.mark.needs("strace")
@pytest.mark.parametrize(
    "harm",
    [
        *(Harm("pwrite64", "-wal", "error=EIO", when) for when in (1, 2, 3, 10, 17, 18, 25)),
        *(Harm("fdatasync", "-wal", "error=EIO", when) for when in (1, 2, 3)),
        Harm("fdatasync", "-wal", "error=ENOSPC", 2),
        Harm("fdatasync", "-wal", "error=EDQUOT", 3),
    ],
    ids=str,
)
def test_after_a_failed_write_or_flush_the_process_ends_and_acknowledges_nothing_more(standing: Standing, harm: Harm) -> None:
    """The one who waits is told that the outcome is unknown; whoever starts next finds all that was acknowledged."""
    run = mint(standing, "executor", TIMES, harm)
    assert run.status == BROKEN_STATUS
    assert run.said.count({"broken": True}) == 1
    assert run.acknowledged == list(range(1, len(run.acknowledged) + 1))
    assert "acknowledged" not in run.said[-1]
    _nothing_acknowledged_is_lost(standing, run)
    again = mint(standing, "executor", 1, harm, harmless=True)
    assert len(again.acknowledged) == 1


@pytest.mark.slow
@pytest.mark.needs("strace")
@pytest.mark.parametrize("when", [1, 2, 3, 10, 17, 18, 25])
def test_a_write_without_room_is_refused_and_the_next_one_goes_on(standing: Standing, when: int) -> None:
    """A full disk is no broken disk: nothing ends, and recovery needs no restart (F04)."""
    run = mint(standing, "executor", TIMES, Harm("pwrite64", "-wal", "error=ENOSPC", when))
    assert run.status == 0
    assert len(run.refused) == 1
    assert len(run.acknowledged) == TIMES - 1
    assert "acknowledged" in run.said[-1]
    _nothing_acknowledged_is_lost(standing, run)


@pytest.mark.slow
@pytest.mark.needs("strace")
@pytest.mark.parametrize("what", ["error=EIO", "error=ENOSPC"])
@pytest.mark.parametrize("calls", ["pwrite64", "fdatasync"])
def test_a_failure_to_move_the_log_into_the_database_loses_nothing(
    standing: Standing, tmp_path: Path, what: str, calls: str
) -> None:
    """The log holds everything until the move is flushed, however far the move came."""
    for when in (1, 4):
        hurt = copy_of(standing, tmp_path / "hurt")
        run = mint(hurt, "executor", 15, Harm(calls, "", what, when))
        assert run.status in {0, BROKEN_STATUS}
        assert run.acknowledged
        _nothing_acknowledged_is_lost(hurt, run)

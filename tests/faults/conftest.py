"""What the tests of faults start from."""

from pathlib import Path

import pytest

from tests.faults.standing import Standing, raise_up


@pytest.fixture
def standing(tmp_path: Path) -> Standing:
    """A data directory with one integration, on the machine's own clock, and no server on it."""
    return raise_up(tmp_path / "data")

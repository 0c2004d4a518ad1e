"""What the tests of the commands share: a data directory of their own, a shell, an integration."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Shell, opened


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's user reaches a test, and the default data directory is in a place of its own."""
    for name in os.environ:
        if name.startswith("ADMINCENTER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def on_each_engine(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find their data on the engine at hand."""
    if url := place.get("database_url"):
        monkeypatch.setenv("ADMINCENTER_DATABASE_URL", url)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A new data directory, as `serve` leaves it."""
    opened(tmp_path / "data", create=True).close()
    return tmp_path / "data"


@pytest.fixture
def shell(data: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell whose commands work on the data directory (./data is the default)."""
    return Shell(data, capsys)


@pytest.fixture
def made(shell: Shell) -> dict[str, Any]:
    """A security integration that holds its permission, as `create --json` answered."""
    return shell.create("--permission", "read_security_audit_logs")

"""The reference pages say what the code says: nothing missing, nothing made up."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_group

from admincenter import settings
from admincenter.cli import tree
from admincenter.core import errors, surface
from admincenter.core.events import CATALOGUE
from admincenter.core.permissions import Permission, Purpose
from admincenter.scim import csv_rows
from admincenter.scim.attributes import places
from tests.docs.written import PROJECT

REFERENCE = PROJECT / "docs" / "reference"


def _check(pages: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROJECT / "scripts" / "reference.py"), "--check", "--pages", str(pages)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def _refusals(above: type[errors.Refusal]) -> Iterator[str]:
    for each in above.__subclasses__():
        yield each.__name__
        yield from _refusals(each)


def _commands(name: str, command: object) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield name
        return
    for each in command.list_commands(None):
        yield from _commands(f"{name} {each}", command.get_command(None, each))  # type: ignore[attr-defined]


NAMED = {
    "settings.md": [each.variable for each in settings.SETTINGS] + [each.flag for each in settings.SETTINGS],
    "events.md": list(CATALOGUE),
    "permissions.md": [each.value for each in Permission] + [each.value for each in Purpose],
    "errors.md": [each for each in _refusals(errors.Refusal) if each not in ("CallRefused", "ChangeRefused")],
    "routes.md": [each.path for each in surface.SURFACE],
    "cli.md": list(_commands("admincenter", get_group(tree.root))),
    "scim.md": [each.name.removeprefix(f"{each.urn}:") for each in places()] + list(csv_rows.COLUMNS),
}
"""What each page must name."""


def test_the_pages_are_as_the_code_makes_them() -> None:
    """`make docs` was run after the last change."""
    checked = _check(REFERENCE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("page", NAMED)
def test_a_page_names_everything_there_is(page: str) -> None:
    """Every setting, event, permission, refusal, path and command stands in a row of its page."""
    rows = [line for line in (REFERENCE / page).read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert NAMED[page]
    for each in NAMED[page]:
        assert any(f"`{each}`" in row for row in rows), f"{page} does not name {each}"


@pytest.mark.parametrize("page", NAMED)
def test_a_missing_row_is_noticed(page: str, tmp_path: Path) -> None:
    """Deleting the last row of any page turns the check red, and it says which page lacks what."""
    pages = tmp_path / "reference"
    shutil.copytree(REFERENCE, pages)
    lines = (pages / page).read_text(encoding="utf-8").splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if line.startswith(("| `", "| [`")))
    (pages / page).write_text("".join(lines[:last] + lines[last + 1 :]), encoding="utf-8")
    checked = _check(pages)
    assert checked.returncode == 1
    assert page in checked.stdout
    assert "+" + lines[last].rstrip() in checked.stdout


def test_a_missing_page_is_noticed(tmp_path: Path) -> None:
    """An empty folder of pages is wrong, too."""
    assert _check(tmp_path).returncode == 1

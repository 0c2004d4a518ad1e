"""Files are named for what they hold; a room is one concern."""

from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PROJECT, files

SAY_NOTHING = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "misc",
    "manager",
    "managers",
    "base",
    "stuff",
    "shared",
    "constants",
    "types",
    "lib",
}


def names_that_say_nothing(root: Path) -> list[str]:
    """Each file or folder of code whose name tells nothing of what is in it."""
    found = []
    for path in files(root):
        name = path.relative_to(root)
        words = {word for part in (*name.parts[:-1], name.stem) for word in part.lower().replace("-", "_").split("_")}
        if path.suffix in (".py", ".sql", ".sh") and words & SAY_NOTHING:
            found.append(name.as_posix())
    return found


def test_every_file_is_named_for_what_it_holds() -> None:
    assert names_that_say_nothing(PROJECT) == []


@pytest.mark.parametrize(
    "name", ["utils.py", "core/token_helpers.py", "common/tokens.py", "store/token_manager/a.py", "misc.sql"]
)
def test_a_planted_name_is_found(plant: Plant, name: str) -> None:
    assert names_that_say_nothing(plant({name: ""})) == [name]


def test_a_telling_name_is_fine(plant: Plant) -> None:
    assert names_that_say_nothing(plant({"core/credentials.py": "", "docs/common.md": ""})) == []

"""SQL stands in store/ and nowhere else in the package."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, docstring, modules

SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(CREATE|DROP|ALTER)\s+(TABLE|INDEX)|PRAGMA\s|BEGIN\s+IMMEDIATE)",
    re.IGNORECASE | re.DOTALL,
)


def statements_outside_the_store(package: Path) -> list[str]:
    """Each text outside store/ that is a statement."""
    found = []
    for module in modules(package):
        if module.room == "store":
            continue
        documentation = {doc.value for node in module.walk() if (doc := docstring(node))}
        for node in module.walk():
            if isinstance(node, ast.Constant) and node not in documentation and SQL.search(str(node.value)):
                found.append(f"{module.name}:{node.lineno}")
    return found


def test_only_the_store_speaks_sql() -> None:
    assert statements_outside_the_store(PACKAGE) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM b",
        "select a\\n from b",
        "INSERT INTO a",
        "update a set b = 1",
        "DELETE FROM a",
        "PRAGMA x",
        "create table x",
    ],
)
def test_a_planted_statement_is_found(plant: Plant, text: str) -> None:
    assert statements_outside_the_store(plant({"api/me.py": f'"""Page."""\nSTATEMENT = "{text}"\n'})) == ["api/me.py:2"]
    assert statements_outside_the_store(plant({"api/me.py": f'LOG = f"{text} {{1}}"\n'})) == ["api/me.py:1"]


def test_prose_and_the_store_may_use_the_words(plant: Plant) -> None:
    assert (
        statements_outside_the_store(plant({"store/a.py": 'A = "SELECT a FROM b"\n', "api/b.py": '"""SELECT a FROM b."""\n'}))
        == []
    )

"""Nothing is guarded by what can be switched off or forgotten: no `assert`, no check whose answer a caller may ignore."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, modules

CHECKS = re.compile(r"_?(verify|check|validate|ensure|require|authorize|authenticate)(_|$)")


def asserts(package: Path) -> list[str]:
    """Each `assert`, which `python -O` removes."""
    return [
        f"{module.name}:{node.lineno}" for module in modules(package) for node in module.walk() if isinstance(node, ast.Assert)
    ]


def checks_that_answer(core: Path) -> list[str]:
    """Each function that is named as a check and returns a boolean, which a caller can forget to look at; it must raise."""
    found = []
    for module in modules(core):
        for function in module.functions():
            answer = ast.unparse(function.returns) if function.returns else ""
            if CHECKS.match(function.name) and re.search(r"\bbool\b", answer):
                found.append(f"{module.name}:{function.lineno} {function.name}")
    return found


def ignored_refusals(package: Path) -> list[str]:
    """Each `except` that catches everything and does nothing."""
    found = []
    for module in modules(package):
        for node in module.walk():
            if (
                isinstance(node, ast.ExceptHandler)
                and _catches_all(node)
                and all(isinstance(each, ast.Pass) for each in node.body)
            ):
                found.append(f"{module.name}:{node.lineno}")
    return found


def _catches_all(node: ast.ExceptHandler) -> bool:
    return node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")


def test_the_package_asserts_nothing() -> None:
    assert asserts(PACKAGE) == []


def test_a_check_of_the_core_raises_instead_of_answering() -> None:
    assert checks_that_answer(PACKAGE / "core") == []


def test_no_failure_is_swallowed() -> None:
    assert ignored_refusals(PACKAGE) == []


def test_a_planted_assert_is_found(plant: Plant) -> None:
    assert asserts(plant({"api/gate.py": "def f(x: int) -> None:\n    assert x\n"})) == ["api/gate.py:2"]


@pytest.mark.parametrize(
    "head", ["def check_live(x: int) -> bool", "def _verify(x: int) -> bool | None", "async def validate() -> bool"]
)
def test_a_planted_check_that_answers_is_found(plant: Plant, head: str) -> None:
    assert len(checks_that_answer(plant({"tokens.py": f"{head}:\n    return True\n"}))) == 1


@pytest.mark.parametrize("head", ["def check_live(x: int) -> None", "def checked(x: int) -> bool", "def verify() -> list[int]"])
def test_a_check_that_raises_is_fine(plant: Plant, head: str) -> None:
    assert checks_that_answer(plant({"tokens.py": f"{head}:\n    raise ValueError\n"})) == []


@pytest.mark.parametrize("caught", ["except:", "except Exception:", "except BaseException:"])
def test_a_planted_swallowed_failure_is_found(plant: Plant, caught: str) -> None:
    assert ignored_refusals(plant({"a.py": f"try:\n    x = 1\n{caught}\n    pass\n"})) == ["a.py:3"]

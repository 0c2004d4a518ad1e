"""Every module says what it is; so does every public name of the core."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, PROJECT, Module, docstring, modules

SELF_EXPLAINING_PROTOCOLS = {"core/ports.py"}
"""Protocols whose one-line methods are documented by their class, their names and their types."""


def modules_without_docstring(root: Path) -> list[str]:
    """Each file that does not say what it is."""
    return [module.name for module in modules(root) if module.text.strip() and not docstring(module.syntax)]


def names_without_docstring(core: Path) -> list[str]:
    """Each public class, function, method and property that does not say what it is."""
    return [f"{module.name}: {name}" for module in modules(core) for name, node in _public(module) if not docstring(node)]


def _public(module: Module) -> Iterator[tuple[str, ast.AST]]:
    for node in module.syntax.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if module.name not in {name.removeprefix("core/") for name in SELF_EXPLAINING_PROTOCOLS}:
                yield from ((f"{node.name}.{each.name}", each) for each in _methods(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node


def _methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (
        each
        for each in node.body
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_") and not _is_protocol_stub(each)
    )


def _is_protocol_stub(node: ast.FunctionDef) -> bool:
    """A method of a protocol that has no body but `...`: the protocol's own sentence speaks for it."""
    last = node.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is Ellipsis


def test_every_file_says_what_it_is() -> None:
    assert modules_without_docstring(PROJECT) == []


def test_every_public_name_of_the_core_says_what_it_is() -> None:
    assert names_without_docstring(PACKAGE / "core") == []


def test_a_planted_module_without_docstring_is_found(plant: Plant) -> None:
    assert modules_without_docstring(plant({"a.py": "x = 1\n", "b.py": '"""B."""\n', "c.py": ""})) == ["a.py"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def public() -> None:\n    x = 1\n", "public"),
        ("class Public:\n    x = 1\n", "Public"),
        ('class Public:\n    """P."""\n    def method(self) -> None:\n        x = 1\n', "Public.method"),
        ('class Public:\n    """P."""\n    @property\n    def value(self) -> int:\n        return 1\n', "Public.value"),
    ],
)
def test_a_planted_name_without_docstring_is_found(plant: Plant, text: str, name: str) -> None:
    assert names_without_docstring(plant({"tokens.py": text})) == [f"tokens.py: {name}"]


def test_private_names_need_none(plant: Plant) -> None:
    text = 'def _f() -> None:\n    x = 1\nclass C:\n    """C."""\n    def __len__(self) -> int:\n        return 1\n'
    assert names_without_docstring(plant({"tokens.py": text})) == []

"""A source tree as the house rules see it: the real one, or one that a test plants."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "server/src/admincenter"
NOT_OURS = {
    ".git", ".venv", "data", "build", "results", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
}  # fmt: skip
"""What `git` ignores; named here because the house rules hold in an unpacked archive too."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """One Python file."""

    def __init__(self, root: Path, path: Path) -> None:
        self.name = path.relative_to(root).as_posix()
        self.room = self.name.partition("/")[0] if "/" in self.name else ""
        self.text = path.read_text(encoding="utf-8")

    @cached_property
    def syntax(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    def walk(self) -> Iterator[ast.AST]:
        """Every node of its syntax."""
        return ast.walk(self.syntax)

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (node for node in self.walk() if isinstance(node, Function))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of all that it imports; of `from a import b` both `a` and `a.b`."""
        for node in self.walk():
            if isinstance(node, ast.Import):
                yield from ((node.lineno, each.name) for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = "." * node.level + (node.module or "")
                yield node.lineno, source
                yield from ((node.lineno, f"{source}.{each.name}") for each in node.names)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the dotted text of what is called."""
        return ((node, ast.unparse(node.func)) for node in self.walk() if isinstance(node, ast.Call))


def modules(root: Path) -> list[Module]:
    """The Python files of a tree."""
    return [Module(root, path) for path in files(root) if path.suffix == ".py"]


def files(root: Path) -> list[Path]:
    """Every file of a tree that is ours."""
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part in NOT_OURS or re.fullmatch(r".*\.egg-info|\.coverage.*", part) for part in parts):
            found.append(path)
    return found


def docstring(node: ast.AST) -> ast.Expr | None:
    """The docstring of a module, class or function, as a statement."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None

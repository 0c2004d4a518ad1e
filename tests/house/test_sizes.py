"""Small functions, small files."""

import statistics
from pathlib import Path

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, PROJECT, Function, Module, docstring, modules

FUNCTION_MEDIAN, FUNCTION_P90, FUNCTION_MOST = 8, 25, 60
FILE_MEDIAN, FILE_P90, FILE_MOST = 130, 250, 400
EXCEPTIONS: dict[str, int] = {}
"""What is larger and why it stays so. May only shrink: an entry that is no longer needed fails a test."""


def length(module: Module, function: Function) -> int:
    """Lines of a function from `def` to its end, without docstring, empty lines and comments."""
    doc = docstring(function)
    hidden = range(doc.lineno, (doc.end_lineno or doc.lineno) + 1) if doc else range(0)
    lines = module.text.splitlines()
    numbers = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    return sum(1 for number in numbers if number not in hidden and lines[number - 1].strip()[:1] not in ("", "#"))


def quantile(sizes: list[int], part: float) -> int:
    """The size that this part of them does not exceed."""
    return sorted(sizes)[min(len(sizes) - 1, int(len(sizes) * part))] if sizes else 0


def too_long(root: Path) -> dict[str, int]:
    """Each function and file that is longer than any may be."""
    found = {}
    for module in modules(root):
        if _lines(module) > FILE_MOST:
            found[module.name] = _lines(module)
        for function in module.functions():
            if length(module, function) > FUNCTION_MOST:
                found[f"{module.name}:{function.name}"] = length(module, function)
    return found


def _lines(module: Module) -> int:
    return len(module.text.splitlines())


def too_long_on_the_whole(package: Path) -> list[str]:
    """Which of the package's medians and ninetieth percentiles is too high."""
    listed = modules(package)
    functions = [length(module, function) for module in listed for function in module.functions()]
    files = [_lines(module) for module in listed]
    measured = {
        "median function": (statistics.median(functions), FUNCTION_MEDIAN),
        "90th percentile of functions": (quantile(functions, 0.9), FUNCTION_P90),
        "median file": (statistics.median(files), FILE_MEDIAN),
        "90th percentile of files": (quantile(files, 0.9), FILE_P90),
    }
    return [f"{what}: {size} lines, at most {most}" for what, (size, most) in measured.items() if size > most]


def test_no_function_or_file_is_longer_than_any_may_be() -> None:
    """Package, tests, bench and scripts alike; the exceptions are exactly those that are needed."""
    assert too_long(PROJECT) == EXCEPTIONS


def test_most_functions_and_files_of_the_package_fit_in_a_glance() -> None:
    assert too_long_on_the_whole(PACKAGE) == []


LONG = "def long() -> None:\n" + '    """Doc.\n\n    More.\n    """\n' + "    x = 1\n" * 60


def test_a_planted_long_function_is_found(plant: Plant) -> None:
    assert too_long(plant({"a.py": LONG})) == {"a.py:long": 61}


def test_a_planted_long_file_is_found(plant: Plant) -> None:
    assert too_long(plant({"a.py": "x = 1\n" * 401})) == {"a.py": 401}


def test_docstrings_empty_lines_and_comments_cost_nothing(plant: Plant) -> None:
    text = (
        '\n\ndef f() -> None:\n    """' + "Doc.\n" * 80 + '    """\n' + "    # why\n\n" * 80 + "    x = (\n        1\n    )\n"
    )
    [module] = modules(plant({"a.py": text}))
    assert [length(module, function) for function in module.functions()] == [4]


def test_a_planted_tree_of_middling_functions_is_found(plant: Plant) -> None:
    function = "def f() -> None:\n" + "    x = 1\n" * 8
    assert too_long_on_the_whole(plant({"a.py": function})) == [
        f"median function: 9 lines, at most {FUNCTION_MEDIAN}",
    ]
    assert len(too_long_on_the_whole(plant({"a.py": LONG, "b.py": "x = 1\n" * 500}))) == 4

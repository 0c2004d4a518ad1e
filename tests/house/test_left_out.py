"""What a run leaves out is said loudly, and with STRICT=1 nothing is; only a missing program leaves a test out."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PROJECT, modules

SKIPS = {
    "pytest.skip",
    "pytest.importorskip",
    "pytest.mark.skip",
    "pytest.mark.skipif",
    "unittest.skip",
    "pytest.mark.xfail",
    "pytest.xfail",
}
MAY_SKIP = {"tests/left_out.py"}

SUITE = """
import pytest

@pytest.mark.needs("sh", "no-such-program")
def test_with_a_missing_program():
    raise AssertionError("not reached")

@pytest.mark.needs("sh")
def test_with_a_program():
    pass

def test_that_skips_itself():
    pytest.skip("no mood")
"""
SETTINGS = """
[pytest]
markers = needs(program): needs a program
pythonpath = {project}
addopts = -p tests.left_out -p no:cacheprovider
"""


def run(suite: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the suite of the folder with the plugin that this project's own suite runs with."""
    kept = {name: value for name, value in os.environ.items() if name not in ("STRICT", "LEFT_OUT", "PYTEST_ADDOPTS")}
    command = [sys.executable, "-m", "pytest", str(suite)]
    return subprocess.run(command, cwd=suite, env=kept | environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def suite(plant: Plant) -> Path:
    return plant({"test_suite.py": SUITE, "pytest.ini": SETTINGS.format(project=PROJECT)})


def test_a_plain_run_passes_and_says_what_is_missing_and_what_adds_it(suite: Path) -> None:
    ran = run(suite)
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"!+ LEFT OUT; `make test-deps` \(as root\) adds what is missing !+", ran.stdout)
    assert "no-such-program is missing: test_suite.py::test_with_a_missing_program" in ran.stdout
    assert "1 passed, 2 skipped" in ran.stdout


def test_a_strict_run_fails_for_everything_that_would_be_left_out(suite: Path) -> None:
    ran = run(suite, STRICT="1")
    assert ran.returncode == 1
    assert "STRICT=1, and this test would be left out: needs no-such-program" in ran.stdout
    assert "STRICT=1, and this test would be left out: no mood" in ran.stdout
    assert "skipped" not in ran.stdout.splitlines()[-1]


def test_an_empty_strict_is_a_plain_run(suite: Path) -> None:
    assert run(suite, STRICT="").returncode == 0


def test_runs_one_after_the_other_collect_what_they_left_out_in_one_file(suite: Path, tmp_path: Path) -> None:
    collected = tmp_path / "left out"
    for _ in range(2):
        assert "LEFT OUT" not in run(suite, LEFT_OUT=str(collected)).stdout
    assert collected.read_text().splitlines() == ["no-such-program is missing: test_suite.py::test_with_a_missing_program"] * 2


def other_ways_to_skip(root: Path) -> list[str]:
    """Each skip that is not the marker `needs`: it would leave a test out without anybody noticing."""
    found = []
    for module in modules(root):
        for node in module.walk():
            if isinstance(node, ast.Attribute) and ast.unparse(node) in SKIPS and module.name not in MAY_SKIP:
                found.append(f"{module.name}:{node.lineno}")
    return found


def test_only_a_missing_program_leaves_a_test_out() -> None:
    assert other_ways_to_skip(PROJECT) == []


@pytest.mark.parametrize(
    "text", ["@pytest.mark.skipif(True, reason='')\ndef test(): ...", "pytest.skip('x')", "x = pytest.importorskip('a')"]
)
def test_a_planted_skip_is_found(plant: Plant, text: str) -> None:
    assert len(other_ways_to_skip(plant({"tests/test_a.py": f"import pytest\n{text}\n"}))) == 1


ESSENTIAL = {"mount", "setpriv", "sh", "unshare"}
"""On every Debian."""


def programs_that_nothing_installs(root: Path) -> list[str]:
    """Each program that a test needs and that `make test-deps` does not add."""
    packages = re.search(r'packages="([^"]*)"', (root / "scripts/test-deps").read_text(encoding="utf-8"))
    installed = ESSENTIAL | set(packages[1].split() if packages else [])
    found = []
    for module in modules(root / "tests"):
        for call, name in module.calls():
            if name == "pytest.mark.needs":
                found += [str(ast.literal_eval(each)) for each in call.args if ast.literal_eval(each) not in installed]
    return found


def test_one_command_adds_every_program_that_a_test_needs() -> None:
    assert programs_that_nothing_installs(PROJECT) == []


def test_a_planted_need_that_nothing_installs_is_found(plant: Plant) -> None:
    suite = "import pytest\n@pytest.mark.needs('sh', 'curl', 'no-such-program')\ndef test() -> None: ...\n"
    tree = plant({"tests/test_a.py": suite, "scripts/test-deps": 'packages="curl wrk"'})
    assert programs_that_nothing_installs(tree) == ["no-such-program"]

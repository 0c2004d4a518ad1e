"""What a run leaves out: tests marked `needs("program")` whose program is missing.

A plain run skips them and says so loudly at its end; with STRICT=1 nothing may be left out, and every skip is a failure.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.postgres_programs import program

_STRICT = "STRICT"
_MISSING = "missing program"
_FILE = "LEFT_OUT"
"""Where `scripts/test` collects what its runs left out, to say it once, at its very end."""


def _strict() -> bool:
    return os.environ.get(_STRICT, "") not in ("", "0")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves a test out where a program that it needs is missing."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if not _is_installed(name):
                leave_out(item, name, f"needs {name}, which is not installed; `make test-deps` (as root) adds it")


def _is_installed(name: str) -> bool:
    """Whether it is there. PostgreSQL is no program of that name, and Debian keeps what belongs to it off the path."""
    return bool(program("initdb") if name == "postgresql" else shutil.which(name))


def leave_out(item: pytest.Item, missing: str, reason: str) -> NoReturn:
    """Leaves a test out, and has the end of the run say so: the only way to do it."""
    item.user_properties.append((_MISSING, missing))
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With STRICT=1 a skipped test has failed, whatever the reason."""
    report = yield
    if _strict() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"STRICT=1, and this test would be left out: {call.excinfo.value if call.excinfo else 'skipped'}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out, or leaves it to `scripts/test` to say. The workers of a parallel run are silent."""
    if hasattr(terminalreporter.config, "workerinput"):
        return
    missing: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        for name, lacking in report.user_properties:
            if name == _MISSING:
                missing[lacking].append(report.nodeid)
    lines = [f"{program} is missing: {test}" for program, tests in sorted(missing.items()) for test in sorted(tests)]
    if _FILE in os.environ:
        with Path(os.environ[_FILE]).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    elif lines:
        terminalreporter.section("LEFT OUT; `make test-deps` (as root) adds what is missing", sep="!", red=True)
        for line in lines:
            terminalreporter.write_line(line)

"""What the commands print is pasted into a shell, and it works: from an empty directory to the audit log."""

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.test_process import COMMAND, HANG, run


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[str]:
    """All that a server prints on an empty data directory, up to the command to paste; stopped afterwards."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--data", str(tmp_path / "new")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        seen = ""
        for line in process.stdout:
            seen += line
            if "--base-url" in line:
                break
        wait_until_it_answers(seen)
        yield seen
    finally:
        process.terminate()
        with suppress(BrokenPipeError):
            rest, _ = process.communicate(timeout=HANG)
        assert process.returncode == 0, rest


def wait_until_it_answers(printed: str) -> None:
    """Until its address, as it was printed, answers."""
    base = re.search(r"http://[\d.:]+", printed)
    assert base, printed
    deadline = time.monotonic() + HANG
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"{base[0]}/healthz", timeout=HANG):
            return
    pytest.fail("the server does not answer")


def shell_line(printed: str, start: str) -> str:
    """The command whose start matches, its continued lines with it."""
    found = re.search(rf"^  ({start}(?:.*\\\n)*.*)$", printed, re.MULTILINE)
    assert found, printed
    return found[1]


def typed(line: str, **environment: str) -> str:
    """What a shell prints when the line is typed."""
    ended = subprocess.run(
        ["/bin/sh", "-c", line], env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, timeout=HANG
    )
    assert ended.returncode == 0, ended
    return ended.stdout


@pytest.mark.needs("curl")
def test_a_stranger_pastes_three_lines_and_reads_the_audit_log(printed: str) -> None:
    """Create an integration, get a token, use it: each line as it was printed."""
    created = typed(re.sub(r"^\S+", COMMAND, shell_line(printed, r"\S*admincenter integration create")))
    answer = json.loads(typed(shell_line(created, "curl -F")))
    assert answer["expires_in"] == 7200
    page = json.loads(typed(shell_line(created, "curl -H"), TOKEN=answer["access_token"]))
    assert [each["extra_data"]["kind"] for each in page["data"]][:2] == ["token.issued", "integration.created"]


def test_nothing_secret_is_printed_by_the_server(printed: str) -> None:
    """Its output goes into journals."""
    assert not re.search(r"ac[st]_\w{20}", printed)


def test_a_second_command_line_works_beside_the_running_server(printed: str, tmp_path: Path) -> None:
    """Readers and writers share the data directory."""
    made = run("instance", "create", "Second", "--data", str(tmp_path / "new"), "--json")
    assert made.returncode == 0
    assert json.loads(made.stdout)["name"] == "Second"

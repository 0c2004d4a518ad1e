"""The real command in a process of its own: pipes, terminals, what is imported, two commands at once."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import ME, Shell

COMMAND = str(Path(sys.executable).with_name("admincenter"))
HANG = 60


def run(*arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=HANG, check=False, **more)


def test_the_console_script_and_the_module_are_the_same_command(data: Path) -> None:
    """`admincenter` and `python -m admincenter`."""
    script = run("instance", "list", "--json")
    module = subprocess.run(
        [sys.executable, "-m", "admincenter", "instance", "list", "--json"], capture_output=True, text=True, timeout=HANG
    )
    assert script.returncode == module.returncode == 0
    assert json.loads(script.stdout) == json.loads(module.stdout)
    refused = run("instance", "list", "--data", "nowhere")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("admincenter: There is no database in nowhere")


@pytest.mark.parametrize("command", [("integration", "list", "--json"), ("integration", "list"), ("integration", "--help")])
def test_a_reader_that_goes_away_is_no_error(made: dict[str, Any], command: tuple[str, ...]) -> None:
    """`admincenter … | head` ends quietly."""
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([COMMAND, *command], stdout=write, stderr=subprocess.PIPE, text=True, timeout=HANG, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_an_interrupted_command_ends_quietly(made: dict[str, Any]) -> None:
    """Ctrl-C is exit code 130 and no traceback; 0 where the command had begun to follow, which only Ctrl-C ends."""
    process = subprocess.Popen(
        [COMMAND, "audit", "tail", "-f"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANG)
    assert (process.returncode in (0, 130), said) == (True, "")


def test_serve_starts_without_the_libraries_of_the_other_commands(data: Path) -> None:
    """Neither the command line's library nor the one that draws tables is imported on the way to the server."""
    program = (
        "import sys; from admincenter.cli import run; code = run(['serve', '--port', 'x']);"
        "print(code, [name for name in ('typer', 'rich', 'pydantic', 'click') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG)
    assert ended.stdout == "2 []\n"


def test_a_command_for_programs_does_not_import_what_draws_tables(data: Path) -> None:
    """`--json` and one-sentence answers stay quick, break-glass above all."""
    program = "import sys; from admincenter.cli import run; run(['instance', 'revoke-all-tokens']);print('rich' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG)
    assert ended.stdout == "Live tokens revoked: 0\nFalse\n"


def at_a_terminal(typed: str, *arguments: str) -> tuple[int, str]:
    """Runs the command at a terminal and types; its exit code and all that the terminal showed."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen([COMMAND, *arguments], stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    os.write(keyboard, typed.encode())
    seen = b""
    with suppress(OSError):  # the command has closed its end
        while select.select([keyboard], [], [], HANG)[0]:
            seen += os.read(keyboard, 4_096)
    os.close(keyboard)
    return process.wait(timeout=HANG), seen.decode()


@pytest.mark.parametrize("typed", ["n\n", "\n", "\x04"])
def test_a_person_at_a_terminal_may_think_again(shell: Shell, made: dict[str, Any], typed: str) -> None:
    """A no, an empty line, an end of input: nothing is deleted, exit code 1."""
    code, seen = at_a_terminal(typed, "integration", "delete", made["app_id"])
    assert code == 1
    assert f"Delete integration Log reader ({made['app_id']})? It cannot be undone." in seen
    assert shell.json("integration", "show", made["app_id"])["name"] == "Log reader"


def test_a_person_at_a_terminal_who_says_yes_deletes(shell: Shell, made: dict[str, Any]) -> None:
    """And is told so."""
    code, seen = at_a_terminal("yes\n", "integration", "delete", made["app_id"])
    assert (code, "is deleted" in seen) == (0, True)
    assert shell.json("integration", "list") == []


def test_a_terminal_gets_a_table_in_its_own_width(made: dict[str, Any]) -> None:
    """The App ID is whole however narrow it is."""
    code, seen = at_a_terminal("", "integration", "list")
    assert code == 0
    assert made["app_id"] in seen


def test_commands_at_the_same_moment_all_take_effect(shell: Shell, made: dict[str, Any]) -> None:
    """They wait for each other; the log holds each once, without a gap, under this user's name."""
    processes = [
        subprocess.Popen([COMMAND, "integration", "allow", made["app_id"], f"198.51.100.{number}"], stdout=subprocess.DEVNULL)
        for number in range(6)
    ]
    assert [process.wait(timeout=HANG) for process in processes] == [0] * 6
    assert len(shell.json("integration", "show", made["app_id"])["allowed_addresses"]) == 7
    events = shell.events(made["instance"])
    assert [int(each["id"]) for each in events] == list(range(1, len(events) + 1))
    assert [each["actor_username"] for each in events[-6:]] == [ME] * 6

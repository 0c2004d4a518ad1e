"""`admincenter serve`: its flags come from the table of settings, by the short way and by the long way alike."""

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from admincenter.cli import serve, serve_command
from admincenter.settings import SETTINGS
from tests.cli.shell import Shell

FLAGS = [each.flag for each in SETTINGS]


def long_way(arguments: list[str]) -> dict[str, str]:
    """What the command line's library makes of the arguments; flags that were not given are left out."""
    command: Any = get_command(serve_command.app)
    parameters = command.make_context("serve", list(arguments)).params
    joined = {name: ",".join(value) if isinstance(value, list | tuple) else value for name, value in parameters.items()}
    return {name: value for name, value in joined.items() if value}


@given(st.lists(st.tuples(st.sampled_from(FLAGS), st.from_regex(r"[a-z0-9./:=]{1,12}", fullmatch=True), st.booleans())))
def test_both_ways_read_the_same_flags(flags: list[tuple[str, str, bool]]) -> None:
    """`--flag value` and `--flag=value`; the last one counts, proxies add up."""
    arguments = [part for flag, value, equals in flags for part in ([f"{flag}={value}"] if equals else [flag, value])]
    assert serve.plain_flags(arguments) == long_way(arguments)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--prot", "1"], ["--port"], ["extra"], ["--port", "1", "--"]])
def test_what_is_not_plain_goes_the_long_way(arguments: list[str]) -> None:
    """Help and mistakes are answered by the library that teaches."""
    assert serve.plain_flags(arguments) is None


def test_every_setting_is_a_flag_with_its_meaning_variable_and_default(shell: Shell) -> None:
    """The help page is the table."""
    seen = " ".join(shell.ok("serve", "--help").out.split())
    for setting in SETTINGS:
        assert f"{setting.flag} VALUE" in seen
        assert setting.help in seen
        assert setting.variable in seen


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--port", "70000"), "--port is '70000'; it must be a whole number from 0 to 65535"),
        (("--host", "0.0.0.0"), "is not loopback"),
        (("--tls-cert", "x.pem"), "belong together"),
        (("--trusted-proxy", "10.0.0.1", "--trusted-proxy", "proxy.example"), "--trusted-proxy is '10.0.0.1,proxy.example'"),
        (("--data", "/dev/null"), "/dev/null"),
    ],
)
def test_settings_that_make_no_sense_are_one_line(shell: Shell, arguments: tuple[str, ...], expected: str) -> None:
    """Exit code 2, before anything is made."""
    assert expected in shell.refused("serve", *arguments, code=2)


def test_an_unknown_variable_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt setting must not be silently without effect."""
    monkeypatch.setenv("ADMINCENTER_PROT", "1")
    assert "There is no setting ADMINCENTER_PROT" in shell.refused("serve", code=2)


def test_a_misspelt_flag_of_serve_is_wrong_usage(shell: Shell) -> None:
    """With the flags that were perhaps meant."""
    answer = shell("serve", "--prot", "1")
    assert answer.code == 2
    assert "--port" in answer.err


def test_the_table_of_settings_is_the_only_list_of_flags() -> None:
    """The command's signature has a parameter for each setting, in the table's order, and nothing else."""
    assert list(inspect.signature(serve_command.app.registered_commands[0].callback or print).parameters) == [
        each.name for each in SETTINGS
    ]

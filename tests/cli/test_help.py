"""`--help` teaches: every command says what it does and shows an example that can be typed."""

import shlex
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pytest
from typer.main import get_group

from admincenter import __version__
from admincenter.cli import tree
from tests.cli.shell import Shell


def commands(name: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that is not a group, under its full name."""
    if not hasattr(command, "list_commands"):
        yield name, command
        return
    for each in command.list_commands(None):
        yield from commands((*name, each), command.get_command(None, each))


COMMANDS = dict(commands((), get_group(tree.root)))


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_says_what_it_does_and_shows_an_example(shell: Shell, name: tuple[str, ...]) -> None:
    """The sentence, then the example at the end."""
    seen = shell.ok(*name, "--help").out
    assert seen.startswith(f"Usage: admincenter {' '.join(name)}")
    sentence = seen.split("\n\n")[1].strip()
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n  Example:\n    admincenter " + " ".join(name) in seen


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_the_example_of_a_command_is_one_that_it_takes(name: tuple[str, ...]) -> None:
    """Every option in it exists, nothing that is required is missing."""
    [line] = [COMMANDS[name].epilog.split("Example:\n")[1].replace("\\\n", " ")]
    words = list(takewhile(lambda word: word not in (">", "|"), shlex.split(line)))
    assert words[: len(name) + 1] == ["admincenter", *name]
    COMMANDS[name].make_context(name[-1], words[len(name) + 1 :])


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != ("serve",)], ids=" ".join)
def test_every_command_takes_data_and_json(name: tuple[str, ...]) -> None:
    """Where to work, and for whom to answer."""
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--data", "--json"} <= options


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_means(name: tuple[str, ...]) -> None:
    """No option and no argument without a sentence."""
    assert [parameter.name for parameter in COMMANDS[name].params if not getattr(parameter, "help", "")] == []


def test_no_command_is_cut_short_in_the_list_of_its_group(shell: Shell) -> None:
    """The first sentence of each is there to its end."""
    for group in ((), *((name,) for name in tree.GROUPS)):
        assert "..." not in shell.ok(*group, "--help").out.split("Commands:")[1]


def test_the_version_is_the_packages(shell: Shell) -> None:
    """One line."""
    assert shell.ok("--version").out == f"admincenter {__version__}\n"

"""A command that the documentation names exists, with the options that it is given."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from admincenter.cli import tree
from tests.docs.written import PAGES, PROJECT, name

_MENTION = re.compile(r"(?:^|`|\$ |\$\(|\bbin/)admincenter ([^\n`)]+)", re.MULTILINE)


def _mentions(page: Path) -> Iterator[list[str]]:
    """The words behind each `admincenter ` that is code, lines that go on joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    code = [*re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL), *re.findall(r"`[^`\n]+`", text)]
    for each in code:
        for found in _MENTION.finditer(each):
            yield found[1].split("#")[0].split()


def _wrong(words: list[str]) -> str:
    """What of a command line does not exist."""
    command: Any = get_group(tree.root)
    for word in words:
        if not hasattr(command, "list_commands") or word.startswith("-"):
            break
        if word not in command.list_commands(None):
            return word
        command = command.get_command(None, word)
    known = {option for each in command.params for option in each.opts} | {"--help"}
    return next((word for word in words if word.startswith("--") and word.split("=")[0] not in known), "")


_NAMING = [page for page in PAGES if any(_mentions(page))]


@pytest.mark.parametrize("page", _NAMING, ids=name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    """Its words lead to a command, and its options are that command's."""
    for words in _mentions(page):
        assert not _wrong(words), f"{_wrong(words)!r} in: admincenter {' '.join(words)}"


def test_the_pages_name_commands() -> None:
    """The search finds something: the README, the quickstart and how-to pages are among the pages."""
    found = {name(page) for page in _NAMING}
    assert {"README.md", "docs/quickstart.md", "docs/howto/backup-and-restore.md"} <= found
    assert PROJECT / "README.md" in _NAMING


@pytest.mark.parametrize("line", ["integration make", "audit verify --quickly", "integration create --purpose x --colour red"])
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    """A wrong word and a wrong option are both found."""
    assert _wrong(line.split())

"""The documentation as the tests read it: its pages, their links, their fenced blocks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]+`")


class Block(NamedTuple):
    """A fenced block, and the text between it and the one before."""

    language: str
    text: str
    lead: str


def name(page: Path) -> str:
    """What a failing test calls the page."""
    return str(page.relative_to(PROJECT))


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text, at, found = page.read_text(encoding="utf-8"), 0, []
    for each in _FENCE.finditer(text):
        found.append(Block(each[1], each[2], text[at : each.start()]))
        at = each.end()
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    return _LINK.findall(_CODE.sub("", prose(page)))


def anchors(page: Path) -> set[str]:
    """What a link may name behind `#`, made from headings as code forges make it."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def paths(page: Path) -> Iterator[str]:
    """What a page names as a file of this project, in code."""
    for each in _CODE.findall(prose(page)):
        text = each.strip("`")
        if re.fullmatch(r"[\w.\-]+(/[\w.\-*]+)+/?", text) and text.split("/")[0] in _ROOMS:
            yield text


_ROOMS = {"core", "store", "api", "cli", "docs", "tests", "scripts", "requirements", "server", "bench"}

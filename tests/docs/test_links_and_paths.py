"""What the documentation points at exists."""

from pathlib import Path

import pytest

from admincenter.core import decision
from tests.docs.written import PAGES, PROJECT, anchors, links, name, paths, prose

_NEVER = ("/work/", "/tmp/bash", "TODO", "FIXME")
_LOOK_IN = (PROJECT, PROJECT / "server" / "src" / "admincenter", PROJECT / "docs")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_internal_link_leads_somewhere(page: Path) -> None:
    """A link names a file that is there, and a heading that the file has."""
    for link in links(page):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    """A file that stands in code on a page is in the project."""
    for path in paths(page):
        assert any(list(room.glob(path.rstrip("/"))) for room in _LOOK_IN), f"there is no {path}"


def test_every_page_is_reached_from_the_readme() -> None:
    """No page is left over: following links from the README finds all of them."""
    reached, ahead = set(), [PROJECT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in reached:
                ahead.append(target)
    assert set(PAGES) <= reached, [name(page) for page in set(PAGES) - reached]


def test_the_life_of_a_request_shows_at_most_six_files_between_route_and_statement() -> None:
    """The numbered files of docs/request.md are the whole way, and each is linked."""
    text = prose(PROJECT / "docs" / "request.md").split("## From the route to the statement")[1].split("\n## ")[0]
    steps = [line for line in text.splitlines() if line.startswith("**") and line[2].isdigit()]
    assert 3 <= len(steps) <= 6
    assert text.count("](../server/src/admincenter/store/") == 2


def test_the_steps_of_the_decision_stand_in_the_order_of_the_code() -> None:
    """docs/request.md lists the steps as core/decision.py takes them."""
    assert ", ".join(decision.STEPS[:-1]) in prose(PROJECT / "docs" / "request.md")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_holds_nothing_that_is_not_for_readers(page: Path) -> None:
    """No notes to ourselves, and no paths of a developer's machine."""
    text = page.read_text(encoding="utf-8")
    assert not [each for each in _NEVER if each in text]

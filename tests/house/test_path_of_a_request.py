"""At most six files from the route to the statement; the page that shows them shows the ones that are really passed."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.house.tree import PACKAGE, PROJECT
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant

MOST = 6
STATEMENT = ("store/audit.py", "payloads")
ROUTE = "api/routes.py"
GATE = "api/gate.py"


def shown() -> list[str]:
    """The numbered files of the page."""
    page = (PROJECT / "docs/request.md").read_text(encoding="utf-8")
    return re.findall(r"^\*\*\d+\. .+\*\*\n\[([\w/]+\.py)\]", page, re.MULTILINE)


@contextmanager
def watched() -> Iterator[list[list[str]]]:
    """Collects, in threads started from now on, our files on the stack whenever the statement is reached, outermost first."""
    stacks: list[list[str]] = []

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and (_file(frame), frame.f_code.co_name) == STATEMENT:
            stacks.append(_files(frame))

    threading.setprofile(look)
    try:
        yield stacks
    finally:
        threading.setprofile(None)  # this is how it is switched off


def _file(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    return path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else ""


def _files(frame: FrameType | None) -> list[str]:
    found: list[str] = []
    while frame is not None:
        found.append(_file(frame))
        frame = frame.f_back
    return list(dict.fromkeys(name for name in reversed(found) if name))


def test_the_log_is_reached_through_exactly_the_files_that_are_shown(tmp_path: Path) -> None:
    with watched() as stacks, InProcess(tmp_path / "data", SettableClock()) as server:
        tenant = Tenant(server.store)
        token = server.wire.token(tenant.credential).json["access_token"]
        assert server.wire.get("/security_audit_logs?limit=1", token).status == 200
    assert sys.getprofile() is None
    [passed] = [files[files.index(GATE) :] for files in stacks if GATE in files]
    assert sorted([ROUTE, *passed]) == sorted(shown())


def test_there_are_at_most_six() -> None:
    assert 3 < len(shown()) <= MOST

"""Where PostgreSQL's programs are: on the path, or where Debian keeps them, the newest first."""

import shutil
from pathlib import Path

_WHERE = Path("/usr/lib/postgresql")


def program(name: str) -> str | None:
    """The path of one; None where it is not installed."""
    versions = sorted(_WHERE.glob(f"*/bin/{name}"), key=lambda each: int(each.parts[-3]))
    return shutil.which(name) or (str(versions[-1]) if versions else None)


def found(name: str) -> str:
    """The path of one that a test needs."""
    path = program(name)
    assert path is not None, f"{name} is missing"
    return path

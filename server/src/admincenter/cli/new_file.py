"""Where an export goes: standard output, or a file that appears under its name when it is whole. And cells that are safe."""

import csv
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from admincenter.core.errors import ValueBad

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula, full-width forms included."""


@contextmanager
def opened(target: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears under its name when it is whole. Raises ValueBad where that exists."""
    if target is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if target.exists():
        raise ValueBad(f"{target} exists already; choose another name")
    descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent)  # never a planted one
    beside = Path(name)
    with os.fdopen(descriptor, "wb") as out:
        try:
            yield out
            out.flush()
            beside.rename(target)
        finally:
            beside.unlink(missing_ok=True)


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV, every cell in quotes and safe."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a stranger's User-Agent must not run on an auditor's machine."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def plain(cell: str) -> str:
    """What `safe` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell

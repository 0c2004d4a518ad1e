"""Exporting the audit log: streamed, and a CSV that is safe to open in a spreadsheet."""

import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from admincenter.cli import output
from admincenter.cli.audit_view import Bounds, Since, Until
from admincenter.cli.context import Context, command, group
from admincenter.core import instances, stream
from admincenter.core.audit import Record, event
from admincenter.core.errors import ValueBad
from admincenter.core.ports import Change, Tx
from admincenter.core.query import FIELDS
from admincenter.core.stream import Span

app = group("")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula, full-width forms included."""


class Format(Enum):
    """How an export is written."""

    NDJSON = "ndjson"
    CSV = "csv"


How = Annotated[Format, typer.Option("--format", help="One JSON document a line (the stored bytes), or CSV.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="A new file; standard output if none is named.")
]


@command(app, "export", example="admincenter audit export --format csv --output audit.csv", of_instance=True)
def export(
    cli: Context,
    how: How = Format.NDJSON,
    target: Output = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write all events, the oldest first. The export is itself an event, recorded before the first byte leaves."""

    def begin(tx: Tx) -> Change[Span]:
        instance = instances.choose(tx, cli.wanted_instance)
        span = Bounds(since, until).span(tx, instance)
        told = event("audit.exported", instance.instance, cli.who, count=span.events, format=how.value, through=span.below - 1)
        return Change(span, [told])

    with _opened(target) as out:
        span = cli.write(begin)
        _write_all(cli, span, _WRITERS[how](out))
    if target is not None:
        done = {"file": str(target), "format": how.value, "count": span.events, "through": span.below - 1}
        output.sentence(cli, f"{span.events} events are in {target}", done)


@contextmanager
def _opened(target: Path | None) -> Iterator[BinaryIO]:
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


def _write_all(cli: Context, span: Span, write: Callable[[list[Record]], None]) -> None:
    for page in stream.pages(cli, span):
        write(page)
        output.progress(f"{page[-1].sequence - span.above:,} of {span.events:,} events are written")
    output.progress("")


def _ndjson(out: BinaryIO) -> Callable[[list[Record]], None]:
    def write(page: list[Record]) -> None:
        out.write(b"".join(row.payload + b"\n" for row in page))

    return write


def _csv(out: BinaryIO) -> Callable[[list[Record]], None]:
    out.write(_csv_lines([[*FIELDS[:-1], "kind", "summary", FIELDS[-1]]]))

    def write(page: list[Record]) -> None:
        out.write(_csv_lines([_cells(row) for row in page]))

    return write


def _csv_lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _cells(row: Record) -> list[str]:
    body = json.loads(row.payload)
    extra = body.pop("extra_data")
    plain = [str(body.get(name, "")) for name in FIELDS[:-1]]
    return [*plain, row.kind, extra["summary"], json.dumps(extra, ensure_ascii=False)]


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a stranger's User-Agent must not run on an auditor's machine."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


_WRITERS = {Format.NDJSON: _ndjson, Format.CSV: _csv}

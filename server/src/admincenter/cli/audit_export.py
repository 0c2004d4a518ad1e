"""Exporting the audit log: streamed, and a CSV that is safe to open in a spreadsheet."""

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from admincenter.cli import new_file, output
from admincenter.cli.audit_view import Bounds, Since, Until
from admincenter.cli.context import Context, command, group
from admincenter.core import instances, stream
from admincenter.core.audit import Record, event
from admincenter.core.ports import Change, Tx
from admincenter.core.query import FIELDS
from admincenter.core.stream import Span

app = group("")


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

    with new_file.opened(target) as out:
        span = cli.write(begin)
        _write_all(cli, span, _WRITERS[how](out))
    if target is not None:
        done = {"file": str(target), "format": how.value, "count": span.events, "through": span.below - 1}
        output.sentence(cli, f"{span.events} events are in {target}", done)


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
    out.write(new_file.csv_lines([[*FIELDS[:-1], "kind", "summary", FIELDS[-1]]]))

    def write(page: list[Record]) -> None:
        out.write(new_file.csv_lines([_cells(row) for row in page]))

    return write


def _cells(row: Record) -> list[str]:
    body = json.loads(row.payload)
    extra = body.pop("extra_data")
    plain = [str(body.get(name, "")) for name in FIELDS[:-1]]
    return [*plain, row.kind, extra["summary"], json.dumps(extra, ensure_ascii=False)]


_WRITERS = {Format.NDJSON: _ndjson, Format.CSV: _csv}

"""`account export`: the directory as CSV, in the columns that `account import` takes, or as SCIM resources, one a line."""

import json
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Annotated, BinaryIO

import typer

from admincenter.cli import new_file, output
from admincenter.cli.audit_export import Output
from admincenter.cli.context import Context, command, group
from admincenter.core import instances
from admincenter.core.account_document import as_read
from admincenter.core.account_pages import Scan
from admincenter.core.account_search import Search
from admincenter.core.audit import event
from admincenter.core.ports import Account, Change, Instance, Tx

app = group("")

PAGE = 500
"""How many accounts are in memory at once."""


class Format(Enum):
    """How accounts are written."""

    CSV = "csv"
    NDJSON = "ndjson"


How = Annotated[Format, typer.Option("--format", help="CSV, or one SCIM resource a line.")]


@command(app, "export", example="admincenter account export --output accounts.csv", of_instance=True)
def export(cli: Context, how: How = Format.CSV, target: Output = None) -> None:
    """Write all accounts, the oldest first, without their access codes. The export is itself an event, recorded first.

    A cell that a spreadsheet would take for a formula begins with an apostrophe, which `account import` takes away again.
    """

    def begin(tx: Tx) -> Change[tuple[Instance, int]]:
        instance = instances.choose(tx, cli.wanted_instance)
        count = tx.accounts.count(instance.instance)
        told = event("account.exported", instance.instance, cli.who, instance.instance, count=count, format=how.value)
        return Change((instance, count), [told])

    with new_file.opened(target) as out:
        instance, count = cli.write(begin)
        written = _write_all(cli, instance, count, _WRITERS[how](out))
    if target is not None:
        output.sentence(
            cli, f"{written:,} accounts are in {target}", {"file": str(target), "format": how.value, "count": written}
        )


def _write_all(cli: Context, instance: Instance, count: int, write: Callable[[list[bytes]], None]) -> int:
    written = 0
    for page in _pages(cli, instance):
        write([as_read(each, _NEVER) for each in page])
        written += len(page)
        output.progress(f"{written:,} of {count:,} accounts are written")
    output.progress("")
    return written


_NEVER = 2**62
"""A time at which every access code has expired."""


def _pages(cli: Context, instance: Instance) -> Iterator[list[Account]]:
    search = Search(count=PAGE)
    while True:
        found = cli.read(Scan(instance, search, bool))
        if found is None or not found.rows:
            return
        yield list(found.rows)
        if found.next is None:
            return
        search = Search(count=PAGE, cursor=found.next)


def _csv(out: BinaryIO) -> Callable[[list[bytes]], None]:
    from admincenter.scim import csv_rows

    out.write(new_file.csv_lines([list(csv_rows.COLUMNS)]))

    def write(documents: list[bytes]) -> None:
        out.write(new_file.csv_lines(csv_rows.row(json.loads(each)) for each in documents))

    return write


def _ndjson(out: BinaryIO) -> Callable[[list[bytes]], None]:
    def write(documents: list[bytes]) -> None:
        out.write(b"".join(each + b"\n" for each in documents))

    return write


_WRITERS = {Format.CSV: _csv, Format.NDJSON: _ndjson}

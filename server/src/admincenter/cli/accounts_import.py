"""`account import`: accounts from a CSV file, many rows a commit, in memory that does not grow with the file.

A bad row stops nothing: it is reported with its line and what is wrong, and the others are stored.
"""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.exceptions import Exit

from admincenter.cli import new_file, output
from admincenter.cli.accounts_view import writer
from admincenter.cli.context import Context, command, group
from admincenter.core import accounts, instances
from admincenter.core.accounts import Wanted
from admincenter.core.errors import CallRefused, NameTaken, ValueBad
from admincenter.core.ports import Account

app = group("")

AT_ONCE = 500
"""Rows that one transaction stores: few enough that a server's own writes hardly wait."""

MOST_TOLD = 1_000
"""How many bad rows `--json` lists; standard error has all."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file in UTF-8 with a heading; - reads standard input.")]
SkipPresent = Annotated[
    bool,
    typer.Option("--skip-present", help="Rows whose user name is there already are no fault, as after a broken-off import."),
]


class _Row(NamedTuple):
    line: int
    wanted: Wanted


@dataclass
class _Report:
    """What became of the rows so far. `told` are the bad ones, up to some."""

    skips_present: bool
    read: int = 0
    created: int = 0
    present: int = 0
    bad: int = 0
    taken: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    def refused(self, line: int, why: Exception) -> None:
        """A row that is not stored."""
        if self.skips_present and isinstance(why, NameTaken):
            self.present += 1
            return
        self.bad += 1
        self.taken += isinstance(why, NameTaken)
        if len(self.told) < MOST_TOLD:
            self.told.append({"line": line, "reason": str(why)})
        output.progress("")
        print(output.shown(f"line {line}: {why}"), file=sys.stderr)


@command(app, "import", example="admincenter account import people.csv", of_instance=True)
def import_all(cli: Context, file: File, skip_present: SkipPresent = False) -> None:
    """Create an account for each row of a CSV file, and invite it.

    The heading names attributes: userName (the one that must be there), externalId, active, displayName, givenName, familyName,
    title, workEmail, workPhone, mobilePhone, employeeNumber, department, manager, authMethod, startDate, termDate, invited and
    what else `account export` writes, or any path that PATCH takes. An empty cell says nothing. What is bad in which line is
    said on standard error, the other rows are stored, and the exit code is 1.
    """
    instance = cli.read(lambda tx: instances.choose(tx, cli.wanted_instance)).instance
    report = _Report(skip_present)
    with _opened(file) as stream, _refusing_what_is_no_table(report):
        for rows in _chunks(_rows(stream, report)):
            _store(cli, instance, rows, report)
            output.progress(f"{report.read:,} rows are read, {report.created:,} accounts created")
    output.progress("")
    _tell(cli, report)
    if report.bad:
        raise Exit(1)


@contextmanager
def _opened(file: Path) -> Iterator[io.TextIOBase]:
    if str(file) == "-":
        yield io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", newline="")
        return
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield stream


@contextmanager
def _refusing_what_is_no_table(report: _Report) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise ValueBad(f"The file is not UTF-8 text, some time after line {report.read + 1}; save it as UTF-8") from None
    except csv.Error as error:
        raise ValueBad(f"The file is not CSV after line {report.read + 1} ({error}); rows before may be stored") from None


def _rows(stream: io.TextIOBase, report: _Report) -> Iterator[_Row]:
    """Each good row; the bad ones are reported. A spreadsheet's semicolons are taken as well as commas."""
    from admincenter.scim import csv_rows

    first = stream.readline()
    separator = ";" if ";" in first and "," not in first else ","
    columns = csv_rows.columns(next(csv.reader([first], delimiter=separator), []))
    table = csv.reader(stream, delimiter=separator, strict=True)
    for cells in table:
        if not any(cells):
            continue
        report.read += 1
        line = table.line_num + 1  # the heading was the first
        try:
            yield _Row(line, csv_rows.wanted(columns, [new_file.plain(each) for each in cells]))
        except CallRefused as refusal:
            report.refused(line, refusal)


def _chunks(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    chunk: list[_Row] = []
    for each in rows:
        chunk.append(each)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _store(cli: Context, instance: str, rows: Sequence[_Row], report: _Report) -> None:
    made = cli.write(lambda tx: accounts.create_each(tx, instance, [each.wanted for each in rows], writer(cli)))
    for row, one in zip(rows, made, strict=True):
        if isinstance(one, Account):
            report.created += 1
        else:
            report.refused(row.line, one)


def _tell(cli: Context, report: _Report) -> None:
    counts = {"read": report.read, "created": report.created, "present": report.present, "bad": report.bad}
    text = f"{report.created:,} accounts are created of {report.read:,} rows"
    text += f"; {report.present:,} were there already" if report.present else ""
    text += f"; {report.bad:,} rows are bad, see above" if report.bad else ""
    text += "; --skip-present passes over user names that are taken" if report.taken else ""
    output.sentence(cli, text, counts | {"bad_rows": report.told})

"""The commands that look at accounts."""

import time
from typing import Annotated, Any

import typer

from admincenter.cli import output
from admincenter.cli.accounts_view import Chosen, body
from admincenter.cli.context import Context, command, group
from admincenter.core import accounts, instances
from admincenter.core.account_document import as_read, attributes_of
from admincenter.core.account_pages import Found, Scan
from admincenter.core.account_search import Search
from admincenter.core.ports import Tx

app = group("Look at accounts.")

_COLUMNS = ("account_id", "user_name", "external_id", "active", "state")
"""What fits beside an address of e-mail in 80 columns; `show` has the rest."""
_SECONDS = 60.0
"""How long a search may take here, where nobody else waits for it."""

Filter = Annotated[
    str | None,
    typer.Option("--filter", metavar="FILTER", help="A filter as the API takes it, such as 'userName sw \"a\"'."),
]
Start = Annotated[int, typer.Option("--start", min=1, metavar="N", help="The first one to show; they count from 1.")]
Count = Annotated[int, typer.Option("--count", min=0, max=1_000, metavar="N", help="How many to show; at most 1000.")]


@command(app, "list", example="admincenter account list --filter 'active eq false'", of_instance=True)
def list_all(cli: Context, wanted: Filter = None, start: Start = 1, count: Count = 100) -> None:
    """List accounts, the oldest first; how many there are is told at the end."""
    instance = cli.read(lambda tx: instances.choose(tx, cli.wanted_instance))
    ends = time.monotonic() + _SECONDS
    scan = Scan(instance, _search(wanted, start, count), lambda: time.monotonic() > ends)
    while (found := cli.read(scan)) is None:
        output.progress("Looking at one account after the other")
    output.progress("")
    now = cli.read(lambda tx: tx.now)
    rows = [body(each, now) for each in found.rows]
    if cli.json:
        output.document({"total": found.total, "start": start, "accounts": rows})
        return
    output.table(cli, rows, _COLUMNS, _none_shown(found.total))
    _say_how_many(found, start)


def _search(text: str | None, start: int, count: int) -> Search:
    if text is None:
        return Search(start=start, count=count)
    from admincenter.scim import filtering

    compiled = filtering.compiled(text)
    return Search(compiled.where, compiled.also, start=start, count=count)


def _say_how_many(found: Found, start: int) -> None:
    last = start + len(found.rows) - 1
    if found.rows:
        more = f"; --start {last + 1} shows more" if last < found.total else ""
        print(f"\n{start:,} to {last:,} of {found.total:,}{more}")


def _none_shown(total: int) -> str:
    if total:
        return f"None of them is within --start and --count; how many there are: {total:,}"
    return "There is no such account. `admincenter account create --help` shows how to make one"


@command(app, "show", example="admincenter account show ada@example.com", of_instance=True)
def show(cli: Context, account: Chosen) -> None:
    """Show one account with its attributes, its access code while that is good, and its history."""

    def look(tx: Tx) -> dict[str, Any]:
        row = accounts.chosen(tx, cli.here(tx), account)
        history = [
            {"version": each.version, "until": output.moment(each.changed_at), "then_changed_by": each.actor}
            for each in tx.account_journal.changes(row.instance, row.account_id)
        ]
        return body(row, tx.now) | _attributes(cli, attributes_of(row), as_read(row, tx.now)) | {"history": history}

    output.record(cli, cli.read(look))


def _attributes(cli: Context, attributes: dict[str, Any], document: bytes) -> dict[str, Any]:
    """For a person, the columns of a table of accounts that have a value; for a program, the whole resource."""
    import json

    from admincenter.scim import csv_rows

    if cli.json:
        return {"resource": json.loads(document)}
    ours = ("userName", "externalId", "active", "invited")
    cells = zip(csv_rows.COLUMNS, csv_rows.row(attributes), strict=True)
    return {name: cell for name, cell in cells if cell and name not in ours}

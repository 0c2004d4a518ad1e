"""Reading the audit log: `list` backwards, `tail` forwards."""

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Annotated, Any, NamedTuple

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.core import instances, moments, query, stream
from admincenter.core.audit import Record
from admincenter.core.errors import ValueBad
from admincenter.core.events import CATALOGUE
from admincenter.core.ports import Instance, Tx
from admincenter.core.stream import Span

app = group("")

COLUMNS = ("id", "time", "kind", "actor", "summary")
POLL_SECONDS = 1.0

Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, metavar="N", help="How many events at most.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Only events at or after: ISO 8601 or Unix seconds.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only events before: ISO 8601 or Unix seconds.")]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only events of this kind, such as token.issued.")]
After = Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="Go on behind this cursor of an earlier answer.")]
Lines = Annotated[int, typer.Option("--lines", "-n", min=0, max=10_000, metavar="N", help="How many of the newest events.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens, until Ctrl-C.")]


class Bounds(NamedTuple):
    """Which part of the log: times and a cursor, as they were typed."""

    since: str | None = None
    until: str | None = None
    after: str | None = None

    def span(self, tx: Tx, instance: Instance) -> Span:
        """The part as sequences. Raises ValueBad, CursorBad."""
        since = None if self.since is None else moments.parse(self.since, "--since")
        until = None if self.until is None else moments.parse(self.until, "--until")
        found = stream.span(tx, instance.instance, since, until)
        if self.after is None:
            return found
        return found._replace(below=min(found.below, query.read_cursor(instance.cursor_key, self.after)))


@command(app, "list", example="admincenter audit list --kind secret.reset --since 2026-11-01", of_instance=True)
def list_events(
    cli: Context,
    limit: Limit = 50,
    since: Since = None,
    until: Until = None,
    kind: Kind = None,
    after: After = None,
) -> None:
    """List events, the newest first."""
    if kind is not None and kind not in CATALOGUE:
        raise ValueBad(f"There is no kind {kind[:40]!r}; the kinds are {', '.join(sorted(CATALOGUE))}")

    def look(tx: Tx) -> tuple[Instance, Span]:
        instance = instances.choose(tx, cli.wanted_instance)
        return instance, Bounds(since, until, after).span(tx, instance)

    instance, span = cli.read(look)
    backwards = stream.pages(cli, span, ascending=False, size=stream.PAGE if kind else limit)
    wanted = (row for page in backwards for row in page if kind in (None, row.kind))
    _answer(cli, instance, list(islice(wanted, limit)), limit)


def _answer(cli: Context, instance: Instance, rows: Sequence[Record], limit: int) -> None:
    full = len(rows) == limit
    cursor = query.write_cursor(instance.cursor_key, rows[-1].sequence) if full else None
    if cli.json:
        output.document({"events": [json.loads(row.payload) for row in rows], "after": cursor})
        return
    output.table(cli, [_row(row) for row in rows], COLUMNS, "No event fits.")
    if cursor:
        print(f"\nOlder events: --after {cursor}")


def _row(record: Record) -> dict[str, Any]:
    summary = json.loads(record.payload)["extra_data"]["summary"]
    return {
        "id": record.sequence,
        "time": output.moment(record.recorded_at),
        "kind": record.kind,
        "actor": record.actor,
        "summary": summary,
    }


@command(app, "tail", example="admincenter audit tail -f", of_instance=True)
def tail(cli: Context, lines: Lines = 10, follow: Follow = False) -> None:
    """Show the newest events, the oldest of them first; with -f go on with what happens, one line an event."""
    span = cli.read(lambda tx: stream.span(tx, cli.here(tx)))
    rest = _print_after(cli, span._replace(above=max(span.above, span.below - 1 - lines)))
    if follow:
        with _ctrl_c() as stop:
            while not stop.wait(POLL_SECONDS):
                now = cli.read(lambda tx: stream.span(tx, cli.here(tx)))
                rest = _print_after(cli, rest._replace(below=now.below))


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """Ctrl-C as an event that is looked at between two lines, so that it never cuts one."""
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _print_after(cli: Context, span: Span) -> Span:
    """Prints the span in whole lines; what is left of it afterwards."""
    for page in stream.pages(cli, span):
        sys.stdout.write("".join(_line(cli, row) + "\n" for row in page))
        sys.stdout.flush()
        span = span._replace(above=page[-1].sequence)
    return span


def _line(cli: Context, record: Record) -> str:
    if cli.json:
        return json.dumps(json.loads(record.payload))
    return "  ".join(output.shown(each) for each in _row(record).values())

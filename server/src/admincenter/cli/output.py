"""How commands answer: a table or a record for people, one JSON document for programs (`--json`).

Stored text never reaches a terminal raw: control and direction characters are replaced, and nothing is read as markup. JSON
is pure ASCII, so it cannot carry them either.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from admincenter.cli.context import Context
from admincenter.core import values
from admincenter.core.audit import SECOND

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LONGEST_CELL = 10_000


def moment(microseconds: int) -> str:
    """A time as ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(microseconds // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(value: object) -> str:
    """One value as people read it."""
    match value:
        case None | "" | [] | ():
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return "\n".join(shown(each) for each in value)
        case int():
            return f"{value:,}"
        case _:
            return values.visible(str(value), LONGEST_CELL)


def document(body: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(body, indent=2))


def sentence(cli: Context, text: str, body: Mapping[str, Any]) -> None:
    """What was done: one line for people, the body for programs."""
    if cli.json:
        document(body)
    else:
        print(shown(text))


def table(cli: Context, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Rows: some of their columns for people, or a sentence where there is none; everything for programs."""
    if cli.json:
        document(rows)
    elif not rows:
        print(empty)
    else:
        _console().print(_grid(rows, columns))


def record(cli: Context, body: Mapping[str, Any], hidden: Sequence[str] = ()) -> None:
    """One thing with all its values. A list of rows becomes a table below, under its own heading."""
    if cli.json:
        document(body)
        return
    seen = {name: value for name, value in body.items() if name not in hidden}
    console = _console()
    console.print(_lines({name: value for name, value in seen.items() if not _is_rows(value)}))
    for name, rows in seen.items():
        if _is_rows(rows):
            console.print("\n" + _words(name), style="bold")
            console.print(_grid(rows, list(rows[0])))


def progress(text: str) -> None:
    """Where a long command stands: on standard error, and only for a person who watches. An empty text clears the line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{values.visible(text, LONGEST_CELL)}", end="", file=sys.stderr, flush=True)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return words.replace("app id", "App ID").replace("app secret", "App Secret")


def _console() -> "Console":
    """A terminal as wide as it is; a file or pipe so wide that nothing is folded. A reader that goes away ends the command."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Screen(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else LONGEST_CELL)


def _grid(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "RenderableType":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        grid.add_column(_words(name), overflow="fold", no_wrap=name == columns[0])
    for row in rows:
        grid.add_row(*(Text(shown(row[name])) for name in columns))
    return grid


def _lines(body: Mapping[str, Any]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    lines = Table.grid(padding=(0, 2))
    for name, value in body.items():
        lines.add_row(Text(_words(name), style="bold"), Text(shown(value)))
    return lines

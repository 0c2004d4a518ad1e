"""`database move`: a data directory's database goes into PostgreSQL, with everything that is in it."""

from pathlib import Path
from typing import Annotated

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.core.errors import StartRefused

app = group("")

_SQLITE = "sqlite:"

Source = Annotated[str, typer.Option("--from", metavar="sqlite:DIR", help="The data directory whose database is moved.")]
Target = Annotated[
    str,
    typer.Option(
        "--to", metavar="URL", help="An empty PostgreSQL: postgresql://user@host/database, as the role that migrates."
    ),
]
Back = Annotated[bool, typer.Option("--back", help="Undo a move after which nothing has happened in PostgreSQL yet.")]


def _directory(text: str) -> Path:
    if not text.startswith(_SQLITE) or text == _SQLITE:
        raise StartRefused(f"--from is {text!r}; it must be sqlite: and a data directory, as in sqlite:./data")
    return Path(text.removeprefix(_SQLITE))


def _telling(what: str, done: int, of: int) -> None:
    output.progress(f"{what}: {done:,} of {of:,}" if of > 1 else what)


@command(
    app, "move", example="admincenter database move --from sqlite:./data --to postgresql://migrator@db.example.com/admincenter"
)
def move(cli: Context, source: Source, target: Target, back: Back = False) -> None:
    """Move everything from a data directory into PostgreSQL, with the server stopped. Secrets and tokens stay good.

    Broken off, it goes on where it was when it is typed again. At the end both sides are compared and every log is verified;
    only then is the old file marked, and never served again by mistake. The key file stays where it is, and is still needed.
    """
    data = _directory(source)
    try:
        if back:
            done = cli.storage.move_back(data, target, cli.who, _telling)
        else:
            done = cli.storage.move(data, cli.key_file, target, cli.who, _telling)
    finally:
        output.progress("")
    output.sentence(cli, _said(done.database, done.rows, back), done._asdict())


def _said(database: str, rows: int, back: bool) -> str:
    if back:
        return f"{database} is in service again, and the database in PostgreSQL no longer is; it can be dropped"
    if not rows:
        return f"This database was moved to the {database} before; nothing was to do"
    return (
        f"{rows:,} rows are in the {database}, compared and verified. Serve it with ADMINCENTER_DATABASE_URL; keep the key file"
    )

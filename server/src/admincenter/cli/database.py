"""The commands on the whole database: check, backup, restore; and, each in a file of its own, upkeep and move."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from admincenter.cli import database_move, database_upkeep, output
from admincenter.cli.context import Context, command, group
from admincenter.core.errors import ConfirmationNeeded, StartRefused
from admincenter.core.restoration import Restored, Revived

app = group("The database as a whole: check it, back it up while the server writes, restore a backup, move to PostgreSQL.")

Yes = Annotated[bool, typer.Option("--yes", help="Every token dies, and every App Secret is reset.")]

Target = Annotated[Path, typer.Argument(metavar="FILE", help="A new file; none is ever overwritten.")]
Source = Annotated[Path, typer.Argument(metavar="FILE", help="What `database backup` wrote.")]


def _telling(what: str) -> Callable[[int, int], None]:
    return lambda done, of: output.progress(f"{what}: {done:,} of {of:,} pages" if done < of else "")


@command(app, "check", example="admincenter database check")
def check(cli: Context) -> None:
    """Look at every page, every reference, and whether what is stored twice agrees; exit code 1 where something is wrong."""
    faults = cli.store.faults()
    for each in faults if not cli.json else []:
        print(output.shown(each))
    if cli.json or not faults:
        output.sentence(cli, "The database is sound", {"faults": faults})
    if faults:
        raise typer.Exit(1)


@command(app, "backup", example="admincenter database backup /backups/admincenter-monday.db")
def backup(cli: Context, target: Target) -> None:
    """Write one moment of the database into a new file, while the server goes on.

    The key file is not in it: back that up apart, and keep the two in different places.
    """
    cli.store.backup(target, cli.who, _telling("Copied"))
    output.sentence(cli, f"The backup is {target}. The key file is not in it; back it up apart", {"file": str(target)})


@command(app, "restore", example="admincenter database restore /backups/admincenter-monday.db")
def restore(cli: Context, source: Source) -> None:
    """Put a backup in the database's place, with the server stopped. The old database is kept beside it.

    Every token is dead afterwards, and every secret that was reset since the backup is reset again.
    """
    if cli.database_url:
        raise StartRefused(
            "A PostgreSQL database is restored with PostgreSQL's own tools, such as `pg_restore`; "
            "stop the servers first, and type `admincenter database restored` before they start again"
        )
    done = cli.storage.restore(cli.data, cli.key_file, source, cli.who, _telling("Copied"))
    if cli.json:
        output.document(_body(done))
        return
    print(f"The backup of {output.moment(done.taken_at)} is restored; every token is dead.")
    _tell(done)


@command(app, "restored", example="admincenter database restored --yes")
def restored(cli: Context, *, yes: Yes = False) -> None:
    """Make a PostgreSQL database fit that PostgreSQL's own tools put back, before a server starts on it again.

    Every token is dead afterwards, and since nothing is there that knows which secrets were reset meanwhile, every secret is
    reset.
    """
    if not yes:
        raise ConfirmationNeeded("Every token dies, and every App Secret is reset and known to nobody.", "--yes")
    done = cli.store.restored(cli.who)
    if cli.json:
        output.document(_body(done))
        return
    print(f"The database is as it was on {output.moment(done.taken_at)}; every token is dead.")
    _tell(done)


def _tell(done: Restored) -> None:
    if done.kept:
        print(f"The old database is kept as {done.kept}.")
    if not done.compared:
        print("No database was there that knows which secrets were reset since, so every secret is reset.")
    for each in done.instances:
        _explain(each, many=len(done.instances) > 1)


def _body(done: Restored) -> dict[str, Any]:
    return {
        "taken_at": output.moment(done.taken_at),
        "kept": done.kept or None,
        "compared": done.compared,
        "instances": [
            {
                "instance": each.instance,
                "secrets_reset": list(each.reset),
                "access_changed": list(each.changed),
                "accounts_deactivated": list(each.deactivated),
            }
            for each in done.instances
        ],
    }


def _explain(revived: Revived, many: bool) -> None:
    chosen = f" --instance {revived.instance}" if many else ""
    if revived.reset:
        print(f"{len(revived.reset)} App Secrets are reset and known to nobody. Get new ones:")
    for app_id in revived.reset:
        print(f"  admincenter integration reset-secret {app_id}{chosen}")
    if revived.changed:
        print("Permissions or addresses are as they were at the backup; look at each:")
    for app_id in revived.changed:
        print(f"  admincenter integration show {app_id}{chosen}")
    if revived.deactivated:
        print(f"{len(revived.deactivated)} accounts are deactivated, as they were, or deleted, since the backup; look at each:")
    for account_id in revived.deactivated:
        print(f"  admincenter account show {account_id}{chosen}")


for _part in (database_upkeep, database_move):
    app.add_typer(_part.app)

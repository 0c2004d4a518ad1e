"""`database status|migrate|grants`: how a database stands, its schema brought up, the rights of the server's role."""

from typing import Annotated

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group

app = group("")

Role = Annotated[str, typer.Argument(metavar="ROLE", help="The role that the server connects as.")]
Apply = Annotated[bool, typer.Option("--apply", help="Run the statements instead of printing them.")]


@command(
    app, "status", example="admincenter database status --database-url postgresql://admincenter@db.example.com/admincenter"
)
def status(cli: Context) -> None:
    """Show which engine and schema it is, whether it is in service, and what the role of the connection may do."""
    output.record(cli, cli.storage.standing(cli.database_url, cli.data)._asdict())


@command(app, "migrate", example="admincenter database migrate --database-url postgresql://migrator@db.example.com/admincenter")
def migrate(cli: Context) -> None:
    """Bring the schema up to this version, one command at a time; repeating it does nothing.

    Where the server has a role of its own, `database grants` gives it its rights afterwards.
    """
    done = cli.storage.migrated(cli.database_url, cli.data)
    text = f"{done.database} has schema {done.after}"
    text += f"; applied: {', '.join(done.applied)}" if done.applied else ", which is this version's; nothing was to do"
    output.sentence(cli, text, done._asdict())


@command(app, "grants", example="admincenter database grants admincenter_server --apply")
def grants(cli: Context, role: Role, apply: Apply = False) -> None:
    """Print what makes a role the server's: it may serve, and can neither change nor delete what is in the audit log.

    Connect as the role that migrates, and repeat this after each migration.
    """
    statements = list(cli.storage.rights_of_the_server(cli.database_url, role, apply))
    if cli.json:
        output.document({"role": role, "applied": apply, "statements": statements})
    elif apply:
        print(output.shown(f"Role {role} has the rights of the server, and no more"))
    else:
        print("\n".join(f"{each};" for each in statements))

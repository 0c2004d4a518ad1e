"""The commands on instances: one organisation each."""

import os
from enum import Enum
from typing import Annotated, Any

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.cli.integrations_life import Switch
from admincenter.core import instances
from admincenter.core.ports import Change, Instance, Tx

app = group("Instances: one organisation each; nothing leaks between them.")


class Setting(Enum):
    """What can be set of an instance."""

    PROTECT_CLAIMED = instances.PROTECT_CLAIMED


What = Annotated[Setting, typer.Argument(metavar="SETTING", help="protect-claimed: no claimed account is ever deleted.")]
Value = Annotated[Switch, typer.Argument(metavar="on|off", help="Whether it shall be so.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")]


def _body(row: Instance) -> dict[str, Any]:
    return {"instance": row.instance, "name": row.name, "created_at": output.moment(row.created_at)}


@command(app, "create", example="admincenter instance create 'Example Ltd'")
def create(cli: Context, name: Name) -> None:
    """Create an instance, an organisation with integrations and an audit log of its own."""
    row = cli.write(lambda tx: instances.create(tx, name, cli.who, os.urandom))
    output.sentence(cli, f"Instance {row.name} is created; its id is {row.instance}", _body(row))


@command(app, "list", example="admincenter instance list --json")
def list_all(cli: Context) -> None:
    """List the instances."""
    rows = cli.read(lambda tx: [_body(row) for row in tx.instances.all()])
    output.table(cli, rows, ("instance", "name", "created_at"), "There is no instance. `admincenter instance create` makes one")


@command(app, "rename", example="admincenter instance rename 'Example Inc' --instance 'Example Ltd'", of_instance=True)
def rename(cli: Context, name: Name) -> None:
    """Give an instance another name. Its id stays."""
    row = cli.write(lambda tx: instances.rename(tx, cli.here(tx), name, cli.who))
    output.sentence(cli, f"Instance {row.instance} is now called {row.name}", _body(row))


@command(app, "set", example="admincenter instance set protect-claimed on", of_instance=True)
def set_one(cli: Context, setting: What, value: Value) -> None:
    """Change a setting of an instance.

    With protect-claimed on, an account that its owner has claimed is deleted by nobody, over no API and by no command;
    deactivate it instead.
    """

    def change(tx: Tx) -> Change[tuple[str, bool]]:
        here = cli.here(tx)
        made = instances.protect_claimed(tx, here, value is Switch.ON, cli.who)
        return Change((here, bool(made.events)), made.events)

    here, changed = cli.write(change)
    done = f"Setting {setting.value} of instance {here} is {value.value}"
    body = {"instance": here, "setting": setting.value, "value": value.value}
    output.sentence(cli, done if changed else f"{done} already; nothing was changed", body)


@command(app, "revoke-all-tokens", example="admincenter instance revoke-all-tokens", of_instance=True)
def revoke_all_tokens(cli: Context) -> None:
    """Break-glass: kill every live token of the instance at once. Asks nothing.

    Every integration can get a new token with its App Secret; reset the secrets that leaked, or disable the integration.
    """
    count = cli.write(lambda tx: instances.revoke_all_tokens(tx, cli.here(tx), cli.who))
    output.sentence(cli, f"Live tokens revoked: {count}", {"revoked": count})

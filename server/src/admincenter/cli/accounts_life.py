"""The commands on an account's life: made, taken out of use and back, claimed, deleted."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from admincenter.cli import output
from admincenter.cli.accounts_view import Chosen, body, change, writer
from admincenter.cli.context import Context, command, group
from admincenter.cli.integrations_life import Yes, confirm
from admincenter.core import accounts, instances
from admincenter.core.accounts import Wanted
from admincenter.core.errors import ValueBad
from admincenter.core.ports import Account, Change, Tx

app = group("An account's life.")

UserName = Annotated[str, typer.Argument(metavar="USER_NAME", help="What its owner signs in with; case is ignored.")]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Its work e-mail address.")]
ExternalId = Annotated[str | None, typer.Option("--external-id", metavar="ID", help="What it is called where it comes from.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="An attribute (title, department, …) or a path as PATCH takes it. Repeatable.",
    ),
]
NoInvitation = Annotated[bool, typer.Option("--no-invitation", help="Do not invite it yet: it gets no access code.")]


@command(
    app,
    "create",
    example="admincenter account create ada@example.com --email ada@example.com --set title=Engineer",
    of_instance=True,
)
def create(
    cli: Context,
    user_name: UserName,
    email: Email = None,
    external_id: ExternalId = None,
    attributes: Set = None,
    no_invitation: NoInvitation = False,
) -> None:
    """Create an account and invite it.

    The answer holds the access code with which its owner claims it, good for 30 days; `account show` shows it until then.
    """
    if not user_name.strip():
        raise ValueBad("The user name may not be empty")
    given = [("userName", user_name), ("workEmail", email or ""), ("externalId", external_id or "")]
    wanted = _wanted([*given, *_pairs(attributes or [])])
    if no_invitation:
        wanted = wanted._replace(invited=False)

    def make(tx: Tx) -> Change[Account]:
        return accounts.create(tx, cli.here(tx), wanted, writer(cli))

    row = cli.write(make)
    after = body(row, row.created_at)
    code = f"; its access code is {after['access_code']}" if after["access_code"] else ""
    output.sentence(cli, f"Account {row.user_name} is created; its id is {row.account_id}{code}", after)


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for each in texts:
        name, is_there, value = each.partition("=")
        if not (name and is_there):
            raise ValueBad(f"--set {each} names no value; write it as NAME=VALUE")
        yield name, value


def _wanted(given: Sequence[tuple[str, str]]) -> Wanted:
    """The account that such a row of a table describes."""
    from admincenter.scim import csv_rows

    told = [(name, value) for name, value in given if value]
    return csv_rows.wanted(csv_rows.columns([name for name, _ in told]), [value for _, value in told])


@command(app, "deactivate", example="admincenter account deactivate ada@example.com", of_instance=True)
def deactivate(cli: Context, account: Chosen) -> None:
    """Take it out of use; nothing of it is lost.

    This is the normal off-boarding: `admincenter account reactivate` undoes it.
    """
    change(cli, account, lambda tx, at, one: accounts.deactivate(tx, at, one, cli.who), "Account {user_name} is deactivated")


@command(app, "reactivate", example="admincenter account reactivate ada@example.com", of_instance=True)
def reactivate(cli: Context, account: Chosen) -> None:
    """Take it into use again."""
    change(cli, account, lambda tx, at, one: accounts.reactivate(tx, at, one, cli.who), "Account {user_name} is active")


@command(app, "claim", example="admincenter account claim ada@example.com", of_instance=True)
def claim(cli: Context, account: Chosen) -> None:
    """Mark it as claimed: its owner has made it his own. Its access code is worth nothing from then on."""
    change(cli, account, lambda tx, at, one: accounts.claim(tx, at, one, cli.who), "Account {user_name} is claimed")


@command(app, "delete", example="admincenter account delete ada@example.com --yes", of_instance=True)
def delete(cli: Context, account: Chosen, yes: Yes = False) -> None:
    """Delete it for ever; its user name is free at once.

    Its id is never used again, and its audit events stay. A claimed account is refused where the instance protects those
    (`admincenter instance set protect-claimed on`).
    """
    row = cli.read(lambda tx: accounts.chosen(tx, cli.here(tx), account))
    if not yes:
        confirm(f"Delete account {output.shown(row.user_name)} ({row.account_id})? It cannot be undone.")

    def remove(tx: Tx) -> Change[Account]:
        here = cli.here(tx)
        return accounts.delete(tx, here, row.account_id, None, instances.protects_claimed(tx, here), cli.who)

    gone = cli.write(remove)
    told = {"account_id": gone.account_id, "user_name": gone.user_name, "deleted": True}
    output.sentence(cli, f"Account {gone.user_name} ({gone.account_id}) is deleted", told)

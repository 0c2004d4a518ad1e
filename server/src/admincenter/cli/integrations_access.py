"""The commands on what an integration may do, and from where. The very next request feels each of them."""

from collections.abc import Iterable
from typing import Annotated

import typer

from admincenter.cli.context import Context, command, group
from admincenter.cli.integrations_view import AppId, change
from admincenter.core import integrations
from admincenter.core.permissions import Permission, parse_permission
from admincenter.core.ports import Change, Integration

app = group("Permissions and addresses.")

KEYS = ", ".join(each.value for each in Permission)
ENTRY = "An IPv4 or IPv6 address, or a CIDR network without host bits."
WIDE = "Yes, an entry that is wider than /16 (IPv6: /32)."

Permissions = Annotated[list[str], typer.Argument(metavar="PERMISSION...", help=f"One of {KEYS}; several may be given.")]
Entries = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help=f"{ENTRY} Several may be given.")]
ConfirmWide = Annotated[bool, typer.Option("--confirm-wide", help=WIDE)]
ConfirmEmpty = Annotated[bool, typer.Option("--confirm-empty", help="Yes, the last entry: nobody can use it then.")]


def _together(changes: Iterable[Change[Integration]]) -> Change[Integration]:
    """Changes of one transaction as one: all of them, or a refusal and none."""
    made = list(changes)
    return Change(made[-1].value, [event for each in made for event in each.events])


@command(app, "grant", example="admincenter integration grant 1001234567890123 read_security_audit_logs", of_instance=True)
def grant(cli: Context, app_id: AppId, permission: Permissions) -> None:
    """Grant permissions that its purpose allows."""
    keys = [parse_permission(each) for each in permission]
    done = f"Integration {app_id} holds {', '.join(permission)}"
    change(cli, lambda tx, at: _together(integrations.grant(tx, at, app_id, key, cli.who) for key in keys), done)


@command(app, "withdraw", example="admincenter integration withdraw 1001234567890123 manage_accounts", of_instance=True)
def withdraw(cli: Context, app_id: AppId, permission: Permissions) -> None:
    """Take permissions away; its token stays alive."""
    keys = [parse_permission(each) for each in permission]
    done = f"Integration {app_id} does not hold {', '.join(permission)}"
    change(cli, lambda tx, at: _together(integrations.withdraw(tx, at, app_id, key, cli.who) for key in keys), done)


@command(app, "allow", example="admincenter integration allow 1001234567890123 203.0.113.9 2001:db8::/48", of_instance=True)
def allow(cli: Context, app_id: AppId, address: Entries, confirm_wide: ConfirmWide = False) -> None:
    """Add entries to its allowlist."""
    change(
        cli,
        lambda tx, at: _together(integrations.allow(tx, at, app_id, each, confirm_wide, cli.who) for each in address),
        f"Integration {app_id} may be used from {', '.join(address)}",
    )


@command(app, "disallow", example="admincenter integration disallow 1001234567890123 203.0.113.9", of_instance=True)
def disallow(cli: Context, app_id: AppId, address: Entries, confirm_empty: ConfirmEmpty = False) -> None:
    """Remove entries of its allowlist."""
    change(
        cli,
        lambda tx, at: _together(integrations.disallow(tx, at, app_id, each, confirm_empty, cli.who) for each in address),
        f"{', '.join(address)} is off the allowlist of integration {app_id}",
    )

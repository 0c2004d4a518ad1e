"""The commands that make an App Secret: it is printed once and kept nowhere."""

import os
import shlex
from typing import Annotated, Any

import typer

from admincenter import settings
from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.cli.integrations_access import ENTRY, KEYS, ConfirmWide
from admincenter.cli.integrations_view import AppId, body
from admincenter.core import integrations
from admincenter.core.integrations import Created, Wanted
from admincenter.core.permissions import Permission, Purpose, parse_permission, parse_purpose
from admincenter.core.ports import Change, Tx

app = group("App Secrets.")

_PURPOSES = "; ".join(f"{each.value} may hold {', '.join(one.value for one in each.permissions)}" for each in Purpose)

_TRIED = {Permission.READ_SECURITY_AUDIT_LOGS: "/security_audit_logs", Permission.MANAGE_ACCOUNTS: "/scim/v2/Users"}
"""What the printed request calls, by the first of these permissions that the integration holds."""

PurposeKey = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help=f"What it is for: {_PURPOSES}.")]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="What people call it.")]
Description = Annotated[str, typer.Option("--description", metavar="TEXT", help="What it does.")]
Owner = Annotated[str, typer.Option("--owner", metavar="WHO", help="Who answers for it.")]
AllowIp = Annotated[list[str], typer.Option("--allow-ip", metavar="ADDRESS", help=f"{ENTRY} At least one; repeatable.")]
PermissionKeys = Annotated[list[str], typer.Option("--permission", metavar="KEY", help=f"One of {KEYS}; repeatable.")]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        "--public-url",
        metavar="URL",
        help="The base address to print. [ADMINCENTER_PUBLIC_URL]",
    ),
]


@command(
    app,
    "create",
    example="admincenter integration create --purpose security --name 'Log reader' \\\n"
    "    --allow-ip 127.0.0.1 --permission read_security_audit_logs",
    of_instance=True,
)
def create(
    cli: Context,
    purpose: PurposeKey,
    name: Name,
    description: Description = "",
    owner: Owner = "",
    allow_ip: AllowIp = [],  # noqa: B006 - the command line's library reads it, nobody writes it
    permission: PermissionKeys = [],  # noqa: B006
    confirm_wide: ConfirmWide = False,
    base_url: BaseUrl = None,
) -> None:
    """Create an integration; prints its App Secret, once.

    Prints also the request that gets a token with it, ready to paste. The purpose bounds what it may ever be granted.
    """
    permissions = [parse_permission(each) for each in permission]
    wanted = Wanted(parse_purpose(purpose), name, description, owner, allow_ip, permissions, confirm_wide)
    base, key = _base(base_url), cli.store.keyring().primary

    def made(tx: Tx) -> Change[dict[str, Any]]:
        change = integrations.create(tx, cli.here(tx), wanted, key, cli.who, os.urandom)
        return Change(_with_secret(tx, change.value, base), change.events)

    _tell(cli, cli.write(made), "is created")


@command(app, "reset-secret", example="admincenter integration reset-secret 1001234567890123", of_instance=True)
def reset_secret(cli: Context, app_id: AppId, base_url: BaseUrl = None) -> None:
    """Make a new App Secret; prints it, once.

    The old App Secret and the live token are dead from that moment on.
    """
    base, key = _base(base_url), cli.store.keyring().primary

    def made(tx: Tx) -> Change[dict[str, Any]]:
        change = integrations.reset_secret(tx, cli.here(tx), app_id, key, cli.who, os.urandom)
        return Change(_with_secret(tx, change.value, base), change.events)

    _tell(cli, cli.write(made), "has a new App Secret; the old one and its token are dead")


def _base(given: str | None) -> str:
    """The base address that clients use. Raises StartRefused."""
    public = settings.one("public_url", {"public_url": given}, os.environ)
    return str(public or f"http://127.0.0.1:{settings.one('port', {}, os.environ)}")


def _with_secret(tx: Tx, created: Created, base: str) -> dict[str, Any]:
    """The integration, its new secret, and the two requests to paste."""
    found = body(tx, created.integration)
    path = next((path for held, path in _TRIED.items() if held.value in found["permissions"]), "/me")
    pair = f"access_token='{found['app_id']}|{created.app_secret}'"
    return found | {
        "app_secret": created.app_secret,
        "curl": f"curl -F {pair} -F grant_type=client_credentials {shlex.quote(base + '/work_get_token')}",
        "curl_with_token": f'curl -H "Authorization: Bearer $TOKEN" {shlex.quote(base + path)}',
    }


def _tell(cli: Context, made: dict[str, Any], done: str) -> None:
    if cli.json:
        output.document(made)
        return
    print(f"Integration {output.shown(made['name'])} {done}.\n")
    print(f"  App ID      {made['app_id']}\n  App Secret  {made['app_secret']}\n")
    print("The App Secret cannot be shown again: put it now where your program reads its secrets.\n")
    print(f"Get a token, which lives for two hours:\n  {made['curl']}\n")
    print(f"Put the access_token of the answer into TOKEN, then use it:\n  {made['curl_with_token']}")

"""The commands on an integration's life: its name, its switch, its token, its end."""

import sys
from enum import Enum
from typing import Annotated

import typer
from typer.exceptions import Exit

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.cli.integrations_view import AppId, change
from admincenter.core import integrations
from admincenter.core.errors import ConfirmationNeeded

app = group("An integration's life.")


class Switch(Enum):
    """A setting that is on or off."""

    ON = "on"
    OFF = "off"


Name = Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")]
UrlCredentials = Annotated[
    Switch,
    typer.Option(
        "--url-credentials", help="Whether it may send credentials in a URL, where ADMINCENTER_ALLOW_CREDENTIALS_IN_URL is on."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")]


@command(app, "rename", example="admincenter integration rename 1001234567890123 'Log reader'", of_instance=True)
def rename(cli: Context, app_id: AppId, name: Name) -> None:
    """Give it another name."""
    done = f"Integration {app_id} is called {name}"
    change(cli, lambda tx, at: integrations.rename(tx, at, app_id, name, cli.who), done)


@command(app, "enable", example="admincenter integration enable 1001234567890123", of_instance=True)
def enable(cli: Context, app_id: AppId) -> None:
    """Switch it on; no old token comes back.

    Its App Secret works again, so it gets a new token with its next token request.
    """
    change(cli, lambda tx, at: integrations.enable(tx, at, app_id, cli.who), f"Integration {app_id} is switched on")


@command(app, "disable", example="admincenter integration disable 1001234567890123", of_instance=True)
def disable(cli: Context, app_id: AppId) -> None:
    """Switch it off; its token dies for ever.

    Its App Secret is kept and works again after `admincenter integration enable`.
    """
    change(cli, lambda tx, at: integrations.disable(tx, at, app_id, cli.who), f"Integration {app_id} is switched off")


@command(app, "delete", example="admincenter integration delete 1001234567890123 --yes", of_instance=True)
def delete(cli: Context, app_id: AppId, yes: Yes = False) -> None:
    """Delete it for ever, secret and token with it.

    Its App ID is never used again, and its audit events stay.
    """
    if not yes:
        row = cli.read(lambda tx: integrations.find(tx, cli.here(tx), app_id))
        confirm(f"Delete integration {output.shown(row.name)} ({row.app_id})? It cannot be undone.")
    gone = cli.write(lambda tx: integrations.delete(tx, cli.here(tx), app_id, cli.who))
    output.sentence(cli, f"Integration {gone.name} ({gone.app_id}) is deleted", {"app_id": gone.app_id, "deleted": True})


def confirm(question: str) -> None:
    """Asks, where somebody can answer. Raises ConfirmationNeeded; after a no the command ends."""
    if not sys.stdin.isatty():
        raise ConfirmationNeeded(question, "--yes")
    print(f"{question} Type yes to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print("Nothing was deleted", file=sys.stderr)
        raise Exit(1)


@command(app, "revoke-token", example="admincenter integration revoke-token 1001234567890123", of_instance=True)
def revoke_token(cli: Context, app_id: AppId) -> None:
    """Kill its live token; its App Secret stays good."""
    revoked = cli.write(lambda tx: integrations.revoke_token(tx, cli.here(tx), app_id, cli.who))
    text = f"The token of integration {app_id} is dead" if revoked else f"Integration {app_id} has no live token"
    output.sentence(cli, text, {"app_id": app_id, "revoked": revoked})


@command(app, "set", example="admincenter integration set 1001234567890123 --url-credentials off", of_instance=True)
def set_one(cli: Context, app_id: AppId, url_credentials: UrlCredentials) -> None:
    """Change a setting of it."""
    on = url_credentials is Switch.ON
    done = f"Integration {app_id} {'may' if on else 'may not'} send credentials in a URL"
    change(cli, lambda tx, at: integrations.set_url_credentials(tx, at, app_id, on, cli.who), done)

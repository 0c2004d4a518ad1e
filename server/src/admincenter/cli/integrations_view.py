"""An integration as the commands show it, and a change to one with the answer that tells of it. Nothing here is a secret."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from admincenter.cli import output
from admincenter.cli.context import Context
from admincenter.core.ports import Change, Integration, Tx
from admincenter.core.tokens import LIFE

AppId = Annotated[str, typer.Argument(metavar="APP_ID", help="The integration; `admincenter integration list` shows them.")]


def body(tx: Tx, row: Integration) -> dict[str, Any]:
    """The integration for `--json`; the keys are stable."""
    return {
        "app_id": row.app_id,
        "instance": row.instance,
        "name": row.name,
        "description": row.description,
        "owner": row.owner,
        "purpose": row.purpose,
        "permissions": tx.integrations.permissions(row.instance, row.app_id),
        "allowed_addresses": tx.integrations.networks(row.instance, row.app_id),
        "enabled": bool(row.enabled),
        "url_credentials": bool(row.url_credentials),
        "created_at": output.moment(row.created_at),
        "secret_set_at": output.moment(row.secret_set_at),
        **_token(row, tx.now),
    }


def _token(row: Integration, now: int) -> dict[str, Any]:
    """The state of its token: never the token, of which nothing readable is kept."""
    if row.issued_at is None:
        return {"token": "none", "token_expires_at": None, "generation": row.generation}
    ends = row.issued_at + LIFE
    state = "live" if now < ends else "expired"
    return {"token": state, "token_expires_at": output.moment(ends), "generation": row.generation}


def change(cli: Context, act: Callable[[Tx, str], Change[Integration]], done: str) -> None:
    """Makes a change in the chosen instance and tells of it; a change that changed nothing says so."""

    def in_one_transaction(tx: Tx) -> Change[tuple[dict[str, Any], bool]]:
        made = act(tx, cli.here(tx))
        return Change((body(tx, made.value), bool(made.events)), made.events)

    after, changed = cli.write(in_one_transaction)
    output.sentence(cli, done if changed else f"{done} already; nothing was changed", after)

"""An account as the commands show it, and a change to one with the answer that tells of it.

What SCIM means is in `scim/`, which is imported where it is used: it takes a second.
"""

import json
import os
from collections.abc import Callable
from typing import Annotated, Any

import typer

from admincenter import settings
from admincenter.cli import output
from admincenter.cli.context import Context
from admincenter.core import accounts
from admincenter.core.account_document import STATUS, as_read
from admincenter.core.accounts import Writer
from admincenter.core.ports import Account, Change, Tx

Chosen = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="Its id or its user name; `admincenter account list` shows them.")
]


def body(row: Account, now: int) -> dict[str, Any]:
    """The account for `--json`, without its attributes; the keys are stable."""
    return {
        "account_id": row.account_id,
        "user_name": row.user_name,
        "external_id": row.external_id,
        "active": bool(row.active),
        "state": state(row),
        "version": row.version,
        "created_at": output.moment(row.created_at),
        "modified_at": output.moment(row.modified_at),
        "invited_at": _moment(row.invited_at),
        "claimed_at": _moment(row.claimed_at),
        **_code(row, now),
    }


def state(row: Account) -> str:
    """How far it came: new, invited, claimed."""
    if row.claimed_at is not None:
        return "claimed"
    return "new" if row.invited_at is None else "invited"


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else output.moment(microseconds)


def _code(row: Account, now: int) -> dict[str, Any]:
    """What its owner claims it with: whoever runs this command hands it on, while no mail is sent."""
    status = json.loads(as_read(row, now))[STATUS]
    found = {"access_code": status.get("accessCode"), "claim_link": status.get("claimLink")}
    return found | {"access_code_expires_at": _moment(row.code_expires_at) if found["access_code"] else None}


def writer(cli: Context) -> Writer:
    """Who writes; the address that links begin with is the server's public one, where that is set."""
    return Writer(cli.who, os.urandom, settings.one("public_url", {}, os.environ))


def change(cli: Context, text: str, act: Callable[[Tx, str, str], Change[Account]], done: str) -> None:
    """Makes a change to the chosen account and tells of it; a change that changed nothing says so."""

    def in_one_transaction(tx: Tx) -> Change[tuple[dict[str, Any], bool]]:
        here = cli.here(tx)
        made = act(tx, here, accounts.chosen(tx, here, text).account_id)
        return Change((body(made.value, tx.now), bool(made.events)), made.events)

    after, changed = cli.write(in_one_transaction)
    what = done.format(**after)
    output.sentence(cli, what if changed else f"{what} already; nothing was changed", after)

"""The commands that look at integrations."""

from collections.abc import Iterable
from typing import Any

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.cli.integrations_view import AppId, body
from admincenter.core import integrations, network
from admincenter.core.ports import Tx, UsageCount

app = group("Look at integrations.")

_COLUMNS = ("app_id", "name", "purpose", "permissions", "allowed_addresses", "enabled", "token")


@command(app, "list", example="admincenter integration list", of_instance=True)
def list_all(cli: Context) -> None:
    """List the integrations of an instance."""

    def rows(tx: Tx) -> list[dict[str, Any]]:
        return [body(tx, row) for row in tx.integrations.all(cli.here(tx)) if row.deleted_at is None]

    empty = "There is no integration. `admincenter integration create --help` shows how to make one"
    output.table(cli, cli.read(rows), _COLUMNS, empty)


@command(app, "show", example="admincenter integration show 1001234567890123", of_instance=True)
def show(cli: Context, app_id: AppId) -> None:
    """Show one integration with everything but secrets.

    Its permissions, its allowlist and how many addresses each entry holds, the state of its token, addresses from which a
    genuine credential was refused, and what was used when.
    """
    output.record(cli, cli.read(lambda tx: _details(tx, cli.here(tx), app_id)), hidden=("allowed_addresses",))


def _details(tx: Tx, instance: str, app_id: str) -> dict[str, Any]:
    found = body(tx, integrations.find(tx, instance, app_id))
    allowlist = [
        {"network": text, "addresses": network.parse_network(text).size} for text in tx.integrations.networks(instance, app_id)
    ]
    waiting = [
        {
            "address": each.address,
            "times": each.times,
            "first_at": output.moment(each.first_at),
            "last_at": output.moment(each.last_at),
        }
        for each in tx.integrations.waiting(instance, app_id)
    ]
    usage = _by_permission(tx.usage.of(instance, app_id))
    return found | {"allowlist": allowlist, "waiting_addresses": waiting, "usage": usage}


def _by_permission(counts: Iterable[UsageCount]) -> list[dict[str, Any]]:
    """Per permission how many calls, and the last one with its address. A call that needs none counts under its path."""
    total: dict[str, int] = {}
    last: dict[str, UsageCount] = {}
    for each in counts:
        total[each.permission] = total.get(each.permission, 0) + each.times
        if each.permission not in last or each.last_at > last[each.permission].last_at:
            last[each.permission] = each
    return [
        {
            "permission": name,
            "calls": total[name],
            "last_used_at": output.moment(last[name].last_at),
            "last_address": last[name].address,
        }
        for name in sorted(total)
    ]

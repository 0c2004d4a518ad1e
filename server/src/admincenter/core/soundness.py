"""Whether what is stored twice agrees, and what is named exists: for `database check` and before a restore."""

from collections.abc import Iterator

from admincenter.core import account_soundness, integrations
from admincenter.core.errors import ChangeRefused
from admincenter.core.ports import Standing, Tx, Window


def faults(tx: Tx) -> Iterator[str]:
    """A sentence for each thing that is wrong. The chain of each log is left to `audit verify`; its end is looked at here."""
    keys = tx.server_keys.all()
    if sum(each.is_primary for each in keys) != 1:
        yield f"There are {sum(each.is_primary for each in keys)} primary server keys instead of one"
    for row in tx.instances.all():
        yield from _log(tx, row.instance)
        for each in tx.integrations.standings(row.instance):
            yield from _integration(tx, row.instance, each, {key.key_id for key in keys})
        yield from account_soundness.faults(tx, row.instance)


def _log(tx: Tx, instance: str) -> Iterator[str]:
    """Whether the head of a log is its last row. There always is one: a cut of retention is itself an event."""
    head = tx.audit.head(instance)
    last = tx.audit.records(Window(instance, head.cut, 2**63 - 1, 1, False))
    if [(each.sequence, each.digest) for each in last] != [(head.sequence, head.digest)]:
        yield f"The log of instance {instance} does not end where its head says; `admincenter audit verify` tells more"


def _integration(tx: Tx, instance: str, row: Standing, keys: set[str]) -> Iterator[str]:
    if row.deleted_at is None and row.secret_key not in keys:
        yield f"The secret of integration {row.app_id} is under server key {row.secret_key}, which is not live; reset it"
    try:
        agrees = row.access == integrations.compiled(tx, instance, row.app_id)
    except (ChangeRefused, ValueError, TypeError, AttributeError):
        agrees = False
    if not agrees:
        yield (
            f"The compiled access of integration {row.app_id} is not what its permissions and addresses say; "
            "grant and withdraw a permission to write it again"
        )

"""Whether what is stored twice of the accounts agrees: documents with the columns that are searched, rows with a counter."""

import json
from collections.abc import Iterator

from admincenter.core.account_document import STATUS, moment
from admincenter.core.account_search import Order, Place, exact
from admincenter.core.ports import Account, Tx

_PAGE = 500


def faults(tx: Tx, instance: str) -> Iterator[str]:
    """A sentence for each thing that is wrong with the accounts of an instance."""
    counter, rows = tx.accounts.count(instance), tx.accounts.count_rows(instance)
    if counter != rows:
        yield f"The counter of accounts of instance {instance} says {counter}, and there are {rows}"
    for each in _all(tx, instance):
        if not _agrees(each):
            yield f"The document of account {each.account_id} is not what its searched columns say; change it, to write both"


def _all(tx: Tx, instance: str) -> Iterator[Account]:
    place = Place(_PAGE)
    while rows := tx.accounts.select(instance, None, Order(), place):
        yield from rows
        place = Place(_PAGE, (rows[-1].created_at, rows[-1].account_id))


def _agrees(row: Account) -> bool:
    try:
        return _columns(row) == _columns_of(row.document)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def _columns(row: Account) -> tuple[object, ...]:
    return (
        row.account_id,
        row.user_name,
        row.external_id,
        bool(row.active),
        f'W/"{row.version}"',
        moment(row.created_at),
        moment(row.modified_at),
        row.invited_at is not None,
        row.claimed_at is not None,
        row.code_expires_at is not None,
    )


def _columns_of(document: bytes) -> tuple[object, ...]:
    body = json.loads(document)
    meta, status = body["meta"], body[STATUS]
    return (
        body["id"],
        body["userName"],
        exact(body["externalId"]) if "externalId" in body else None,
        body.get("active") is True,
        meta["version"],
        meta["created"],
        meta["lastModified"],
        status["invited"],
        status["claimed"],
        "accessCode" in status,
    )

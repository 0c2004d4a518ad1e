"""What time does to accounts: access codes expire, the journal is kept for some days, a restore revives no code.

None of it changes an account: what a client reads is the same before and after.
"""

from admincenter.core.account_document import without_code
from admincenter.core.audit import SECOND
from admincenter.core.ports import Account, Change, Tx

DAY = 86_400 * SECOND
BATCH = 500
"""How many rows one transaction changes or deletes."""

_END = 2**62


def forget_expired_codes(tx: Tx, limit: int = BATCH) -> Change[int]:
    """Takes expired access codes out of the database, where no reader sees them any more; how many. None left: 0."""
    return Change(_forget(tx, tx.now, limit), [])


def forget_all_codes(tx: Tx) -> int:
    """After a restore: whoever has a copy of the backup has its codes, and accounts that were claimed since seem unclaimed."""
    forgotten = 0
    while count := _forget(tx, _END, BATCH):
        forgotten += count
    return forgotten


def _forget(tx: Tx, until: int, limit: int) -> int:
    locked = sorted({each.instance for each in tx.accounts.with_codes_until(until, limit)})
    for instance in locked:
        tx.accounts.lock(instance)
    # Again: now nobody else changes them.
    rows = [each for each in tx.accounts.with_codes_until(until, limit) if each.instance in locked]
    for each in rows:
        tx.accounts.update(_without_code(each), None)
    return len(rows)


def _without_code(row: Account) -> Account:
    return row._replace(code_expires_at=None, document=without_code(row.document))


def trim_journal(tx: Tx, days: int, limit: int = BATCH) -> Change[int]:
    """Deletes what accounts looked like before changes that are older, and invitations settled so long ago; how many."""
    return Change(tx.account_journal.trim(tx.now - days * DAY, limit), [])

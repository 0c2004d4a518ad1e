"""Accounts to put through the ports."""

from admincenter.core.account_search import Field, fold
from admincenter.core.ports import Account, AccountKeys, Tx
from tests.store.conformance.rows import NOW

TEXTS = (Field.ID, Field.USER_NAME, Field.EXTERNAL_ID, Field.EMAIL)
"""The fields whose values are texts."""


def an_account(instance: str, number: int, name: str = "", created_at: int = NOW) -> Account:
    """An instance's first, second, … account."""
    return Account(
        instance,
        f"{10**15 + number}",
        name or f"User {number}",
        f"Æ-{number}" if number % 2 else None,
        active=number % 2,
        version=1,
        created_at=created_at,
        modified_at=created_at + number,
        invited_at=None,
        claimed_at=None,
        code_expires_at=None,
        document=b'{"\xff\0": 1}',
    )


def added(tx: Tx, row: Account, *emails: str) -> bool:
    """Inserts it under its folded name and addresses."""
    return tx.accounts.insert(row, AccountKeys(fold(row.user_name), tuple(map(fold, emails))))

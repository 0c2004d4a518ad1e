"""Invitations: an access code of an account's own for some days, a row of the outbox for who sends mail, and an event."""

from typing import Any

from admincenter.core.account_document import Code
from admincenter.core.audit import SECOND, Event, Origin, event
from admincenter.core.credentials import Entropy
from admincenter.core.ports import Account, Tx

CODE_LIFE = 30 * 86_400 * SECOND
"""How long an access code is good."""

_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Nothing that is taken for something else when it is read aloud. The 32 characters are five bits each."""

_LENGTH = 10


def made(row: Account, now: int, entropy: Entropy, base: str) -> tuple[Account, Code]:
    """The account as an invited one, not yet written, and its access code; `base` is the server's address, or empty."""
    text = "".join(_CHARACTERS[byte % len(_CHARACTERS)] for byte in entropy(_LENGTH))
    link = f"{base}/claim/{row.account_id}" if base else ""
    return row._replace(invited_at=now, code_expires_at=now + CODE_LIFE), Code(text, link)


def recorded(tx: Tx, before: Account | None, after: Account, by: Origin) -> list[Event]:
    """The row of the outbox, and the event, where an invitation was made or withdrawn."""
    was = before.invited_at if before else None
    if after.invited_at == was:
        return []
    if after.code_expires_at is not None:
        tx.account_journal.invite(after.instance, after.account_id, after.version, tx.now)
        return [told("account.invited", after, by, expires=after.code_expires_at // SECOND)]
    tx.account_journal.settle(after.instance, after.account_id, "withdrawn", tx.now)
    return [told("account.uninvited", after, by)]


def told(key: str, row: Account, by: Origin, **details: Any) -> Event:
    """An event of an account."""
    return event(key, row.instance, by, f"account:{row.account_id}", user_name=row.user_name, **details)

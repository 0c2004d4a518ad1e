"""After a restore nothing that died since the backup lives again (promise 8).

Every token is dead, and every secret that was reset since is reset again, to a value that nobody is told. What was reset is
read from the database that the backup replaces; where that cannot be believed, every secret is reset. Every access code of an
account is forgotten: whoever has a copy of the backup has it, and an account that was claimed since seems unclaimed. And no
account is active again that was deactivated or deleted since.
"""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from admincenter.core import account_upkeep, accounts, integrations
from admincenter.core.audit import SECOND, Detail, Event, Head, Origin, event
from admincenter.core.credentials import Entropy, ServerKey
from admincenter.core.ports import Change, Standing, Tx, Window

GENERATIONS = 1_000_000
"""How far each token counter moves on, so that no number of a token issued after the backup comes again."""


class Replaced(NamedTuple):
    """An instance in the database that is replaced: the end of its log, its integrations by App ID, its active accounts."""

    sequence: int
    standings: Mapping[str, Standing]
    active_accounts: Set[str]


class Restoring(NamedTuple):
    """One restore: when the backup was taken (µs), the key for new secrets, who does it."""

    taken_at: int
    key: ServerKey
    by: Origin
    entropy: Entropy


class Revived(NamedTuple):
    """What an admin must look at: App IDs with a new secret, and those whose permissions or addresses went back; accounts that
    were deactivated once more."""

    instance: str
    reset: Sequence[str]
    changed: Sequence[str]
    deactivated: Sequence[str]


class Restored(NamedTuple):
    """What a restore did: when the backup was taken (µs), where the old database is kept (empty where there was none), and
    whether that one could say which secrets to reset."""

    taken_at: int
    kept: str
    compared: bool
    instances: Sequence[Revived]


def what_is_replaced(tx: Tx, instance: str, head: Head) -> Replaced | None:
    """The instance in the database that is replaced, if its log holds the event with which the backup ends.

    If not, that database is older than the backup or went another way: it does not know what was reset since.
    """
    same = tx.audit.records(Window(instance, head.sequence - 1, head.sequence + 1, 1, True))
    if not same or same[0].digest != head.digest:
        return None
    standings = {each.app_id: each for each in tx.integrations.standings(instance)}
    return Replaced(tx.audit.head(instance).sequence, standings, set(tx.accounts.active(instance)))


def bring_back(tx: Tx, instance: str, replaced: Replaced | None, how: Restoring) -> Change[Revived]:
    """Makes the instance of a backup fit to be served again."""
    tx.integrations.forget_tokens(instance, GENERATIONS)
    account_upkeep.forget_all_codes(tx)
    known = replaced.standings if replaced else {}
    live = [each for each in tx.integrations.standings(instance) if each.deleted_at is None]
    reset = [each.app_id for each in live if not _has_still_its_secret(each, known.get(each.app_id))]
    changed = [each.app_id for each in live if each.app_id in known and known[each.app_id].access != each.access]
    events = [_restored(instance, len(reset), replaced, how)]
    for app_id in reset:
        events += integrations.reset_secret(tx, instance, app_id, how.key, how.by, how.entropy, "restore").events
    off = [each for each in tx.accounts.active(instance) if each not in replaced.active_accounts] if replaced else []
    for account_id in off:
        events += accounts.deactivate(tx, instance, account_id, how.by).events
    return Change(Revived(instance, reset, changed, off), events)


def bring_all_back(tx: Tx, key: ServerKey, by: Origin, entropy: Entropy) -> Change[Restored]:
    """Makes a whole database fit that was put back by other means than ours, so that nothing is there to compare it with.

    The backup was taken when the log that came with it ends.
    """
    known = tx.instances.all()
    taken_at = max((tx.audit.head(each.instance).recorded_at for each in known), default=tx.now)
    done = [bring_back(tx, each.instance, None, Restoring(taken_at, key, by, entropy)) for each in known]
    restored = Restored(taken_at, "", False, [each.value for each in done])
    return Change(restored, [event for each in done for event in each.events])


def _has_still_its_secret(one: Standing, replaced: Standing | None) -> bool:
    """Whether the secret was good to the end. One that only moved to another server key is the same secret."""
    if replaced is None or replaced.deleted_at is not None or not replaced.enabled:
        return False
    moved = one.secret_key != replaced.secret_key
    return one.secret_set_at == replaced.secret_set_at and (moved or one.secret_digest == replaced.secret_digest)


def _restored(instance: str, count: int, replaced: Replaced | None, how: Restoring) -> Event:
    details: dict[str, Detail] = {"taken_at": how.taken_at // SECOND, "secrets_reset": count}
    if replaced:
        details["replaced_sequence"] = replaced.sequence
    return event("instance.restored", instance, how.by, instance, 1, **details)

"""Accounts and their life: invited, claimed, active or not, deleted.

Each function locks the accounts of the instance first and decides on what it reads then, so that no change is lost, and of
two who want the same name the second is told so. What an account looked like before goes to the journal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from admincenter.core import invitations, values
from admincenter.core.account_document import Code, Opened, attributes_of, opened, rendered, without_code
from admincenter.core.account_keys import keys_of
from admincenter.core.account_search import Field, Is, Order, Place, exact, fold
from admincenter.core.audit import Event, Origin
from admincenter.core.credentials import Entropy
from admincenter.core.errors import AccountClaimed, AccountUnknown, AttributeBad, NameTaken, VersionMismatch
from admincenter.core.invitations import told
from admincenter.core.ports import Account, AccountChange, AccountKeys, Change, Tx

_MILLISECOND = 1_000
_SWITCHED = ("account.deactivated", "account.reactivated")
_COUNTED = {"account.created": 1, "account.deleted": -1}


class Wanted(NamedTuple):
    """What an account shall be: its attributes as SCIM names them, and whether it is invited.

    None: as it is; a new one is.
    """

    attributes: Mapping[str, Any]
    invited: bool | None = None


class Writer(NamedTuple):
    """Who writes, where randomness comes from, and the address of the server that claim links begin with."""

    by: Origin
    entropy: Entropy
    base: str = ""


def create(tx: Tx, instance: str, wanted: Wanted, writer: Writer) -> Change[Account]:
    """A new account; unless it is wanted otherwise, an invited one. Raises NameTaken, AttributeBad."""
    tx.accounts.lock(instance)
    keys, now = keys_of(wanted.attributes), _now(tx)
    attributes = {"active": True, **wanted.attributes}
    row = Account(
        instance,
        _new_id(tx, instance, writer.entropy),
        attributes["userName"],
        _external_id(attributes),
        _is_active(attributes),
        1,
        now,
        now,
        None,
        None,
        None,
        b"",
    )
    code = None
    if wanted.invited is not False:
        row, code = invitations.made(row, now, writer.entropy, writer.base)
    row = row._replace(document=rendered(row, attributes, code))
    if not tx.accounts.insert(row, keys):
        raise NameTaken(row.user_name)
    return Change(row, [told("account.created", row, writer.by), *invitations.recorded(tx, None, row, writer.by)])


def create_each(
    tx: Tx, instance: str, wanted: Sequence[Wanted], writer: Writer
) -> Change[list[Account | NameTaken | AttributeBad]]:
    """Many at once: each one's account, or why there is none, in their order."""
    made: list[Account | NameTaken | AttributeBad] = []
    events: list[Event] = []
    for each in wanted:
        try:
            created = create(tx, instance, each, writer)
        except (NameTaken, AttributeBad) as refusal:  # both come before anything is written
            made.append(refusal)
        else:
            made.append(created.value)
            events += created.events
    return Change(made, events)


def _external_id(attributes: Mapping[str, Any]) -> str | None:
    text = attributes.get("externalId")
    return None if text is None else exact(text)


def _is_active(attributes: Mapping[str, Any]) -> int:
    """As a filter judges the document: an account from which `active` was taken away is not."""
    return int(attributes.get("active") is True)


def _now(tx: Tx) -> int:
    """To the millisecond, which is all that a document says: a filter's answer is then the same from either."""
    return tx.now // _MILLISECOND * _MILLISECOND


def _new_id(tx: Tx, instance: str, entropy: Entropy) -> str:
    """16 random decimal digits below 2^53, which JavaScript holds exactly, without a leading zero."""
    while True:
        account_id = str(10**15 + int.from_bytes(entropy(8), "big") % (2**53 - 10**15))
        if not tx.accounts.was_given(instance, account_id):
            return account_id


def find(tx: Tx, instance: str, account_id: str) -> Account:
    """An account of the instance. Raises AccountUnknown."""
    row = _get(tx, instance, account_id)
    if row is None:
        raise AccountUnknown(values.visible(account_id, 40))
    return row


def _get(tx: Tx, instance: str, account_id: str) -> Account | None:
    """Any other text than digits is nobody's identifier, and not one that every database takes."""
    return tx.accounts.get(instance, account_id) if account_id.isascii() and account_id.isdecimal() else None


def chosen(tx: Tx, instance: str, text: str) -> Account:
    """The account of an identifier or of a user name, as people write either. Raises AccountUnknown."""
    named = tx.accounts.select(instance, Is(Field.USER_NAME, "eq", text), Order(), Place(1))
    return _get(tx, instance, text) or next(iter(named), None) or find(tx, instance, text)


def _found(tx: Tx, instance: str, account_id: str, expected: Sequence[int] | None = None) -> Account:
    """The account that is about to be changed."""
    tx.accounts.lock(instance)
    row = find(tx, instance, account_id)
    if expected is not None and row.version not in expected:
        raise VersionMismatch(row.version)
    return row


def change(
    tx: Tx,
    instance: str,
    account_id: str,
    expected: Sequence[int] | None,
    edit: Callable[[Account], Wanted],
    writer: Writer,
) -> Change[Account]:
    """Makes it what `edit` wants of what it is, if its version is one of those expected (None: any).

    What changes nothing leaves its version. Raises AccountUnknown, VersionMismatch, NameTaken, AttributeBad, what `edit` does.
    """
    before = _found(tx, instance, account_id, expected)
    return _put(tx, before, edit(before), writer)


def _put(tx: Tx, before: Account, wanted: Wanted, writer: Writer) -> Change[Account]:
    was = opened(before)
    attributes = dict(wanted.attributes)
    keys = keys_of(attributes)
    after, code = _as_wanted(tx, before, was, attributes, wanted.invited, writer)
    if attributes == was.attributes and after.invited_at == before.invited_at:
        return Change(before, [])
    if keys.user != fold(before.user_name) and tx.accounts.is_named(before.instance, keys.user):
        raise NameTaken(after.user_name)
    after = _written(tx, before, after, attributes, code, writer.by, None if keys == keys_of(was.attributes) else keys)
    changed = set(_changed(was.attributes, attributes))
    switched = [] if after.active == before.active else [_SWITCHED[after.active]]
    if switched:
        changed -= {"active"}  # it has an event of its own
    events = [told("account.changed", after, writer.by, changed=sorted(changed))] if changed else []
    events += [told(key, after, writer.by) for key in switched]
    return Change(after, [*events, *invitations.recorded(tx, before, after, writer.by)])


def _as_wanted(
    tx: Tx, before: Account, was: Opened, attributes: Mapping[str, Any], invited: bool | None, writer: Writer
) -> tuple[Account, Code | None]:
    """The row with its new values, not yet written, and the access code that belongs to it. A claimed one stays invited."""
    after = before._replace(
        user_name=attributes["userName"],
        external_id=_external_id(attributes),
        active=_is_active(attributes),
    )
    is_invited = before.invited_at is not None
    if invited is None or invited == is_invited or before.claimed_at is not None:
        return after, was.code
    if invited:
        return invitations.made(after, _now(tx), writer.entropy, writer.base)
    return after._replace(invited_at=None, code_expires_at=None), None


def _written(
    tx: Tx,
    before: Account,
    after: Account,
    attributes: Mapping[str, Any],
    code: Code | None,
    by: Origin,
    keys: AccountKeys | None,
) -> Account:
    """The next version of the row; what it was goes to the journal."""
    after = after._replace(version=before.version + 1, modified_at=max(_now(tx), before.modified_at))
    after = after._replace(document=rendered(after, attributes, code))
    _note(tx, before, by)
    tx.accounts.update(after, keys)
    return after


def _note(tx: Tx, before: Account, by: Origin) -> None:
    kept = before.document if before.code_expires_at is None else without_code(before.document)
    tx.account_journal.note(AccountChange(before.instance, before.account_id, before.version, tx.now, by.actor, kept))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    """The names of attributes that differ, those of an extension one by one."""
    for name in {*before, *after}:
        was, is_now = before.get(name), after.get(name)
        if was == is_now:
            continue
        if ":" not in name:
            yield name
            continue
        inner_was, inner_now = was or {}, is_now or {}
        yield from (f"{name}:{each}" for each in {*inner_was, *inner_now} if inner_was.get(each) != inner_now.get(each))


def deactivate(tx: Tx, instance: str, account_id: str, by: Origin) -> Change[Account]:
    """Takes it out of use; nothing of it is lost. Raises AccountUnknown."""
    return _switch(tx, instance, account_id, False, by)


def reactivate(tx: Tx, instance: str, account_id: str, by: Origin) -> Change[Account]:
    """Takes it into use again. Raises AccountUnknown."""
    return _switch(tx, instance, account_id, True, by)


def _switch(tx: Tx, instance: str, account_id: str, active: bool, by: Origin) -> Change[Account]:
    before = _found(tx, instance, account_id)
    return _put(tx, before, Wanted({**attributes_of(before), "active": active}), Writer(by, bytes))  # nothing is drawn


def claim(tx: Tx, instance: str, account_id: str, by: Origin) -> Change[Account]:
    """Somebody made it his own: the access code is gone, and the invitation is settled. Raises AccountUnknown."""
    before = _found(tx, instance, account_id)
    if before.claimed_at is not None:
        return Change(before, [])
    now = _now(tx)
    after = before._replace(claimed_at=now, code_expires_at=None, invited_at=before.invited_at or now)
    after = _written(tx, before, after, attributes_of(before), None, by, None)
    tx.account_journal.settle(instance, account_id, "claimed", tx.now)
    return Change(after, [told("account.claimed", after, by)])


def delete(
    tx: Tx, instance: str, account_id: str, expected: Sequence[int] | None, protects_claimed: bool, by: Origin
) -> Change[Account]:
    """Deletes it: its user name is free at once, its identifier is never given again; what it was is in the journal.

    Raises AccountUnknown, VersionMismatch, and AccountClaimed where claimed ones are protected.
    """
    row = _found(tx, instance, account_id, expected)
    if protects_claimed and row.claimed_at is not None:
        raise AccountClaimed(account_id)
    _note(tx, row, by)
    tx.account_journal.settle(instance, account_id, "withdrawn", tx.now)
    tx.accounts.delete(instance, account_id, tx.now)
    return Change(row, [told("account.deleted", row, by, was_claimed=row.claimed_at is not None)])


def counted(events: Iterable[Event]) -> list[tuple[str, int]]:
    """By how much these events move the counter of each instance, in the order of the instances."""
    moved: dict[str, int] = {}
    for each in events:
        if each.kind.key in _COUNTED:
            moved[each.instance] = moved.get(each.instance, 0) + _COUNTED[each.kind.key]
    return sorted(moved.items())

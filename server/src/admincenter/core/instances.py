"""Instances: one organisation each; nothing leaks between them."""

from admincenter.core import values
from admincenter.core.audit import Origin, event
from admincenter.core.credentials import Entropy
from admincenter.core.errors import InstanceAmbiguous, InstanceUnknown
from admincenter.core.ports import Change, Instance, Tx

PROTECT_CLAIMED = "protect-claimed"
"""The setting of an instance that keeps claimed accounts from deletion."""


def create(tx: Tx, name: str, by: Origin, entropy: Entropy) -> Change[Instance]:
    """A new instance. Raises ValueBad."""
    row = Instance(_new_id(entropy), values.text(name, "name of the instance"), tx.now, entropy(32))
    tx.instances.insert(row)
    return Change(row, [event("instance.created", row.instance, by, row.instance, name=row.name)])


def _new_id(entropy: Entropy) -> str:
    """16 random decimal digits without a leading zero: a fixed width, which the chain's digest relies on (D5)."""
    return str(10**15 + int.from_bytes(entropy(12), "big") % (8 * 10**15))


def choose(tx: Tx, wanted: str | None) -> Instance:
    """The instance of an id or name; the only one where none is named. Raises InstanceUnknown, InstanceAmbiguous."""
    known = tx.instances.all()
    found = [row for row in known if row.instance == wanted]  # an id first: no name can stand in the way of break-glass
    found = found or [row for row in known if wanted in (None, row.name)]
    if not found:
        raise InstanceUnknown(wanted or "")
    if len(found) > 1:
        raise InstanceAmbiguous
    return found[0]


def rename(tx: Tx, instance: str, name: str, by: Origin) -> Change[Instance]:
    """Gives an instance another name. Raises InstanceUnknown, ValueBad."""
    before = choose(tx, instance)
    after = before._replace(name=values.text(name, "name of the instance"))
    if after == before:
        return Change(before, [])
    tx.instances.rename(instance, after.name)
    return Change(after, [event("instance.renamed", instance, by, instance, name=after.name, before=before.name)])


def revoke_all_tokens(tx: Tx, instance: str, by: Origin) -> Change[int]:
    """Break-glass: kills every live token of the instance in one statement; how many. Raises InstanceUnknown."""
    choose(tx, instance)
    count = tx.integrations.kill_all_tokens(instance, "revoked")
    return Change(count, [event("instance.tokens_revoked", instance, by, instance, count=count)])


def protects_claimed(tx: Tx, instance: str) -> bool:
    """Whether accounts that were claimed are protected from deletion."""
    return tx.instances.setting(instance, PROTECT_CLAIMED) == "on"


def protect_claimed(tx: Tx, instance: str, on: bool, by: Origin) -> Change[bool]:
    """Whether accounts that were claimed shall be protected from deletion. Raises InstanceUnknown."""
    choose(tx, instance)
    if protects_claimed(tx, instance) == on:
        return Change(on, [])
    value = "on" if on else "off"
    tx.instances.set_setting(instance, PROTECT_CLAIMED, value)
    told = event("instance.reconfigured", instance, by, instance, setting=PROTECT_CLAIMED, value=value)
    return Change(on, [told])

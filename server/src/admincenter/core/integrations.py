"""Integrations and their whole life: create, grant, allow, disable, enable, reset, delete.

Every change returns the event that commits with it. A change that changes nothing (granting what is held) returns no event.
"""

from collections.abc import Sequence
from typing import NamedTuple

from admincenter.core import credentials, network, permissions, values
from admincenter.core.audit import Event, Origin, event
from admincenter.core.credentials import SECRET_PREFIX, Entropy, ServerKey
from admincenter.core.errors import ConfirmationNeeded, IntegrationUnknown, KeyRefused, NetworkBad, ValueBad
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Change, Integration, NewIntegration, Tx
from admincenter.core.tokens import SKEW

MAX_ENTRIES = 1_000
"""How many entries an allowlist may hold."""


class Wanted(NamedTuple):
    """What an admin asks for when creating an integration."""

    purpose: Purpose
    name: str
    description: str
    owner: str
    networks: Sequence[str]
    permissions: Sequence[Permission]
    wide_confirmed: bool = False


class Created(NamedTuple):
    """A new integration, or one with a new secret. The App Secret is shown once and kept nowhere."""

    integration: Integration
    app_secret: str


def create(tx: Tx, instance: str, wanted: Wanted, key: ServerKey, by: Origin, entropy: Entropy) -> Change[Created]:
    """A new integration with at least one allowed address.

    Raises NetworkBad, ConfirmationNeeded, PermissionOutsidePurpose, ValueBad.
    """
    _still_live(tx, key)
    networks = _entries(wanted)
    granted = tuple(dict.fromkeys(permissions.bound(wanted.purpose, each) for each in wanted.permissions))
    secret = credentials.mint_text(SECRET_PREFIX, entropy)
    row = NewIntegration(
        instance,
        credentials.mint_app_id(entropy),
        values.text(wanted.name, "name"),
        values.text(wanted.description, "description", 2_000, may_be_empty=True),
        values.text(wanted.owner, "owner", may_be_empty=True),
        wanted.purpose.value,
        tx.now,
        credentials.digest(SECRET_PREFIX, key.key, secret),
        key.key_id,
    )
    tx.integrations.insert(row)
    for permission in granted:
        tx.integrations.grant(instance, row.app_id, permission.value, tx.now)
    for each in networks:
        tx.integrations.allow(instance, row.app_id, each.text, tx.now)
    _compile(tx, instance, row.app_id)
    happened = event(
        "integration.created",
        instance,
        by,
        _target(row.app_id),
        app_id=row.app_id,
        name=row.name,
        purpose=row.purpose,
        owner=row.owner,
        permissions=[each.value for each in granted],
        allowed_addresses=[each.text for each in networks],
    )
    return Change(Created(find(tx, instance, row.app_id), secret), [happened])


def _entries(wanted: Wanted) -> list[network.Network]:
    if not wanted.networks:
        raise NetworkBad("An integration needs at least one allowed address: with none, nobody could use it")
    if len(wanted.networks) > MAX_ENTRIES:
        raise ValueBad(f"An allowlist holds at most {MAX_ENTRIES} entries; write wider networks")
    found = {entry.text: entry for entry in (network.parse_entry(each) for each in wanted.networks)}
    for entry in found.values():
        _confirm_wide(entry, wanted.wide_confirmed)
    return list(found.values())


def _confirm_wide(entry: network.Network, confirmed: bool) -> None:
    if network.is_wide(entry) and not confirmed:
        raise ConfirmationNeeded(f"{entry.text} holds {entry.size:,} addresses.", "--confirm-wide")


def _still_live(tx: Tx, key: ServerKey) -> None:
    """A secret under a key that was retired since it was read could never be proved."""
    if key.key_id not in {each.key_id for each in tx.server_keys.all()}:
        raise KeyRefused("The server keys changed at the same moment; nothing was done. Repeat the command")


def _target(app_id: str) -> str:
    return f"integration:{app_id}"


def find(tx: Tx, instance: str, app_id: str) -> Integration:
    """A live integration of the instance. Raises IntegrationUnknown."""
    row = tx.integrations.get(instance, app_id)
    if row is None or row.deleted_at is not None:
        raise IntegrationUnknown(values.visible(app_id, 40))
    return row


def _compile(tx: Tx, instance: str, app_id: str) -> None:
    """Writes the gate's column again; part of every change to permissions or allowlist (D9)."""
    tx.integrations.set_access(instance, app_id, compiled(tx, instance, app_id))


def compiled(tx: Tx, instance: str, app_id: str) -> bytes:
    """What the gate's column must hold: the permissions and the allowlist in one."""
    held = tuple(Permission(each) for each in tx.integrations.permissions(instance, app_id))
    networks = [network.parse_network(each) for each in tx.integrations.networks(instance, app_id)]
    return network.compile_access(permissions.bits_of(held), networks)


def rename(tx: Tx, instance: str, app_id: str, name: str, by: Origin) -> Change[Integration]:
    """Gives it another name. Raises IntegrationUnknown, ValueBad."""
    before, name = find(tx, instance, app_id), values.text(name, "name")
    if name == before.name:
        return Change(before, [])
    tx.integrations.rename(instance, app_id, name)
    happened = event("integration.renamed", instance, by, _target(app_id), app_id=app_id, name=name, before=before.name)
    return Change(find(tx, instance, app_id), [happened])


def grant(tx: Tx, instance: str, app_id: str, permission: Permission, by: Origin) -> Change[Integration]:
    """Lets it use a permission of its purpose. Raises IntegrationUnknown, PermissionOutsidePurpose."""
    row = find(tx, instance, app_id)
    permissions.bound(Purpose(row.purpose), permission)
    if permission.value in tx.integrations.permissions(instance, app_id):
        return Change(row, [])
    tx.integrations.grant(instance, app_id, permission.value, tx.now)
    _compile(tx, instance, app_id)
    happened = event("permission.granted", instance, by, _target(app_id), app_id=app_id, permission=permission.value)
    return Change(find(tx, instance, app_id), [happened])


def withdraw(tx: Tx, instance: str, app_id: str, permission: Permission, by: Origin) -> Change[Integration]:
    """Takes a permission away; the very next request feels it. Raises IntegrationUnknown."""
    row = find(tx, instance, app_id)
    if permission.value not in tx.integrations.permissions(instance, app_id):
        return Change(row, [])
    tx.integrations.withdraw(instance, app_id, permission.value)
    _compile(tx, instance, app_id)
    happened = event("permission.withdrawn", instance, by, _target(app_id), app_id=app_id, permission=permission.value)
    return Change(find(tx, instance, app_id), [happened])


def allow(tx: Tx, instance: str, app_id: str, text: str, confirmed: bool, by: Origin) -> Change[Integration]:
    """Adds an entry to the allowlist. Raises IntegrationUnknown, NetworkBad, ConfirmationNeeded (`--confirm-wide`)."""
    row, entry = find(tx, instance, app_id), network.parse_entry(text)
    _confirm_wide(entry, confirmed)
    present = tx.integrations.networks(instance, app_id)
    if entry.text in present:
        return Change(row, [])
    if len(present) >= MAX_ENTRIES:
        raise ValueBad(f"An allowlist holds at most {MAX_ENTRIES} entries; write wider networks")
    tx.integrations.allow(instance, app_id, entry.text, tx.now)
    _compile(tx, instance, app_id)
    wide = network.is_wide(entry)
    happened = event("address.allowed", instance, by, _target(app_id), app_id=app_id, network=entry.text, wide=wide)
    return Change(find(tx, instance, app_id), [happened])


def disallow(tx: Tx, instance: str, app_id: str, text: str, confirmed: bool, by: Origin) -> Change[Integration]:
    """Removes an entry of the allowlist. Raises IntegrationUnknown, NetworkBad, ConfirmationNeeded (`--confirm-empty`)."""
    find(tx, instance, app_id)
    entry, present = network.parse_network(text), tx.integrations.networks(instance, app_id)
    if entry.text not in present:
        raise NetworkBad(f"{entry.text} is not on the allowlist, which holds {', '.join(present) or 'nothing'}")
    if len(present) == 1 and not confirmed:
        raise ConfirmationNeeded(f"{entry.text} is the last entry: nobody could use the integration.", "--confirm-empty")
    tx.integrations.disallow(instance, app_id, entry.text)
    _compile(tx, instance, app_id)
    left = len(present) - 1
    happened = event("address.disallowed", instance, by, _target(app_id), app_id=app_id, network=entry.text, left=left)
    return Change(find(tx, instance, app_id), [happened])


def set_url_credentials(tx: Tx, instance: str, app_id: str, on: bool, by: Origin) -> Change[Integration]:
    """Whether it may send credentials in a URL where the operator allows that at all. Raises IntegrationUnknown."""
    row = find(tx, instance, app_id)
    if bool(row.url_credentials) == on:
        return Change(row, [])
    tx.integrations.set_url_credentials(instance, app_id, on)
    value = "on" if on else "off"
    happened = event(
        "integration.reconfigured",
        instance,
        by,
        _target(app_id),
        app_id=app_id,
        setting="url-credentials",
        value=value,
    )
    return Change(find(tx, instance, app_id), [happened])


def disable(tx: Tx, instance: str, app_id: str, by: Origin) -> Change[Integration]:
    """Switches it off: its token dies for ever, its secret waits. Raises IntegrationUnknown."""
    row = find(tx, instance, app_id)
    if not row.enabled:
        return Change(row, [])
    tx.integrations.set_enabled(instance, app_id, False)
    killed = tx.integrations.kill_token(instance, app_id, "off")
    happened = event("integration.disabled", instance, by, _target(app_id), app_id=app_id, token_killed=killed)
    return Change(find(tx, instance, app_id), [happened])


def enable(tx: Tx, instance: str, app_id: str, by: Origin) -> Change[Integration]:
    """Switches it on: the secret works again, no old token does. Raises IntegrationUnknown."""
    row = find(tx, instance, app_id)
    if row.enabled:
        return Change(row, [])
    tx.integrations.set_enabled(instance, app_id, True)
    return Change(find(tx, instance, app_id), [event("integration.enabled", instance, by, _target(app_id), app_id=app_id)])


def delete(tx: Tx, instance: str, app_id: str, by: Origin) -> Change[Integration]:
    """Deletes it. A tombstone stays, so that its App ID is never used again. Raises IntegrationUnknown."""
    row = find(tx, instance, app_id)
    killed = tx.integrations.kill_token(instance, app_id, "deleted")
    tx.integrations.bury(instance, app_id, tx.now)
    happened = event("integration.deleted", instance, by, _target(app_id), app_id=app_id, name=row.name, token_killed=killed)
    return Change(row, [happened])


def reset_secret(
    tx: Tx, instance: str, app_id: str, key: ServerKey, by: Origin, entropy: Entropy, reason: str = "asked"
) -> Change[Created]:
    """A new App Secret; the old one and the live token die in the same commit. Raises IntegrationUnknown."""
    _still_live(tx, key)
    find(tx, instance, app_id)
    secret = credentials.mint_text(SECRET_PREFIX, entropy)
    digest = credentials.digest(SECRET_PREFIX, key.key, secret)
    tx.integrations.set_secret(instance, app_id, digest, key.key_id, tx.now)
    killed = tx.integrations.kill_token(instance, app_id, "reset")
    happened = event("secret.reset", instance, by, _target(app_id), app_id=app_id, reason=reason, token_killed=killed)
    return Change(Created(find(tx, instance, app_id), secret), [happened])


def revoke_token(tx: Tx, instance: str, app_id: str, by: Origin) -> Change[bool]:
    """Kills the live token; whether there was one. Raises IntegrationUnknown."""
    find(tx, instance, app_id)
    killed = tx.integrations.kill_token(instance, app_id, "revoked")
    happened = event("token.revoked", instance, by, _target(app_id), app_id=app_id, token_killed=killed)
    return Change(killed, [happened])


def revoke_from_the_future(tx: Tx, by: Origin) -> Change[int]:
    """Kills each live token issued later than now, by a clock that was wrong: it would come alive when that time arrives."""
    events: list[Event] = []
    for each in tx.instances.all():
        for app_id in tx.integrations.issued_after(each.instance, tx.now + SKEW):
            events += revoke_token(tx, each.instance, app_id, by).events
    return Change(len(events), events)

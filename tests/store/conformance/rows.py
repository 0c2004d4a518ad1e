"""Rows to put through the ports, and everything that the ports show of an integration."""

import hashlib
from typing import Any

from admincenter.core.audit import Record
from admincenter.core.ports import Instance, NewIntegration, TokenRow, Tx, UsageCount, WaitingAddress, Window

HERE, THERE, NOWHERE = "1000000000000001", "1000000000000002", "1000000000000003"
NOW = 1_795_428_000_000_000


def digest(text: str) -> bytes:
    """32 bytes that are a text's own."""
    return hashlib.sha256(text.encode()).digest()


def an_instance(instance: str, created_at: int = NOW) -> Instance:
    """An instance whose cursor key holds every kind of byte."""
    return Instance(instance, f"Instance {instance[-1]}", created_at, bytes(range(0, 256, 8)))


def app_id_of(instance: str, number: int) -> str:
    """The App ID of an instance's first, second, … integration."""
    return f"100{instance[-1]}{number:012d}"


def an_integration(instance: str, number: int, created_at: int = NOW) -> NewIntegration:
    """An instance's first, second, … integration."""
    app_id = app_id_of(instance, number)
    return NewIntegration(
        instance,
        app_id,
        f"Name {number}",
        "Ærøskøbing 'quoted'; -- ☃",
        "o@example.com",
        "people",
        created_at,
        digest(app_id),
        "k1",
    )


def a_token(tx: Tx, app_id: str, text: str = "token", issued_at: int = NOW) -> TokenRow:
    """A mint whose conditions hold now."""
    [facts] = tx.integrations.facts_by_app_id([app_id])
    assert facts is not None
    return TokenRow(
        app_id=app_id,
        proved=facts.secret_digest,
        access_version=facts.access_version,
        before=facts.generation,
        token_digest=digest(app_id + text),
        token_key="k1",
        issued_at=issued_at,
        sealed=b"\0sealed\xff" + text.encode(),
        superseded_until=issued_at + 7_200_000_000,
        secret_digest=facts.secret_digest,
        secret_key=facts.secret_key,
    )


def a_record(instance: str, sequence: int, recorded_at: int, payload: bytes = b"{}") -> Record:
    """A row of the log; the store does not look into it."""
    text = f"{instance}/{sequence}"
    return Record(
        instance,
        sequence,
        recorded_at,
        text,
        "token.issued",
        "actor",
        "target",
        "192.0.2.1",
        payload,
        digest(text),
    )


def waits(instance: str, app_id: str, address: str, times: int = 1, first: int = NOW, last: int = NOW) -> WaitingAddress:
    """An address that waits."""
    return WaitingAddress(instance, app_id, address, times, first, last)


def calls(
    instance: str, app_id: str, times: int, last_at: int = NOW, day: int = 20_000, address: str = "192.0.2.1"
) -> UsageCount:
    """Calls of an integration."""
    return UsageCount(instance, app_id, "read_security_audit_logs", address, day, times, last_at)


EVERYTHING = Window(HERE, 0, 2**62, 1_000, ascending=True)


def shown(tx: Tx, instance: str, app_id: str) -> dict[str, Any]:
    """Everything that the ports show of one integration."""
    return {
        "integration": tx.integrations.get(instance, app_id),
        "facts": tx.integrations.facts_by_app_id([app_id]),
        "permissions": tx.integrations.permissions(instance, app_id),
        "networks": tx.integrations.networks(instance, app_id),
        "waiting": tx.integrations.waiting(instance, app_id),
        "usage": tx.usage.of(instance, app_id),
    }


def all_shown(tx: Tx) -> dict[str, Any]:
    """Everything that the ports show of all that is there."""
    found: dict[str, Any] = {"instances": tx.instances.all(), "keys": tx.server_keys.all()}
    for instance in (HERE, THERE):
        found[instance] = (
            tx.audit.head(instance),
            tx.audit.records(EVERYTHING._replace(instance=instance)),
            tx.audit.cuts(instance),
        )
        for each in tx.integrations.all(instance):
            found[each.app_id] = shown(tx, instance, each.app_id)
    return found

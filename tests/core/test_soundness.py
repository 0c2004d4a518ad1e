"""`database check`: what is stored twice must agree, and what is named must exist."""

import pytest

from admincenter.core import soundness
from admincenter.core.audit import SYSTEM
from admincenter.core.keys import SETTLE
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.within import Within, undone

WRONG: dict[str, tuple[str, str]] = {
    "the head says another digest": ("UPDATE audit_heads SET digest = x'00'", "does not end where its head says"),
    "the tail is gone": ("DELETE FROM audit_events WHERE sequence > 1", "does not end where its head says"),
    "a column lets more in": ("UPDATE integrations SET access = x'00'", "The compiled access of integration"),
    "an address was slipped in": (
        "UPDATE allowed_addresses SET network = '10.0.0.0/8'",
        "The compiled access of integration",
    ),
    "an address is no address": ("UPDATE allowed_addresses SET network = 'home'", "The compiled access of integration"),
    "a permission is none of ours": (
        "UPDATE granted_permissions SET permission = 'x' WHERE permission = 'manage_accounts'",
        "The compiled access of",
    ),
    "a secret is under a key that is gone": ("UPDATE integrations SET secret_key = 'lost'", "which is not live; reset it"),
    "no key is primary": ("UPDATE server_keys SET is_primary = 0", "There are 0 primary server keys instead of one"),
    "two keys are primary": ("UPDATE server_keys SET is_primary = 1", "There are 2 primary server keys instead of one"),
}


def faults(reader: Within | Store) -> list[str]:
    return reader.read(lambda tx: list(soundness.faults(tx)))


@pytest.fixture
def tenant(store: Store) -> Tenant:
    store.add_key(SYSTEM)
    return Tenant(store)


def test_a_database_that_was_only_changed_by_the_commands_is_sound(store: Store, tenant: Tenant, clock: SettableClock) -> None:
    tenant.allow("2001:db8::/32")
    tenant.sibling().delete()
    tenant.sibling().disable()
    clock.advance(SETTLE)
    tenant.reset()
    assert faults(store) == []


@pytest.mark.parametrize("case", WRONG)
def test_what_was_changed_by_hand_is_named(store: Store, tenant: Tenant, case: str) -> None:
    statement, said = WRONG[case]
    with undone(store) as database:
        database.sql.run(statement)
        found = faults(database)
    assert found
    assert said in found[0]


def test_the_lost_key_of_a_deleted_integration_is_no_fault(store: Store, tenant: Tenant) -> None:
    tenant.delete()
    tenant.damage("secret_key = 'lost'")
    assert faults(store) == []

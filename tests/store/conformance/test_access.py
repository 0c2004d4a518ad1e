"""`ports.Integrations` on every engine: permissions, allowlists, and the addresses that wait to be allowed."""

from admincenter.core.ports import Tx
from tests.store.conformance.rows import HERE, NOW, THERE, all_shown, app_id_of, shown, waits

FIRST = app_id_of(HERE, 1)
SECOND = app_id_of(HERE, 2)
ELSEWHERE = app_id_of(THERE, 1)


def test_granted_permissions_are_listed_in_alphabetical_order(furnished: Tx) -> None:
    """Whenever each was granted; those of a neighbour are not among them."""
    furnished.integrations.grant(HERE, FIRST, "read_security_audit_logs", NOW)
    furnished.integrations.grant(HERE, FIRST, "manage_accounts", NOW + 1)
    assert furnished.integrations.permissions(HERE, FIRST) == ["manage_accounts", "read_security_audit_logs"]
    assert furnished.integrations.permissions(HERE, SECOND) == []
    assert furnished.integrations.permissions(THERE, FIRST) == []


def test_withdrawing_takes_one_permission_of_one_integration(furnished: Tx) -> None:
    """A second withdrawal finds nothing and changes nothing."""
    for instance, app_id in ((HERE, FIRST), (HERE, SECOND), (THERE, ELSEWHERE)):
        furnished.integrations.grant(instance, app_id, "manage_accounts", NOW)
        furnished.integrations.grant(instance, app_id, "read_security_audit_logs", NOW)
    for _ in range(2):
        furnished.integrations.withdraw(HERE, FIRST, "manage_accounts")
        assert furnished.integrations.permissions(HERE, FIRST) == ["read_security_audit_logs"]
    assert len(furnished.integrations.permissions(HERE, SECOND)) == 2
    assert len(furnished.integrations.permissions(THERE, ELSEWHERE)) == 2


def test_an_allowlist_is_listed_by_age_and_then_by_text(furnished: Tx) -> None:
    """Texts come back as they were given."""
    for network, added_at in (("2001:db8::/48", NOW + 1), ("198.51.100.7", NOW), ("192.0.2.0/24", NOW)):
        furnished.integrations.allow(HERE, FIRST, network, added_at)
    assert furnished.integrations.networks(HERE, FIRST) == ["192.0.2.0/24", "198.51.100.7", "2001:db8::/48"]
    assert furnished.integrations.networks(HERE, SECOND) == []


def test_disallowing_takes_one_entry_of_one_integration(furnished: Tx) -> None:
    """A second time changes nothing."""
    for instance, app_id in ((HERE, FIRST), (HERE, SECOND), (THERE, ELSEWHERE)):
        furnished.integrations.allow(instance, app_id, "192.0.2.1", NOW)
        furnished.integrations.allow(instance, app_id, "192.0.2.2", NOW)
    for _ in range(2):
        furnished.integrations.disallow(HERE, FIRST, "192.0.2.1")
        assert furnished.integrations.networks(HERE, FIRST) == ["192.0.2.2"]
    assert furnished.integrations.networks(HERE, SECOND) == ["192.0.2.1", "192.0.2.2"]
    assert furnished.integrations.networks(THERE, ELSEWHERE) == ["192.0.2.1", "192.0.2.2"]


def test_an_allowed_address_waits_no_longer(furnished: Tx) -> None:
    """Only that one, and only at the integration that allowed it."""
    rows = [
        waits(at, app_id, address) for at, app_id in ((HERE, FIRST), (HERE, SECOND)) for address in ("192.0.2.1", "192.0.2.2")
    ]
    furnished.integrations.add_waiting(rows)
    furnished.integrations.allow(HERE, FIRST, "192.0.2.1", NOW)
    assert [row.address for row in furnished.integrations.waiting(HERE, FIRST)] == ["192.0.2.2"]
    assert [row.address for row in furnished.integrations.waiting(HERE, SECOND)] == ["192.0.2.1", "192.0.2.2"]


def test_waiting_addresses_are_listed_newest_first_and_then_by_text(furnished: Tx) -> None:
    """Those of a neighbour are not among them."""
    rows = [
        waits(HERE, FIRST, "192.0.2.9", last=NOW),
        waits(HERE, FIRST, "192.0.2.1", last=NOW),
        waits(HERE, FIRST, "192.0.2.5", last=NOW + 1),
        waits(THERE, ELSEWHERE, "192.0.2.6"),
    ]
    furnished.integrations.add_waiting(rows)
    assert furnished.integrations.waiting(HERE, FIRST) == [rows[2], rows[1], rows[0]]
    assert furnished.integrations.waiting(HERE, SECOND) == []


def test_an_address_that_waits_already_is_counted_on(furnished: Tx) -> None:
    """Its count grows, and first and last stay the first and the last, also where two processes tell them out of order."""
    furnished.integrations.add_waiting([waits(HERE, FIRST, "192.0.2.1", 3, NOW + 10, NOW + 50)])
    furnished.integrations.add_waiting([waits(HERE, FIRST, "192.0.2.1", 4, NOW + 5, NOW + 20)])
    furnished.integrations.add_waiting([waits(HERE, FIRST, "192.0.2.1", 1, NOW + 60, NOW + 60)])
    assert furnished.integrations.waiting(HERE, FIRST) == [waits(HERE, FIRST, "192.0.2.1", 8, NOW + 5, NOW + 60)]


def test_an_integration_keeps_its_hundred_newest_waiting_addresses(furnished: Tx) -> None:
    """A thief who has a secret cannot fill the disk with addresses; a neighbour's list is not shortened for it."""
    furnished.integrations.add_waiting([waits(HERE, SECOND, "203.0.113.1", last=NOW - 1_000)])
    for start in (0, 75):
        many = [waits(HERE, FIRST, f"192.0.2.{number}", last=NOW + number) for number in range(start, start + 75)]
        furnished.integrations.add_waiting(many)
    kept = [row.address for row in furnished.integrations.waiting(HERE, FIRST)]
    assert kept == [f"192.0.2.{number}" for number in range(149, 49, -1)]
    assert len(furnished.integrations.waiting(HERE, SECOND)) == 1


def test_adding_no_waiting_address_changes_nothing(furnished: Tx) -> None:
    """An empty list is a list."""
    before = all_shown(furnished)
    furnished.integrations.add_waiting([])
    assert all_shown(furnished) == before


def test_waiting_addresses_are_no_access(furnished: Tx) -> None:
    """They are a note for the admin, and nothing that the gate reads."""
    before = shown(furnished, HERE, FIRST)
    furnished.integrations.add_waiting([waits(HERE, FIRST, "192.0.2.1")])
    assert shown(furnished, HERE, FIRST) | {"waiting": []} == before

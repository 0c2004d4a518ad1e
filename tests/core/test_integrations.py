"""The whole life of an integration, in a real store; each change with the one event that commits with it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from admincenter.core import credentials, instances, integrations, keys, tokens
from admincenter.core.audit import SYSTEM
from admincenter.core.credentials import SECRET_PREFIX, Entropy
from admincenter.core.errors import (
    ConfirmationNeeded,
    IntegrationUnknown,
    KeyRefused,
    NetworkBad,
    PermissionOutsidePurpose,
    Refusal,
    ValueBad,
)
from admincenter.core.integrations import MAX_ENTRIES, Created, Wanted
from admincenter.core.network import Access, parse_address, read_access
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Change, Facts, Instance, Integration, Tx, Window
from admincenter.core.tokens import Mint
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock

READ, MANAGE = Permission.READ_SECURITY_AUDIT_LOGS, Permission.MANAGE_ACCOUNTS
WANTED = Wanted(Purpose.PEOPLE, "Payroll", "", "", ["192.0.2.0/24"], [READ])


class Desk:
    """An admin's desk: changes one integration and looks at what became of it."""

    def __init__(self, store: Store, instance: Instance, entropy: Entropy) -> None:
        self.store, self.instance, self.entropy = store, instance.instance, entropy
        self.key = store.keyring().primary
        self.app_id = ""

    def create(self, wanted: Wanted = WANTED) -> Created:
        made = self.store.write(lambda tx: integrations.create(tx, self.instance, wanted, self.key, SYSTEM, self.entropy))
        self.app_id = made.integration.app_id
        return made

    def change(self, operation: Callable[..., Change[Any]], *arguments: object) -> Any:
        return self.store.write(lambda tx: operation(tx, self.instance, self.app_id, *arguments, SYSTEM))

    def facts(self) -> Facts:
        [found] = self.store.read(lambda tx: tx.integrations.facts_by_app_id([self.app_id]))
        assert found is not None
        return found

    def access(self) -> Access:
        return read_access(self.facts().access)

    def admits(self, text: str) -> bool:
        address = parse_address(text)
        assert address is not None
        return self.access().admits(address)

    def mint(self, secret: str) -> None:
        request = Mint(self.facts(), secret, None, self.key, SYSTEM, self.entropy)

        def one(tx: Tx) -> Change[Any]:
            [outcome] = tokens.mint_all(tx, [request])
            assert isinstance(outcome, Change)
            return outcome

        self.store.write(one)

    def events(self) -> list[dict[str, Any]]:
        """What was recorded of the integration, oldest first, as `extra_data`."""
        rows = self.store.read(lambda tx: tx.audit.records(Window(self.instance, 0, 2**62, 10_000, True)))
        return [json.loads(row.payload)["extra_data"] for row in rows if row.target == f"integration:{self.app_id}"]

    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.events()]


@pytest.fixture
def desk(store: Store, instance: Instance, entropy: Entropy) -> Desk:
    return Desk(store, instance, entropy)


def test_a_new_integration_is_on_and_has_what_was_asked_for(desk: Desk) -> None:
    wanted = Wanted(
        Purpose.PEOPLE, " Payroll ", "Feeds it", "it@example.com", ["192.0.2.0/24", "::1", "192.0.2.0/24"], [READ, READ]
    )
    made = desk.create(wanted)
    row, facts = made.integration, desk.facts()
    assert (row.name, row.description, row.owner, row.purpose, row.enabled) == (
        "Payroll",
        "Feeds it",
        "it@example.com",
        "people",
        1,
    )
    assert (desk.access().bits, facts.generation, facts.token_digest) == (READ.bit, 0, None)
    assert desk.admits("192.0.2.7")
    assert desk.admits("::1")
    assert not desk.admits("192.0.3.0")
    assert facts.secret_digest == credentials.digest(SECRET_PREFIX, desk.key.key, made.app_secret)
    [created] = desk.events()
    assert (created["permissions"], created["allowed_addresses"]) == (["read_security_audit_logs"], ["192.0.2.0/24", "::1"])


def test_nothing_that_is_stored_holds_the_secret(desk: Desk) -> None:
    """A thief of the data directory finds no secret in it."""
    secret = desk.create().app_secret.encode()
    files = [each for each in desk.store.data.rglob("*") if each.is_file()]
    assert files
    assert not [each for each in files if secret in each.read_bytes()]


@pytest.mark.parametrize(
    ("change", "refusal", "told"),
    [
        ({"networks": []}, NetworkBad, "at least one allowed address"),
        ({"networks": ["example.com"]}, NetworkBad, "names are not allowed"),
        ({"networks": ["10.0.0.0/8"]}, ConfirmationNeeded, "16,777,216 addresses. Confirm with --confirm-wide"),
        ({"networks": ["0.0.0.0/0"], "wide_confirmed": True}, NetworkBad, "which no allowlist may hold"),
        ({"networks": ["192.0.2.1"] * (MAX_ENTRIES + 1)}, ValueBad, "at most 1000 entries"),
        ({"purpose": Purpose.SECURITY, "permissions": [MANAGE]}, PermissionOutsidePurpose, "cannot hold manage_accounts"),
        ({"name": ""}, ValueBad, "name is empty"),
        ({"description": "x" * 2_001}, ValueBad, "description is longer"),
        ({"owner": "a\nb"}, ValueBad, "owner holds control"),
    ],
)  # fmt: skip
def test_what_cannot_be_created_leaves_nothing_behind(
    desk: Desk, change: dict[str, Any], refusal: type[Refusal], told: str
) -> None:
    with pytest.raises(refusal, match=told):
        desk.create(WANTED._replace(**change))
    assert desk.store.read(lambda tx: tx.integrations.all(desk.instance)) == []
    assert desk.store.read(lambda tx: tx.audit.head(desk.instance)).sequence == 1


def test_a_wide_network_is_allowed_once_it_is_confirmed(desk: Desk) -> None:
    desk.create(WANTED._replace(networks=["10.0.0.0/8"], wide_confirmed=True))
    assert desk.admits("10.255.255.255")


def test_a_permission_is_granted_and_withdrawn_and_the_gates_column_follows(desk: Desk) -> None:
    desk.create()
    before = desk.facts().access_version
    desk.change(integrations.grant, MANAGE)
    assert desk.access().bits == MANAGE.bit | READ.bit
    desk.change(integrations.withdraw, READ)
    assert (desk.access().bits, desk.facts().access_version) == (MANAGE.bit, before + 2)
    assert desk.kinds()[1:] == ["permission.granted", "permission.withdrawn"]


def test_a_grant_outside_the_purpose_is_refused_at_any_time(desk: Desk) -> None:
    desk.create(WANTED._replace(purpose=Purpose.SECURITY))
    with pytest.raises(PermissionOutsidePurpose):
        desk.change(integrations.grant, MANAGE)
    assert desk.access().bits == READ.bit


def test_an_address_is_allowed_and_disallowed_and_the_gates_column_follows(desk: Desk) -> None:
    desk.create()
    desk.change(integrations.allow, "2001:db8::/32", False)
    assert desk.admits("2001:db8::7")
    desk.change(integrations.disallow, "192.0.2.0/24", False)
    assert not desk.admits("192.0.2.7")
    assert [(each["kind"], each["network"]) for each in desk.events()[1:]] == [
        ("address.allowed", "2001:db8::/32"),
        ("address.disallowed", "192.0.2.0/24"),
    ]


def test_a_wide_address_needs_its_confirmation_and_the_event_says_that_it_is_wide(desk: Desk) -> None:
    desk.create()
    with pytest.raises(ConfirmationNeeded, match="--confirm-wide"):
        desk.change(integrations.allow, "10.0.0.0/8", False)
    desk.change(integrations.allow, "10.0.0.0/8", True)
    assert desk.events()[-1]["wide"] is True


def test_removing_the_last_address_needs_a_confirmation_and_closes_the_integration(desk: Desk) -> None:
    desk.create()
    with pytest.raises(ConfirmationNeeded, match="--confirm-empty"):
        desk.change(integrations.disallow, "192.0.2.0/24", False)
    assert desk.admits("192.0.2.7")
    desk.change(integrations.disallow, "192.0.2.0/24", True)
    assert not desk.admits("192.0.2.7")
    with pytest.raises(NetworkBad, match="which holds nothing"):
        desk.change(integrations.disallow, "192.0.2.0/24", True)


def test_an_allowlist_has_an_end(desk: Desk) -> None:
    desk.create(WANTED._replace(networks=[f"192.0.{number >> 8}.{number & 255}" for number in range(MAX_ENTRIES)]))
    with pytest.raises(ValueBad, match="at most 1000 entries"):
        desk.change(integrations.allow, "198.51.100.1", False)
    desk.change(integrations.allow, "192.0.0.0", False)


def test_switched_off_the_token_is_dead_for_ever_and_the_secret_waits(desk: Desk) -> None:
    made = desk.create()
    desk.mint(made.app_secret)
    killed = desk.facts().token_digest
    desk.change(integrations.disable)
    off = desk.facts()
    assert (off.enabled, off.token_digest, off.sealed, off.previous_digest, off.previous_reason) == (
        0,
        None,
        None,
        killed,
        "off",
    )
    desk.change(integrations.enable)
    on = desk.facts()
    assert (on.enabled, on.token_digest, on.previous_digest, on.secret_digest) == (1, None, killed, off.secret_digest)
    assert desk.kinds()[2:] == ["integration.disabled", "integration.enabled"]


def test_deleted_it_stays_as_a_tombstone_that_nothing_changes(desk: Desk) -> None:
    made = desk.create()
    desk.mint(made.app_secret)
    desk.change(integrations.delete)
    assert desk.facts().deleted_at == desk.store.clock()
    assert (desk.facts().token_digest, desk.facts().previous_reason) == (None, "deleted")
    assert desk.events()[-1]["token_killed"] is True
    with pytest.raises(IntegrationUnknown):
        desk.change(integrations.enable)


def test_a_reset_kills_the_old_secret_and_the_token_in_one_step(desk: Desk) -> None:
    made = desk.create()
    desk.mint(made.app_secret)
    again = desk.store.write(
        lambda tx: integrations.reset_secret(tx, desk.instance, desk.app_id, desk.key, SYSTEM, desk.entropy, "restore")
    )
    facts = desk.facts()
    assert again.app_secret != made.app_secret
    assert facts.secret_digest == credentials.digest(SECRET_PREFIX, desk.key.key, again.app_secret)
    assert (facts.token_digest, facts.sealed, facts.previous_reason) == (None, None, "reset")
    assert (desk.events()[-1]["reason"], desk.events()[-1]["token_killed"]) == ("restore", True)


def test_a_token_is_revoked_once(desk: Desk) -> None:
    made = desk.create()
    desk.mint(made.app_secret)
    assert desk.change(integrations.revoke_token) is True
    assert desk.change(integrations.revoke_token) is False
    assert [each["token_killed"] for each in desk.events()[2:]] == [True, False]


def test_a_token_issued_by_a_clock_that_was_ahead_dies_before_its_time_comes(desk: Desk, clock: SettableClock) -> None:
    """F11: it would be refused now, and come alive later."""
    made = desk.create()
    desk.mint(made.app_secret)
    clock.advance(-60)
    assert desk.store.write(lambda tx: integrations.revoke_from_the_future(tx, SYSTEM)) == 0
    assert desk.facts().token_digest is not None
    clock.advance(-0.000_001)
    assert desk.store.write(lambda tx: integrations.revoke_from_the_future(tx, SYSTEM)) == 1
    assert (desk.facts().token_digest, desk.kinds()[-1]) == (None, "token.revoked")


def test_no_secret_is_made_under_a_key_that_was_retired_meanwhile(desk: Desk) -> None:
    desk.create()
    desk.key = keys.new_key(desk.entropy)
    with pytest.raises(KeyRefused, match="Repeat the command"):
        desk.create()
    with pytest.raises(KeyRefused):
        desk.store.write(lambda tx: integrations.reset_secret(tx, desk.instance, desk.app_id, desk.key, SYSTEM, desk.entropy))
    assert desk.kinds() == ["integration.created"]


def test_renamed_it_is_the_same_with_another_name(desk: Desk) -> None:
    desk.create()
    row: Integration = desk.change(integrations.rename, "Wages")
    assert (row.name, row.app_id, desk.events()[-1]["before"]) == ("Wages", desk.app_id, "Payroll")


def test_credentials_in_urls_can_be_refused_for_one_integration(desk: Desk) -> None:
    desk.create()
    assert desk.facts().url_credentials == 1
    for on in (False, True):
        desk.change(integrations.set_url_credentials, on)
        assert desk.facts().url_credentials == on
    assert [each["value"] for each in desk.events()[1:]] == ["off", "on"]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        (integrations.rename, ["Payroll"]),
        (integrations.grant, [READ]),
        (integrations.withdraw, [MANAGE]),
        (integrations.allow, ["192.0.2.0/24", False]),
        (integrations.set_url_credentials, [True]),
        (integrations.enable, []),
    ],
)
def test_a_change_that_changes_nothing_is_no_event(
    desk: Desk, operation: Callable[..., Change[Any]], arguments: list[object]
) -> None:
    desk.create()
    before = desk.facts()
    desk.change(operation, *arguments)
    assert desk.facts() == before
    assert desk.kinds() == ["integration.created"]


def test_switching_off_twice_is_one_event(desk: Desk) -> None:
    desk.create()
    desk.change(integrations.disable)
    desk.change(integrations.disable)
    assert desk.kinds() == ["integration.created", "integration.disabled"]


CHANGES: list[tuple[Callable[..., Change[Any]], list[object]]] = [
    (integrations.rename, ["x"]),
    (integrations.grant, [READ]),
    (integrations.withdraw, [READ]),
    (integrations.allow, ["192.0.2.1", False]),
    (integrations.disallow, ["192.0.2.1", False]),
    (integrations.set_url_credentials, [True]),
    (integrations.disable, []),
    (integrations.enable, []),
    (integrations.delete, []),
    (integrations.revoke_token, []),
]


@pytest.mark.parametrize(("operation", "arguments"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_no_change_reaches_an_integration_of_another_instance(
    desk: Desk, operation: Callable[..., Change[Any]], arguments: list[object], entropy: Entropy
) -> None:
    desk.create()
    before, home = desk.facts(), desk.instance
    desk.instance = desk.store.write(lambda tx: instances.create(tx, "Elsewhere", SYSTEM, entropy)).instance
    with pytest.raises(IntegrationUnknown, match="There is no integration"):
        desk.change(operation, *arguments)
    desk.instance = home
    assert desk.facts() == before


def test_an_unknown_app_id_is_shown_without_its_control_characters(desk: Desk) -> None:
    desk.app_id = "\x1b[2J" + "x" * 100
    with pytest.raises(IntegrationUnknown) as refused:
        desk.change(integrations.enable)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 150

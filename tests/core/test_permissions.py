"""Permissions, and the purposes that bound them."""

import itertools
import re

import pytest

from admincenter.core import permissions
from admincenter.core.errors import PermissionOutsidePurpose, PermissionUnknown, PurposeUnknown
from admincenter.core.permissions import Permission, Purpose

MANAGE, READ = Permission.MANAGE_ACCOUNTS, Permission.READ_SECURITY_AUDIT_LOGS


def test_people_may_hold_both_permissions_and_security_only_the_log() -> None:
    assert Purpose.PEOPLE.permissions == (MANAGE, READ)
    assert Purpose.SECURITY.permissions == (READ,)


@pytest.mark.parametrize(("purpose", "permission"), list(itertools.product(Purpose, Permission)))
def test_a_grant_outside_the_purpose_is_refused(purpose: Purpose, permission: Permission) -> None:
    if purpose is Purpose.SECURITY and permission is MANAGE:
        with pytest.raises(PermissionOutsidePurpose, match="security cannot hold manage_accounts"):
            permissions.bound(purpose, permission)
    else:
        assert permissions.bound(purpose, permission) is permission


def test_keys_and_bits_are_what_they_were_on_the_first_day() -> None:
    assert {each.value: each.bit for each in Permission} == {"manage_accounts": 1, "read_security_audit_logs": 2}


@pytest.mark.parametrize("permission", list(Permission))
def test_every_permission_has_a_key_a_title_and_a_sentence(permission: Permission) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", permission.value)
    assert permission.title
    assert permission.opens.endswith(".")
    assert permissions.parse_permission(permission.value) is permission


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_purpose_has_a_place_in_the_panel(purpose: Purpose) -> None:
    assert "→" in purpose.place
    assert permissions.parse_purpose(purpose.value) is purpose


@pytest.mark.parametrize("text", ["", "admin", "MANAGE_ACCOUNTS", "manage_accounts ", "*"])
def test_unknown_keys_are_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(PermissionUnknown, match="manage_accounts, read_security_audit_logs"):
        permissions.parse_permission(text)
    with pytest.raises(PurposeUnknown, match="people, security"):
        permissions.parse_purpose(text)


@pytest.mark.parametrize("count", range(len(Permission) + 1))
def test_bits_hold_exactly_the_permissions_that_they_were_made_of(count: int) -> None:
    for some in itertools.combinations(Permission, count):
        assert permissions.held(permissions.bits_of(some)) == some

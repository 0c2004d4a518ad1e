"""Every permission, every purpose, and which purpose bounds which permission (design, section 1).

A permission's key is `<verb>_<object>`, lower case. Keys and bits are never reused; a retired permission keeps its row.
"""

from enum import Enum
from functools import cache

from admincenter.core.errors import PermissionOutsidePurpose, PermissionUnknown, PurposeUnknown


class Permission(Enum):
    """What an integration may be allowed to do. The value is the key on every wire and in every table."""

    MANAGE_ACCOUNTS = "manage_accounts"
    READ_SECURITY_AUDIT_LOGS = "read_security_audit_logs"

    @property
    def bit(self) -> int:
        """The permission's place in the compiled access of an integration."""
        return _BITS[self]

    @property
    def title(self) -> str:
        """The name that people see."""
        return _TITLES[self]

    @property
    def opens(self) -> str:
        """What the permission opens, in one sentence."""
        return _OPENS[self]


class Purpose(Enum):
    """What an integration is created for: where in the panel it is created."""

    PEOPLE = "people"
    SECURITY = "security"

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """The permissions that an integration of this purpose may ever hold."""
        return _BOUNDS[self]

    @property
    def place(self) -> str:
        """Where in the panel an integration of this purpose is created."""
        return _PLACES[self]


_BITS = {Permission.MANAGE_ACCOUNTS: 1 << 0, Permission.READ_SECURITY_AUDIT_LOGS: 1 << 1}
_TITLES = {
    Permission.MANAGE_ACCOUNTS: "Manage accounts",
    Permission.READ_SECURITY_AUDIT_LOGS: "Read security audit logs",
}
_OPENS = {
    Permission.MANAGE_ACCOUNTS: "The account management API (SCIM 2.0): the whole account directory of its instance.",
    Permission.READ_SECURITY_AUDIT_LOGS: "The security audit logs API: every event of its instance.",
}
_BOUNDS = {
    Purpose.PEOPLE: (Permission.MANAGE_ACCOUNTS, Permission.READ_SECURITY_AUDIT_LOGS),
    Purpose.SECURITY: (Permission.READ_SECURITY_AUDIT_LOGS,),
}
_PLACES = {
    Purpose.PEOPLE: "People → Identity providers → Connect → Custom setup",
    Purpose.SECURITY: "Security → Security integrations → Add new integration",
}


def parse_permission(text: str) -> Permission:
    """The permission of a key. Raises PermissionUnknown."""
    try:
        return Permission(text)
    except ValueError:
        raise PermissionUnknown(text, ", ".join(each.value for each in Permission)) from None


def parse_purpose(text: str) -> Purpose:
    """The purpose of a key. Raises PurposeUnknown."""
    try:
        return Purpose(text)
    except ValueError:
        raise PurposeUnknown(text, ", ".join(each.value for each in Purpose)) from None


def bound(purpose: Purpose, permission: Permission) -> Permission:
    """The permission, if the purpose allows it. Raises PermissionOutsidePurpose."""
    if permission not in purpose.permissions:
        allowed = ", ".join(each.value for each in purpose.permissions)
        raise PermissionOutsidePurpose(permission.value, purpose.value, allowed)
    return permission


def bits_of(permissions: "frozenset[Permission] | tuple[Permission, ...]") -> int:
    """The permissions as one integer, for the compiled access of an integration."""
    bits = 0
    for permission in permissions:
        bits |= permission.bit
    return bits


@cache
def keys_of(bits: int) -> tuple[str, ...]:
    """The keys of the permissions in an integer made by `bits_of`."""
    return tuple(each.value for each in held(bits))


@cache
def held(bits: int) -> tuple[Permission, ...]:
    """The permissions in an integer made by `bits_of`, in the catalogue's order."""
    return tuple(permission for permission in Permission if bits & permission.bit)

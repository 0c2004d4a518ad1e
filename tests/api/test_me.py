"""`GET /me`: what a token stands for at this moment (contract, section 3)."""

from admincenter.core.permissions import Permission
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import Wire


def test_me_says_exactly_what_the_token_stands_for(wire: Wire, tenant: Tenant, token: str, hands: SettableClock) -> None:
    hands.advance(0.5)
    reply = wire.get("/me", token)
    assert reply.status == 200
    assert reply.json == {
        "id": tenant.app_id,
        "name": "Payroll",
        "instance": tenant.instance,
        "permissions": ["manage_accounts", "read_security_audit_logs"],
        "expires_in": 7_199,
        "generation": 1,
        "seen_address": "127.0.0.1",
    }
    assert (reply.header("content-type"), reply.header("cache-control")) == ("application/json; charset=UTF-8", "no-store")


def test_me_follows_each_change_at_once(wire: Wire, tenant: Tenant, token: str) -> None:
    tenant.rename("Wages ☂")
    tenant.withdraw(Permission.MANAGE_ACCOUNTS)
    assert (wire.get("/me", token).json["name"], wire.get("/me", token).json["permissions"]) == (
        "Wages ☂",
        ["read_security_audit_logs"],
    )
    tenant.withdraw(Permission.READ_SECURITY_AUDIT_LOGS)
    assert wire.get("/me", token).json["permissions"] == []

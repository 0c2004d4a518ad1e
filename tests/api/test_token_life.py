"""The token on API calls: how it may be written, how long it lives, and what each dead one is told (contract, 2 and 3)."""

import os

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import Wire

HOURS = 7_200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "OAuth", "oauth", "OAUTH"])
def test_both_schemes_are_read_in_any_case(wire: Wire, token: str, scheme: str) -> None:
    assert wire.call("GET", "/me", [("authorization", f"{scheme} {token}")]).status == 200
    assert wire.call("GET", "/me", [("AUTHORIZATION", f"  {scheme}   {token}  ")]).status == 200


@pytest.mark.parametrize("value", [
    "", "Bearer", "Bearer ", "Bearer None", "Bearer null", "Bearer undefined", "None", "null", "{token}", "Basic {token}",
    "Token {token}", "Bearer{token}", "Bearer {token}x", "Bearer {token}, Bearer {token}", "Bearer {token} {token}",
    "Bearer Bearer {token}", "Bearer {cut}", "Bearer {swapped}", "Bearer {secret}", "Bearer {app_id}|{secret}",
    'Bearer "{token}"', "Bearer {token}\xa0", "Bearer \xe9", "Bearer act_", "Bearer {flipped}",
    "Bearer {token}\x00"[:-1] + "%00", "Bearer " + "a" * 9_000,
])  # fmt: skip
def test_what_is_no_token_is_refused_unread(server: InProcess, tenant: Tenant, token: str, value: str) -> None:
    """A10, A11: an App Secret is no token, and garbage belongs to no instance: it is recorded nowhere."""
    swapped, flipped = token.swapcase(), token[:-1] + ("0" if token[-1] != "0" else "1")
    text = value.format(
        token=token, secret=tenant.secret, app_id=tenant.app_id, cut=token[:-1], swapped=swapped, flipped=flipped
    )
    reply = server.wire.call("GET", "/me", [("Authorization", text)])
    assert_graph_error(reply, 400, 190, says="Cannot parse")
    server.settle()
    assert tenant.news() == []


def test_an_app_secret_as_bearer_is_told_where_to_go(wire: Wire, tenant: Tenant) -> None:
    assert_graph_error(wire.get("/me", tenant.secret), 400, 190, says="/work_get_token")


def test_a_token_where_the_secret_is_due_is_told_so(wire: Wire, tenant: Tenant, token: str) -> None:
    assert_graph_error(wire.token(f"{tenant.app_id}|{token}"), 400, 190, says="access token where an App Secret is due")


def test_no_token_is_code_104(server: InProcess, tenant: Tenant) -> None:
    assert_graph_error(server.wire.get("/me"), 400, 104)
    assert_graph_error(server.wire.get("/security_audit_logs", headers=[("Cookie", "access_token=x")]), 400, 104)
    assert tenant.news() == []


def test_a_token_lives_exactly_two_hours(server: InProcess, tenant: Tenant, token: str, hands: SettableClock) -> None:
    """A06, promise 3."""
    hands.advance(HOURS - 0.000001)
    assert server.wire.get("/me", token).json["expires_in"] == 0
    hands.advance(0.000001)
    assert_graph_error(server.wire.get("/me", token), 400, 190, 463)
    hands.advance(10 * HOURS)
    assert_graph_error(server.wire.get("/me", token), 400, 190, 463)
    server.settle()
    assert counted(tenant.news()) == {"call.refused TokenExpired": 2}


def test_a_token_issued_up_to_a_minute_ahead_of_this_clock_is_good(
    server: InProcess, tenant: Tenant, token: str, hands: SettableClock
) -> None:
    """Another node's clock, or a small step back of our own."""
    hands.advance(-60)
    assert server.wire.get("/me", token).json["expires_in"] == HOURS
    hands.advance(-0.000001)
    assert_graph_error(server.wire.get("/me", token), 400, 190, 463)
    hands.advance(60.000001)


@pytest.mark.parametrize(
    ("how", "message"),
    [("reset", "App Secret of this integration was reset"), ("revoke", "revoked"), ("revoke_all", "revoked")],
)
def test_a_token_that_was_killed_is_told_why_until_its_own_expiry(
    server: InProcess, tenant: Tenant, token: str, hands: SettableClock, how: str, message: str
) -> None:
    getattr(tenant, how)()
    tenant.news()
    assert_graph_error(server.wire.get("/me", token), 400, 190, 460, says=message)
    hands.advance(HOURS - 0.000001)
    assert_graph_error(server.wire.get("/me", token), 400, 190, 460, says=message)
    hands.advance(0.000001)
    assert_graph_error(server.wire.get("/me", token), 400, 190, 463)
    server.settle()
    assert counted(tenant.news()) == {"call.refused TokenDead": 2, "call.refused TokenExpired": 1}


def test_a_superseded_token_is_told_so_and_an_older_one_is_forgotten(
    server: InProcess, tenant: Tenant, token: str, hands: SettableClock
) -> None:
    hands.advance(60)
    second = server.wire.token(tenant.credential).json["access_token"]
    assert_graph_error(server.wire.get("/me", token), 400, 190, 460, says="a newer token was issued")
    third = server.wire.token(tenant.credential).json["access_token"]
    assert_graph_error(server.wire.get("/me", token), 400, 190, 467)
    assert_graph_error(server.wire.get("/me", second), 400, 190, 460, says="a newer token was issued")
    assert server.wire.get("/me", third).status == 200
    server.settle()
    assert counted(tenant.news()) == {"token.issued": 2, "call.refused TokenDead": 2}


def test_the_expiry_that_wins_is_the_superseded_tokens_own(
    wire: Wire, tenant: Tenant, token: str, hands: SettableClock
) -> None:
    hands.advance(HOURS - 1)
    newer = wire.token(tenant.credential).json["access_token"]
    assert_graph_error(wire.get("/me", token), 400, 190, 460)
    hands.advance(1)
    assert_graph_error(wire.get("/me", token), 400, 190, 463)
    assert wire.get("/me", newer).json["expires_in"] == HOURS - 1


def test_a_token_that_expired_before_it_was_superseded_says_expired(
    wire: Wire, tenant: Tenant, token: str, hands: SettableClock
) -> None:
    hands.advance(HOURS)
    assert wire.token(tenant.credential).status == 200
    assert_graph_error(wire.get("/me", token), 400, 190, 463)


def test_a_well_formed_token_that_nobody_has_is_unknown(server: InProcess, tenant: Tenant, token: str) -> None:
    assert_graph_error(server.wire.get("/me", credentials.mint_text(TOKEN_PREFIX, os.urandom)), 400, 190, 467)
    assert_graph_error(server.wire.get("/me", credentials.mint_text(TOKEN_PREFIX, os.urandom, "zz")), 400, 190, 467)
    server.settle()
    assert tenant.news() == []


def test_the_body_of_a_secret_under_a_tokens_prefix_is_unknown(wire: Wire, tenant: Tenant, token: str) -> None:
    text = credentials.mint_text(SECRET_PREFIX, os.urandom)
    assert_graph_error(wire.get("/me", "act_" + text[4:]), 400, 190)


def test_switched_off_is_467_and_switched_on_again_is_460(server: InProcess, tenant: Tenant, token: str) -> None:
    """A18: enable revives nothing but the secret."""
    tenant.disable()
    tenant.news()
    assert_graph_error(server.wire.get("/me", token), 400, 190, 467, says="switched off")
    tenant.enable()
    assert_graph_error(server.wire.get("/me", token), 400, 190, 460, says="switched off")
    newer = server.wire.token(tenant.credential).json["access_token"]
    assert server.wire.get("/me", newer).status == 200
    assert_graph_error(server.wire.get("/me", token), 400, 190, 460, says="switched off")
    server.settle()
    found = counted(tenant.news())
    assert found == {"integration.enabled": 1, "token.issued": 1, "call.refused IntegrationOff": 1, "call.refused TokenDead": 2}


def test_deleted_is_467_for_ever(server: InProcess, tenant: Tenant, token: str, hands: SettableClock) -> None:
    """A17."""
    tenant.delete()
    tenant.news()
    assert_graph_error(server.wire.get("/me", token), 400, 190, 467, says="deleted")
    hands.advance(HOURS)
    assert_graph_error(server.wire.get("/me", token), 400, 190, 467, says="deleted")
    server.settle()
    assert counted(tenant.news()) == {"call.refused IntegrationOff": 2}


def test_a_genuine_token_from_elsewhere_is_told_its_address_and_leaves_a_finding(
    server: InProcess, tenant: Tenant, token: str
) -> None:
    tenant.allow("192.0.2.1")
    tenant.disallow("127.0.0.1")
    tenant.news()
    assert_graph_error(server.wire.get("/me", token), 400, 5, says="(seen as 127.0.0.1)")
    server.settle()
    found = tenant.news()
    assert (counted(found), found[0]["extra_data"]["finding"]) == ({"address.refused AddressRefused": 1}, True)
    assert [each.address for each in tenant.waiting()] == ["127.0.0.1"]
    tenant.allow("127.0.0.1")
    assert (server.wire.get("/me", token).status, tenant.waiting()) == (200, [])


def test_a_token_opens_nothing_of_another_instance(wire: Wire, server: InProcess, tenant: Tenant, token: str) -> None:
    Tenant(server.store).happen(3)
    assert wire.get("/me", token).json["instance"] == tenant.instance
    assert len(wire.get("/security_audit_logs", token).json["data"]) == tenant.head.sequence

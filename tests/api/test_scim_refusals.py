"""What the gate tells on the paths of SCIM: SCIM Errors, with Graph's error object beside on `/Users` (contract, section 2)."""

import os
from collections.abc import Callable

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX
from admincenter.core.permissions import Permission
from tests.graph import assert_graph_error
from tests.scim_error import assert_scim_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import JSON, Header, Reply, Wire

PATHS = [("/scim/v2/Users", False), ("/Users", True)]
both = pytest.mark.parametrize(("path", "beside"), PATHS, ids=["rfc", "compatible"])

Deed = Callable[[Tenant, Wire, SettableClock], object]


def _minted(tenant: Tenant, wire: Wire, _hands: SettableClock) -> None:
    assert wire.token(tenant.credential).status == 200


DEATHS: dict[str, tuple[Deed, int, str]] = {
    "superseded": (_minted, 401, "a newer token"),
    "reset": (lambda tenant, _wire, _hands: tenant.reset(), 401, "App Secret of this integration was reset"),
    "revoked": (lambda tenant, _wire, _hands: tenant.revoke(), 401, "revoked"),
    "switched off": (lambda tenant, _wire, _hands: tenant.disable(), 401, "switched off"),
    "deleted": (lambda tenant, _wire, _hands: tenant.delete(), 401, "deleted"),
    "expired": (lambda _tenant, _wire, hands: hands.advance(7_200), 401, "expired"),
    "address": (lambda tenant, _wire, _hands: tenant.disallow("127.0.0.1"), 403, "(seen as 127.0.0.1)"),
    "permission": (lambda tenant, _wire, _hands: tenant.withdraw(Permission.MANAGE_ACCOUNTS), 403, "manage_accounts"),
}


@both
@pytest.mark.parametrize("death", DEATHS)
def test_whatever_ends_an_access_is_told_by_the_very_next_call(
    wire: Wire, tenant: Tenant, token: str, hands: SettableClock, path: str, beside: bool, death: str
) -> None:
    deed, status, says = DEATHS[death]
    deed(tenant, wire, hands)
    for each in (path, path + "/1", path + "/.search"):
        assert_scim_error(wire.call("POST" if "." in each else "GET", each, bearer(token)), status, says=says, beside=beside)


def bearer(token: str) -> list[Header]:
    return [("Authorization", f"Bearer {token}")]


@both
@pytest.mark.parametrize("text", ["None", "null", "", "act_", "x" * 5_000, "<secret>"])
def test_what_is_no_token_is_401_unread(wire: Wire, tenant: Tenant, path: str, beside: bool, text: str) -> None:
    own = bearer(tenant.credential if text == "<secret>" else text)
    reply = wire.call("GET", path, own)
    assert_scim_error(reply, 401, beside=beside)
    assert 'error="invalid_token"' in reply.header("www-authenticate")
    assert tenant.secret.encode() not in reply.body


@both
def test_who_sends_no_token_is_told_what_to_send_and_no_error(wire: Wire, path: str, beside: bool) -> None:
    reply = wire.call("POST", path, [JSON], b"{}")
    assert_scim_error(reply, 401, beside=beside)
    assert reply.header("www-authenticate") == 'Bearer realm="Admin Center"'


@both
def test_a_token_of_nobody_is_401(wire: Wire, path: str, beside: bool) -> None:
    stranger = credentials.mint_text(TOKEN_PREFIX, os.urandom)
    assert_scim_error(wire.get(path, stranger), 401, beside=beside)


@both
@pytest.mark.parametrize("header", [("Origin", "https://example.com"), ("Sec-Fetch-Site", "cross-site")])
def test_a_browser_page_is_refused_alike_whether_its_token_is_genuine_or_not(
    server: InProcess, tenant: Tenant, token: str, path: str, beside: bool, header: Header
) -> None:
    wrong = server.wire.get(path, credentials.mint_text(TOKEN_PREFIX, os.urandom), [header])
    genuine = server.wire.get(path, token, [header])
    assert_scim_error(genuine, 400, says="client-side", beside=beside)
    assert genuine.without_ids() == wrong.without_ids()
    server.settle()
    assert counted(tenant.news()) == {"credential.used_client_side ClientSideUse": 1, "call.refused ClientSideUse": 1}


@both
def test_a_token_in_the_url_is_refused_and_found(
    server: InProcess, tenant: Tenant, token: str, path: str, beside: bool
) -> None:
    reply = server.wire.get(f"{path}?access_token={token}")
    assert_scim_error(reply, 400, "invalidValue", "Authorization header", beside)
    server.settle()
    assert counted(tenant.news()) == {"token.seen_in_url ParameterBad": 1, "call.refused ParameterBad": 1}


@both
def test_two_tokens_are_one_too_many(wire: Wire, token: str, path: str, beside: bool) -> None:
    assert_scim_error(wire.get(path, token, bearer(token)), 400, "invalidValue", "Two access tokens", beside)


@both
def test_a_body_is_not_searched_for_tokens_and_gets_no_one_in(wire: Wire, token: str, path: str, beside: bool) -> None:
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    assert_scim_error(wire.call("POST", path, form, f"access_token={token}".encode()), 401, beside=beside)


@both
def test_a_secret_opens_nothing_here(wire: Wire, tenant: Tenant, path: str, beside: bool) -> None:
    wrong = credentials.mint_text(SECRET_PREFIX, os.urandom)
    for each in (tenant.secret, wrong):
        assert_scim_error(wire.get(path, each), 401, beside=beside)


def _oversize(wire: Wire, path: str, token: str) -> Reply:
    return wire.call("POST", path, [*bearer(token), JSON], b" " * 1_048_577)


def _oversize_in_chunks(wire: Wire, path: str, token: str) -> Reply:
    chunk = b"%x\r\n%b\r\n" % (65_536, b" " * 65_536)
    return wire.call("POST", path, [*bearer(token), JSON, ("Transfer-Encoding", "chunked")], chunk * 17)


@both
@pytest.mark.parametrize("send", [_oversize, _oversize_in_chunks])
def test_a_body_over_a_megabyte_is_413(
    wire: Wire, token: str, path: str, beside: bool, send: Callable[[Wire, str, str], Reply]
) -> None:
    assert_scim_error(send(wire, path, token), 413, says="1048576", beside=beside)


@both
def test_headers_over_their_cap_are_told_in_the_dialect_of_the_path(wire: Wire, path: str, beside: bool) -> None:
    assert_scim_error(wire.get(path, None, [("X", "y" * 17_000)]), 431, beside=beside)


@both
def test_another_host_is_told_in_the_dialect_of_the_path(wire: Wire, token: str, path: str, beside: bool) -> None:
    assert_scim_error(wire.get(path, token, [("Host", "example.com")]), 400, says="Host", beside=beside)


def test_other_paths_keep_their_own_cap_and_their_own_errors(wire: Wire, token: str) -> None:
    for path in ("/me", "/security_audit_logs"):
        assert_graph_error(wire.call("GET", path, [*bearer(token), JSON], b" " * 8_193), 413, 100)

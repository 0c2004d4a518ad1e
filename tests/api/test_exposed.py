"""Credentials where they do not belong: in a browser (the tripwire), in a URL, in the body of an API call."""

import os

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.tenant import Tenant, counted
from tests.wire import URLENCODED, Header, Wire, urlencoded

BROWSER: list[Header] = [
    ("Origin", "https://example.com"),
    ("Origin", "null"),
    ("oRiGiN", "x"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Site", "same-origin"),
]
SERVER: list[Header] = [
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Site", "none"),
    ("Referer", "https://example.com/"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
    ("Accept", "text/html"),
]


def _foreign(tenant: Tenant) -> str:
    return f"{tenant.app_id}|{credentials.mint_text(SECRET_PREFIX, os.urandom)}"


@pytest.mark.parametrize("header", BROWSER)
@pytest.mark.parametrize("path", ["/work_get_token", "/work_current_token"])
def test_a_secret_from_a_browser_page_is_refused_alike_genuine_or_not(
    server: InProcess, tenant: Tenant, path: str, header: Header
) -> None:
    fields = {"grant_type": "client_credentials"}
    wrong = server.wire.form(path, fields | {"access_token": _foreign(tenant)}, [header])
    server.settle()
    assert counted(tenant.news()) == {"token.refused ClientSideUse": 1}
    genuine = server.wire.form(path, fields | {"access_token": tenant.credential}, [header])
    assert_graph_error(genuine, 400, 100, says="client-side")
    assert genuine.without_ids() == wrong.without_ids()
    assert tenant.facts.generation == 0
    server.settle()
    found = tenant.news()
    assert counted(found) == {"credential.used_client_side ClientSideUse": 1, "token.refused ClientSideUse": 1}
    assert [each["extra_data"].get("finding", False) for each in found] == [True, False]


@pytest.mark.parametrize("header", BROWSER)
def test_a_token_from_a_browser_page_is_refused_alike_genuine_or_not(
    server: InProcess, tenant: Tenant, token: str, header: Header
) -> None:
    wrong = server.wire.get("/me", credentials.mint_text(TOKEN_PREFIX, os.urandom), [header])
    genuine = server.wire.get("/me", token, [header])
    assert_graph_error(genuine, 400, 100, says="client-side")
    assert genuine.without_ids() == wrong.without_ids()
    server.settle()
    assert counted(tenant.news()) == {"credential.used_client_side ClientSideUse": 1, "call.refused ClientSideUse": 1}


@pytest.mark.parametrize("header", SERVER)
def test_what_servers_send_trips_nothing(wire: Wire, tenant: Tenant, header: Header) -> None:
    reply = wire.token(tenant.credential, [header])
    assert wire.get("/me", reply.json["access_token"], [header]).status == 200


def test_a_browser_page_without_a_credential_is_told_that_it_has_none(wire: Wire) -> None:
    assert_graph_error(wire.get("/me", headers=[BROWSER[0]]), 400, 104)
    preflight = [*BROWSER[:1], ("Access-Control-Request-Method", "POST")]
    assert_graph_error(wire.call("OPTIONS", "/work_get_token", preflight), 405, 100, 33)


@pytest.mark.parametrize("path", ["/work_get_token", "/work_current_token", "//v23.0/work_get_token/"])
@pytest.mark.parametrize("grant_in_body", [True, False])
def test_a_secret_in_the_url_is_refused_alike_genuine_or_not(
    server: InProcess, tenant: Tenant, path: str, grant_in_body: bool
) -> None:
    """A07: the answer says what to change, the log says that the secret must be reset."""
    body = {"grant_type": "client_credentials"} if grant_in_body else {}
    wrong = server.wire.form(f"{path}?{urlencoded({'access_token': _foreign(tenant)}).decode()}", body)
    server.settle()
    assert counted(tenant.news()) == {"token.refused ParameterBad": 1}
    genuine = server.wire.form(f"{path}?access_token={tenant.credential}", body)
    assert_graph_error(genuine, 400, 100, says="send the secret in the request body")
    assert genuine.without_ids() == wrong.without_ids()
    server.settle()
    found = tenant.news()
    assert counted(found) == {"secret.seen_in_url ParameterBad": 1, "token.refused ParameterBad": 1}
    assert found[0]["extra_data"]["finding"] is True
    assert tenant.facts.generation == 0


def test_a_name_in_disguise_is_still_a_secret_in_the_url(wire: Wire, tenant: Tenant) -> None:
    reply = wire.form(f"/work_get_token?%61ccess_token={tenant.credential}", {"grant_type": "client_credentials"})
    assert_graph_error(reply, 400, 100, says="URL")


@pytest.mark.parametrize(
    "path", ["/me?access_token={}", "/me?a=b&access_token={}", "/me?%61ccess%5Ftoken={}", "/v23.0/me/?access_token={}"]
)
def test_a_token_in_the_url_is_refused_alike_genuine_or_not(server: InProcess, tenant: Tenant, token: str, path: str) -> None:
    genuine = server.wire.get(path.format(token))
    wrong = server.wire.get(path.format(credentials.mint_text(TOKEN_PREFIX, os.urandom)))
    assert_graph_error(genuine, 400, 100, says="Authorization header")
    assert genuine.without_ids() == wrong.without_ids()
    server.settle()
    assert counted(tenant.news()) == {"token.seen_in_url ParameterBad": 1, "call.refused ParameterBad": 1}


def test_a_token_in_the_body_of_a_call_is_refused(server: InProcess, tenant: Tenant, token: str) -> None:
    reply = server.wire.call("GET", "/me", [URLENCODED], urlencoded({"access_token": token}))
    assert_graph_error(reply, 400, 100, says="Authorization header")
    server.settle()
    assert counted(tenant.news()) == {"token.seen_in_url ParameterBad": 1, "call.refused ParameterBad": 1}


@pytest.mark.parametrize("elsewhere", ["query", "body", "header"])
def test_two_tokens_in_one_request_are_refused_even_where_they_are_the_same(
    server: InProcess, tenant: Tenant, token: str, elsewhere: str
) -> None:
    own = [("Authorization", f"Bearer {token}")]
    reply = {
        "query": lambda: server.wire.get(f"/me?access_token={token}", token),
        "body": lambda: server.wire.call("GET", "/me", [*own, URLENCODED], urlencoded({"access_token": token})),
        "header": lambda: server.wire.get("/me", token, own),
    }[elsewhere]()
    assert_graph_error(reply, 400, 100, says="Two access tokens")
    server.settle()
    assert tenant.news() == []

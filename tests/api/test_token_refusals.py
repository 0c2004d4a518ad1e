"""Each refusal of the token endpoint: status, code, subcode, and what the audit log says of it (contract, section 2)."""

import json
import os

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX
from admincenter.core.permissions import Permission
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.tenant import Tenant, counted
from tests.wire import JSON, Wire

PATHS = ["/work_get_token", "/work_current_token"]
SIGNATURE = "Invalid OAuth access token signature."
CANNOT_PARSE = "Cannot parse access token"


def _secret() -> str:
    return credentials.mint_text(SECRET_PREFIX, os.urandom)


def _ask(wire: Wire, path: str, credential: str) -> object:
    return wire.form(path, {"access_token": credential, "grant_type": "client_credentials"})


@pytest.mark.parametrize("path", PATHS)
def test_no_credential_is_code_104(wire: Wire, path: str) -> None:
    assert_graph_error(wire.form(path, {"grant_type": "client_credentials"}), 400, 104)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("shape", [
    "", "|", "None", "null", "{app_id}", "{app_id}|", "|{secret}", "{app_id}:{secret}", "{app_id}||{secret}",
    "{secret}|{app_id}", "{app_id}|{secret} ", " {app_id}|{secret}", "{app_id}|{secret}\0", "{app_id}|{secret}|",
    "{app_id}|{swapped}", "{app_id}|{token}", "{app_id}|{cut}", "{app_id}|{flipped}", "{wide}|{secret}", "{short}|{secret}",
    "{app_id}|acs_" + "é" * 51, "+{app_id}|{secret}",
])  # fmt: skip
def test_what_is_not_a_credential_is_refused_unread(server: InProcess, tenant: Tenant, path: str, shape: str) -> None:
    """A09, A10: a space, a NUL, another case, another alphabet, one character more or fewer; recorded nowhere."""
    secret = tenant.secret
    text = shape.format(
        app_id=tenant.app_id,
        secret=secret,
        swapped=secret.swapcase(),
        token=credentials.mint_text(TOKEN_PREFIX, os.urandom),
        cut=secret[:-1],
        flipped=secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        wide=tenant.app_id.translate({ord("0") + n: ord("０") + n for n in range(10)}),
        short=tenant.app_id[:-1],
    )
    reply = server.wire.form(path, {"access_token": text, "grant_type": "client_credentials"})
    assert_graph_error(reply, 400, 190, says=CANNOT_PARSE)
    server.settle()
    assert (tenant.news(), tenant.facts.generation) == ([], 0)


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_app_id_and_a_wrong_secret_are_answered_with_the_same_bytes(
    server: InProcess, tenant: Tenant, path: str
) -> None:
    """A02: nobody learns which App IDs exist."""
    unknown = f"100{int.from_bytes(os.urandom(5), 'big'):013d}"
    tries = [f"{tenant.app_id}|{_secret()}", f"{unknown}|{_secret()}", f"{unknown}|{tenant.secret}"]
    replies = [server.wire.form(path, {"access_token": each, "grant_type": "client_credentials"}) for each in tries]
    assert_graph_error(replies[0], 400, 190)
    assert replies[0].json["error"]["message"] == SIGNATURE
    assert len({each.without_ids() for each in replies}) == 1
    server.settle()
    assert counted(tenant.news()) == {"token.refused CredentialWrong": 1}


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_app_id_and_a_wrong_secret_are_slowed_down_with_the_same_bytes(
    wire: Wire, tenant: Tenant, path: str
) -> None:
    unknown = f"100{int.from_bytes(os.urandom(5), 'big'):013d}"
    last = []
    for app_id in (tenant.app_id, unknown):
        for _try in range(11):
            last.append(wire.form(path, {"access_token": f"{app_id}|{_secret()}", "grant_type": "client_credentials"}))
    assert [each.status for each in last] == ([400] * 10 + [429]) * 2
    assert last[10].without_ids() == last[21].without_ids()


@pytest.mark.parametrize("path", PATHS)
def test_the_secret_of_another_integration_is_a_wrong_secret(server: InProcess, tenant: Tenant, path: str) -> None:
    other = tenant.sibling()
    tenant.news()
    reply = server.wire.form(path, {"access_token": f"{tenant.app_id}|{other.secret}", "grant_type": "client_credentials"})
    assert_graph_error(reply, 400, 190)
    assert reply.json["error"]["message"] == SIGNATURE
    server.settle()
    found = tenant.news()
    assert counted(found) == {"token.refused CredentialWrong": 1}
    assert found[0]["target_username"] == f"integration:{tenant.app_id}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("state", ["switched off", "deleted"])
def test_an_integration_that_is_off_or_deleted_gets_no_token(server: InProcess, tenant: Tenant, path: str, state: str) -> None:
    tenant.disable() if state == "switched off" else tenant.delete()
    tenant.news()
    reply = server.wire.form(path, {"access_token": tenant.credential, "grant_type": "client_credentials"})
    assert_graph_error(reply, 400, 190, 467, says=state)
    server.settle()
    assert counted(tenant.news()) == {"token.refused IntegrationOff": 1}


@pytest.mark.parametrize("path", PATHS)
def test_a_genuine_secret_from_elsewhere_is_told_its_address_and_leaves_a_finding(server: InProcess, path: str) -> None:
    tenant = Tenant(server.store, allow=["192.0.2.0/24", "2001:db8::/64"])
    replies = [
        server.wire.form(path, {"access_token": tenant.credential, "grant_type": "client_credentials"}, [("User-Agent", agent)])
        for agent in ("a", "b")
    ]
    for reply in replies:
        message = assert_graph_error(reply, 400, 5)
        assert message == "This IP can't make requests for that application. (seen as 127.0.0.1)"
    server.settle()
    events = tenant.news()  # one, unless a second ended between the two requests
    event = events[0]
    assert counted(events) == {"address.refused AddressRefused": 2}
    assert (event["extra_data"]["finding"], event["extra_data"]["network"]) == (True, "127.0.0.0/24")
    assert (event["ip_address"], event["useragent"], event["actor_username"]) == (
        "127.0.0.1",
        "a",
        f"integration:{tenant.app_id}",
    )
    [waiting] = tenant.waiting()
    assert (waiting.address, waiting.times) == ("127.0.0.1", 2)
    assert waiting.first_at <= waiting.last_at == server.store.clock()


def test_a_wrong_secret_from_elsewhere_learns_nothing_of_addresses(server: InProcess) -> None:
    tenant = Tenant(server.store, allow=["192.0.2.0/24"])
    assert_graph_error(server.wire.token(f"{tenant.app_id}|{_secret()}"), 400, 190)
    server.settle()
    assert (counted(tenant.news()), tenant.waiting()) == ({"token.refused CredentialWrong": 1}, [])


def test_an_allowlist_without_entries_admits_nobody(server: InProcess, tenant: Tenant) -> None:
    tenant.disallow("127.0.0.1")
    assert_graph_error(server.wire.token(tenant.credential), 400, 5)


def test_an_integration_without_any_permission_still_gets_its_token(server: InProcess) -> None:
    tenant = Tenant(server.store, permissions=[])
    assert server.wire.token(tenant.credential).status == 200


@pytest.mark.parametrize("grant", [None, "", "password", "refresh_token", "CLIENT_CREDENTIALS", "client_credentials "])
def test_no_other_grant_exists(server: InProcess, tenant: Tenant, grant: str | None) -> None:
    fields = {"access_token": tenant.credential} | ({} if grant is None else {"grant_type": grant})
    assert_graph_error(
        server.wire.form("/work_get_token", fields), 400, 100, says="grant_type must be" if grant else "grant_type"
    )
    server.settle()
    assert (counted(tenant.news()), tenant.facts.generation) == ({"token.refused ParameterBad": 1}, 0)


@pytest.mark.parametrize(
    "value", ["", " 1", "1 ", "+1", "-1", "01", "00", "1.0", "1e3", "0x1", "１", "null", str(2**63), "9" * 40, "1_0"]
)
def test_an_expected_generation_that_is_no_canonical_integer_is_refused(server: InProcess, tenant: Tenant, value: str) -> None:
    assert_graph_error(server.wire.token(tenant.credential, expected_generation=value), 400, 100, says="expected_generation")
    assert tenant.facts.generation == 0


@pytest.mark.parametrize("value", [None, True, False, 1.0, -1, [], {}, 2**63, 10**400, "", "0 "])
def test_an_expected_generation_of_another_json_type_is_refused(server: InProcess, tenant: Tenant, value: object) -> None:
    body = {"access_token": tenant.credential, "grant_type": "client_credentials", "expected_generation": value}
    assert_graph_error(server.wire.call("POST", "/work_get_token", [JSON], json.dumps(body).encode()), 400, 100)
    assert tenant.facts.generation == 0


def test_refusals_of_tokens_are_counted_as_refused_and_calls_apart(server: InProcess) -> None:
    tenant = Tenant(server.store, permissions=[Permission.MANAGE_ACCOUNTS])
    token = server.wire.token(tenant.credential).json["access_token"]
    assert_graph_error(server.wire.get("/security_audit_logs", token), 403, 10, says="read_security_audit_logs")
    assert_graph_error(server.wire.token(tenant.credential, grant_type="x"), 400, 100)
    server.settle()
    found = counted(tenant.news())
    assert found == {"token.issued": 1, "call.refused PermissionMissing": 1, "token.refused ParameterBad": 1}

"""`POST /work_get_token` as clients of every kind send it (contract, section 1)."""

import json
from collections.abc import Callable, Iterator

import pytest

from admincenter.core.credentials import TOKEN_PREFIX, read_text
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import JSON, URLENCODED, Reply, Wire, multipart, urlencoded

GRANT = "client_credentials"
PATH = "/work_get_token"

Send = Callable[[Wire, str], Reply]


def _fields(credential: str) -> dict[str, str]:
    return {"access_token": credential, "grant_type": GRANT}


def _form(wire: Wire, credential: str) -> Reply:
    return wire.form(PATH, _fields(credential))


def _form_with_a_literal_bar(wire: Wire, credential: str) -> Reply:
    return wire.call("POST", PATH, [URLENCODED], f"access_token={credential}&grant_type={GRANT}".encode())


def _form_with_a_charset(wire: Wire, credential: str) -> Reply:
    kind = ("content-type", "Application/X-WWW-form-urlencoded; charset=UTF-8")
    return wire.call("POST", PATH, [kind], urlencoded(_fields(credential)))


def _multipart_as_curl(wire: Wire, credential: str) -> Reply:
    kind, body = multipart(_fields(credential))
    return wire.call("POST", PATH, [kind], body)


def _multipart_with_a_quoted_boundary(wire: Wire, credential: str) -> Reply:
    _kind, body = multipart(_fields(credential), "a b'c")
    return wire.call("POST", PATH, [("Content-Type", 'multipart/form-data; boundary="a b\'c"')], body)


def _multipart_with_typed_parts(wire: Wire, credential: str) -> Reply:
    kind, body = multipart(_fields(credential))
    return wire.call("POST", PATH, [kind], body.replace(b"\r\n\r\n", b"\r\ncontent-TYPE: text/plain; charset=utf-8\r\n\r\n"))


def _json(wire: Wire, credential: str) -> Reply:
    return wire.call("POST", PATH, [JSON], json.dumps(_fields(credential)).encode())


def _json_with_more_in_it(wire: Wire, credential: str) -> Reply:
    more = _fields(credential) | {"scope": ["a", {"b": None}], "é": 1.5}
    return wire.call("POST", PATH, [("Content-Type", "application/json;charset=utf-8")], json.dumps(more).encode())


def _chunked(wire: Wire, credential: str) -> Reply:
    body = json.dumps(_fields(credential)).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:]))
    return wire.call("POST", PATH, [JSON, ("Transfer-Encoding", "chunked")], chunks + b"0\r\n\r\n")


def _grant_in_the_query(wire: Wire, credential: str) -> Reply:
    return wire.form(f"{PATH}?grant_type={GRANT}", {"access_token": credential})


def _with_unknown_parameters(wire: Wire, credential: str) -> Reply:
    return wire.form(f"{PATH}?x=1&x=2&debug", _fields(credential) | {"scope": "everything", "expires_in": "99999"})


@pytest.mark.parametrize(
    "send",
    [
        _form,
        _form_with_a_literal_bar,
        _form_with_a_charset,
        _multipart_as_curl,
        _multipart_with_a_quoted_boundary,
        _multipart_with_typed_parts,
        _json,
        _json_with_more_in_it,
        _chunked,
        _grant_in_the_query,
        _with_unknown_parameters,
    ],
)
def test_a_token_is_issued_however_the_request_is_encoded(server: InProcess, tenant: Tenant, send: Send) -> None:
    reply = send(server.wire, tenant.credential)
    assert reply.status == 200, reply.body
    assert list(reply.json) == ["access_token", "token_type", "expires_in", "generation"]
    assert (reply.json["token_type"], reply.json["expires_in"], reply.json["generation"]) == ("bearer", 7_200, 1)
    token = read_text(TOKEN_PREFIX, reply.json["access_token"])
    assert (reply.header("content-type"), reply.header("cache-control")) == ("application/json; charset=UTF-8", "no-store")
    assert (reply.header("x-app-usage"), len(reply.header("x-request-id"))) == ("", 23)
    assert server.wire.get("/me", token).status == 200
    server.settle()
    assert counted(tenant.news()) == {"token.issued": 1}


@pytest.mark.parametrize("path", ["//work_get_token", "/work_get_token/", "/v23.0/work_get_token", "//v1.12//work_get_token//"])
def test_slashes_and_a_version_segment_are_ignored(wire: Wire, tenant: Tenant, path: str) -> None:
    assert wire.form(path, _fields(tenant.credential)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v23/work_get_token",
        "/V23.0/work_get_token",
        "/v23.0/v23.0/work_get_token",
        "/v.0/work_get_token",
        "/WORK_GET_TOKEN",
        "/work_get_token.json",
        "/work_get_token;x",
        "/work_get_token%2f",
        "/%77ork_get_token",
        "/./work_get_token",
        "/x/../work_get_token",
        "/work_get_token/x",
        "/@evil/work_get_token",
        "/v23.0",
    ],
)
def test_what_only_resembles_the_path_does_not_exist(wire: Wire, tenant: Tenant, path: str) -> None:
    assert_graph_error(wire.form(path, _fields(tenant.credential)), 404, 2500)
    assert tenant.facts.generation == 0


def test_an_empty_body_carries_nothing(wire: Wire) -> None:
    for headers in ([], [URLENCODED], [("Content-Type", "text/plain")], [("Transfer-Encoding", "chunked")]):
        body = b"0\r\n\r\n" if headers[:1] == [("Transfer-Encoding", "chunked")] else b""
        assert_graph_error(wire.call("POST", PATH, headers, body), 400, 104)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server whose operator allows credentials in URLs."""
    data = tmp_path_factory.mktemp("lenient") / "data"
    with InProcess(data, SettableClock(), allow_credentials_in_url="on", **new_database()) as running:
        yield running


@pytest.mark.parametrize("bar", ["|", "%7C", "%7c"])
def test_the_credential_may_stand_in_the_query_where_operator_and_integration_allow_it(lenient: InProcess, bar: str) -> None:
    tenant = Tenant(lenient.store)
    path = f"{PATH}?access_token={tenant.credential.replace('|', bar)}&grant_type={GRANT}"
    assert lenient.wire.call("POST", path).status == 200
    assert lenient.wire.call("POST", path.replace(PATH, "/work_current_token")).status == 200
    lenient.settle()
    found = tenant.news()
    assert counted(found) == {"secret.seen_in_url accepted": 2, "token.issued": 1, "token.fetched": 1}
    assert all(each["extra_data"]["finding"] for each in found if each["extra_data"]["kind"] == "secret.seen_in_url")


def test_an_integration_that_cleared_its_flag_may_not_send_its_secret_in_the_query(lenient: InProcess) -> None:
    tenant = Tenant(lenient.store)
    tenant.url_credentials(False)
    tenant.news()
    reply = lenient.wire.call("POST", f"{PATH}?{urlencoded(_fields(tenant.credential)).decode()}")
    assert_graph_error(reply, 400, 100, says="body")
    assert tenant.facts.generation == 0
    lenient.settle()
    assert counted(tenant.news()) == {"secret.seen_in_url ParameterBad": 1, "token.refused ParameterBad": 1}


def test_a_wrong_secret_in_the_query_is_a_wrong_secret_where_queries_are_allowed(lenient: InProcess) -> None:
    one, other = Tenant(lenient.store), Tenant(lenient.store)
    path = f"{PATH}?{urlencoded(_fields(f'{one.app_id}|{other.secret}')).decode()}"
    assert_graph_error(lenient.wire.call("POST", path), 400, 190)
    lenient.settle()
    assert (counted(one.news()), counted(other.news())) == ({"token.refused CredentialWrong": 1}, {})


def test_a_token_in_query_or_body_works_where_it_is_allowed(lenient: InProcess) -> None:
    tenant = Tenant(lenient.store)
    token = lenient.wire.token(tenant.credential).json["access_token"]
    tenant.news()
    assert lenient.wire.get(f"/me?access_token={token}").json["id"] == tenant.app_id
    form = lenient.wire.raw("GET", "/me", [URLENCODED], urlencoded({"access_token": token}))
    assert lenient.wire.exchange(form).status == 200
    page = lenient.wire.get(f"/security_audit_logs?access_token={token}&limit=1").json
    assert "access_token" not in page["paging"]["next"]
    assert "act_" not in page["paging"]["next"]
    lenient.settle()
    assert counted(tenant.news()) == {"token.seen_in_url accepted": 3}

"""Bodies and parameters that are not what they should be: a clear refusal, nothing changed, never a fault of the server."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.tenant import Tenant
from tests.wire import BOUNDARY, JSON, URLENCODED, Reply, Wire, multipart, urlencoded

PATH = "/work_get_token"
GRANT = ("grant_type", "client_credentials")


@pytest.fixture(scope="module")
def owner(server: InProcess) -> Tenant:
    """An integration for tests that mint nothing."""
    return Tenant(server.store)


def _refused(tenant: Tenant, reply: Reply, status: int = 400, says: str = "") -> None:
    assert_graph_error(reply, status, 100, says=says)
    assert tenant.facts.generation == 0


@pytest.mark.parametrize("name", ["access_token", "grant_type", "expected_generation"])
def test_a_parameter_given_twice_is_refused_in_every_encoding(wire: Wire, owner: Tenant, name: str) -> None:
    """A08, also with the same value: two readers could each believe another one."""
    fields = [("access_token", owner.credential), GRANT, ("expected_generation", "0")]
    doubled = [*fields, (name, dict(fields)[name])]
    kind, body = multipart(doubled)
    as_json = "{" + ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in doubled) + "}"
    once = dict(fields)
    for reply in (
        wire.form(PATH, doubled),
        wire.call("POST", PATH, [kind], body),
        wire.call("POST", PATH, [JSON], as_json.encode()),
        wire.form(f"{PATH}?{urlencoded({name: once[name]}).decode()}", once),
        wire.call("POST", f"{PATH}?{urlencoded({name: once[name]}).decode()}", [JSON], json.dumps(once).encode()),
        wire.call("POST", f"{PATH}?{urlencoded(doubled).decode()}"),
    ):
        _refused(owner, reply, says=f"{name} is given twice")


@pytest.mark.parametrize("value", [5, True, None, [], {}, ["x"], 1.5])
@pytest.mark.parametrize("name", ["access_token", "grant_type"])
def test_a_parameter_of_another_json_type_is_refused(wire: Wire, owner: Tenant, name: str, value: object) -> None:
    body = {"access_token": owner.credential, "grant_type": "client_credentials"} | {name: value}
    _refused(owner, wire.call("POST", PATH, [JSON], json.dumps(body).encode()), says=f"{name} must be a string")


@pytest.mark.parametrize("body", [
    b"{", b"[]", b"1", b"null", b'"x"', b"{}x", b"{'a':1}", b'{"a":NaN}', b'{"a":Infinity}', b"\xff\xfe{}", b'{"a":"\x00"}',
    b'{"access_token":"\xff"}', b"[" * 8_000, b'{"a":' * 1_300 + b"1" + b"}" * 1_300, b'{"a":' + b"9" * 5_000 + b"}",
    b"\xef\xbb\xbf{}", b" ", b"{\"a\":1,}", b"[]" * 4_000,
])  # fmt: skip
def test_what_is_no_json_object_is_refused(wire: Wire, owner: Tenant, body: bytes) -> None:
    """A30: also depth, length and constants that JSON does not have."""
    reply = wire.call("POST", PATH, [JSON], body)
    if reply.json["error"]["code"] == 104:
        json.loads(body)  # well-formed after all, only deep
    else:
        _refused(owner, reply, says="JSON")


@pytest.mark.parametrize("body", [b"\xff=1", b"a=%ff", b"access_token=%00%ff", b"&".join([b"a=1"] * 51), "é=1".encode()])
def test_a_form_that_is_no_form_is_refused(wire: Wire, owner: Tenant, body: bytes) -> None:
    _refused(owner, wire.call("POST", PATH, [URLENCODED], body))


@pytest.mark.parametrize("kind", [
    "text/plain", "application/xml", "application/scim+json", "application/jsonx", "multipart/mixed; boundary=x", "", "json",
    ",", "application/x-www-form-urlencoded, application/json",
])  # fmt: skip
def test_another_content_type_is_415(wire: Wire, owner: Tenant, kind: str) -> None:
    reply = wire.call("POST", PATH, [("Content-Type", kind)] if kind else [], b"access_token=x")
    _refused(owner, reply, 415, says="application/json")


@pytest.mark.parametrize(
    "kind",
    ["", "; boundary=", "; boundary=" + "x" * 71, "; boundary=é", "; boundary*=utf-8''x", "; boundary*0=a; boundary*1=b"],
)
def test_a_multipart_body_needs_a_boundary_that_can_be_one(wire: Wire, owner: Tenant, kind: str) -> None:
    _kind, body = multipart([("access_token", owner.credential), GRANT])
    _refused(owner, wire.call("POST", PATH, [("Content-Type", "multipart/form-data" + kind)], body))


def test_a_multipart_body_cut_at_any_byte_is_refused_and_changes_nothing(wire: Wire, owner: Tenant) -> None:
    kind, body = multipart([("access_token", owner.credential), GRANT, ("expected_generation", "7")])
    whole = len(body) - len(b"\r\n")
    with wire.open() as line:
        for end in range(1, whole):
            line.send(wire.raw("POST", PATH, [kind], body[:end]))
            _refused(owner, line.read(), says="multipart")
        for end in (whole, whole + 1, whole + 2):
            line.send(wire.raw("POST", PATH, [kind], body[:end]))
            assert_graph_error(line.read(), 409, 9001)


def _part(head: str, value: bytes = b"x") -> bytes:
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode("latin-1") + value + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize("body", [
    _part("Content-Disposition: form-data"), _part("Content-Disposition: form-data; name*=x''%ff%"), _part("X: y"),
    _part("Content-Disposition: form-data; name=\"grant_type\"", b"\xff"), _part("Content-Disposition: \xff"),
    _part("\xff: x"), _part("Content-Disposition form-data"), _part("a" * 3_000 + ": b"), b"--" + BOUNDARY.encode() + b"--",
    b"x" * 8_192, (b"--" + BOUNDARY.encode() + b"\r\n\r\n\r\n") * 60, b"\0" * 100,
    _part("Content-Disposition: form-data; name=\"a\"")[:-4] + b"xx",
])  # fmt: skip
def test_a_malformed_multipart_body_is_refused(wire: Wire, owner: Tenant, body: bytes) -> None:
    kind, _body = multipart([])
    reply = wire.call("POST", PATH, [kind], body)
    assert (reply.status, reply.json["error"]["code"]) in ((400, 100), (400, 104)), reply.body
    assert owner.facts.generation == 0


MULTIPART_PIECES = st.sampled_from([
    b"--" + BOUNDARY.encode(), b"--", b"\r\n", b"\r", b"\n", b": ", b'Content-Disposition: form-data; name="access_token"',
    b"\0", b"\xff", b'; name="', b'"', b"; name*0*=utf-8''a", b"; name*1=b", b"; name*x*=''", b"=?utf-8?q?a?=", b"\\",
    b"access_token",
])  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(MULTIPART_PIECES | st.binary(max_size=8), max_size=30), kind=st.sampled_from(["multipart", "json", "form"])
)
@example(pieces=[], kind="json")
def test_no_body_whatever_it_holds_is_a_fault_of_the_server(wire: Wire, owner: Tenant, pieces: list[bytes], kind: str) -> None:
    header = {"multipart": multipart([])[0], "json": JSON, "form": URLENCODED}[kind]
    reply = wire.call("POST", PATH, [header], b"".join(pieces))
    assert (reply.status, reply.json["error"]["code"]) in ((400, 100), (400, 104), (400, 190)), reply.body


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=60),
    tail=st.sampled_from(["", "; boundary=x", '="']),
)
def test_no_content_type_whatever_it_says_is_a_fault_of_the_server(wire: Wire, kind: str, tail: str) -> None:
    reply = wire.call("POST", PATH, [("Content-Type", f"multipart/form-data; {kind}{tail}")], b"--x\r\n\r\n\r\n--x--")
    assert reply.status == 400, reply.body


def _padded(tenant: Tenant, size: int) -> bytes:
    body = urlencoded([("access_token", tenant.credential), GRANT, ("expected_generation", "7"), ("padding", "")])
    return body + b"x" * (size - len(body))


def test_a_body_of_8192_bytes_is_read_and_one_more_is_not(wire: Wire, owner: Tenant) -> None:
    assert_graph_error(wire.call("POST", PATH, [URLENCODED], _padded(owner, 8_192)), 409, 9001)
    _refused(owner, wire.call("POST", PATH, [URLENCODED], _padded(owner, 8_193)), 413)


def test_a_body_that_only_announces_to_be_too_large_is_refused_before_it_comes(wire: Wire, owner: Tenant) -> None:
    for length in ("8193", "99999999999", str(2**63)):
        with wire.open() as line:
            line.send(wire.raw("POST", PATH, [URLENCODED, ("Content-Length", length)]))
            _refused(owner, line.read(), 413)
            assert line.ended()


def test_chunks_that_never_end_are_refused_at_the_cap(wire: Wire, owner: Tenant) -> None:
    with wire.open() as line:
        line.send(wire.raw("POST", PATH, [URLENCODED, ("Transfer-Encoding", "chunked")]))
        for _chunk in range(9):
            line.send(b"400\r\n" + b"x" * 1_024 + b"\r\n")
        _refused(owner, line.read(), 413)
        assert line.ended()


def test_a_body_that_comes_byte_by_byte_is_read(wire: Wire, tenant: Tenant) -> None:
    body = urlencoded([("access_token", tenant.credential), GRANT])
    with wire.open() as line:
        for byte in wire.raw("POST", PATH, [URLENCODED], body):
            line.send(bytes([byte]))
        assert line.read().status == 200


def test_a_request_id_is_new_each_time(wire: Wire) -> None:
    assert len({wire.get("/me").header("x-request-id") for _each in range(50)}) == 50

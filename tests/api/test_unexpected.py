"""What nobody foresaw: 500/1 and nothing but the request id; damaged access data admits nobody."""

import logging

import pytest

from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.tenant import Tenant
from tests.wire import Reply

MARKER = "a-reason-that-was-never-written"


def _fall(server: InProcess, tenant: Tenant, token: str) -> Reply:
    """A call that runs into a value that no program of ours writes."""
    tenant.revoke()
    tenant.damage("previous_reason = ?", MARKER)
    return server.wire.get("/me", token)


def test_an_unexpected_fault_says_nothing_but_its_request_id(
    server: InProcess, tenant: Tenant, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    reply = _fall(server, tenant, token)
    assert assert_graph_error(reply, 500, 1) == "An unexpected error has occurred"
    assert MARKER not in repr(reply)
    [record] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert vars(record)["request_id"] == reply.header("x-request-id")
    assert record.exc_info is not None
    assert MARKER in str(record.exc_info[1])


def test_after_a_fault_the_server_answers_as_before(server: InProcess, tenant: Tenant, token: str) -> None:
    with server.wire.open() as line:
        _fall(server, tenant, token)
        for _each in range(2):
            line.send(server.wire.raw("GET", "/me", [("Authorization", f"Bearer {token}")]))
            assert_graph_error(line.read(), 500, 1)
        newer = server.wire.token(tenant.credential).json["access_token"]
        line.send(server.wire.raw("GET", "/me", [("Authorization", f"Bearer {newer}")]))
        assert line.read().status == 200


@pytest.mark.parametrize(
    "access",
    [b"", b"junk", b"\x01", b"\x02\xff\x00\x01\x00\x00" + b"\0\0\0\0\xff\xff\xff\xff", b"\x01\xff\x00\x02\x00\x00" + bytes(8)],
)
def test_damaged_access_data_admits_nobody(server: InProcess, tenant: Tenant, token: str, access: bytes) -> None:
    """Promise 4."""
    tenant.damage("access = ?", access)
    assert_graph_error(server.wire.get("/me", token), 400, 5)
    assert_graph_error(server.wire.token(tenant.credential), 400, 5)


def test_a_damaged_sealed_copy_is_no_token(server: InProcess, tenant: Tenant, token: str) -> None:
    for sealed in (bytes(100), b"", b"short", tenant.facts.sealed or b""):
        tenant.damage("sealed = ?, generation = generation + 1", sealed)
        reply = server.wire.current(tenant.credential)
        assert_graph_error(reply, 404, 9002)


def test_a_sealed_copy_of_another_integration_is_no_token(server: InProcess, tenant: Tenant, token: str) -> None:
    other = tenant.sibling()
    server.wire.token(other.credential)
    tenant.damage("sealed = ?", other.facts.sealed)
    assert_graph_error(server.wire.current(tenant.credential), 404, 9002)

"""A28: a request that names another host, or none, or two, is refused before anything is read of it."""

import pytest

from tests.attacks.rawly import Rawly
from tests.graph import assert_graph_error

FOREIGN = {
    "another name": b"evil.example",
    "another port": b"127.0.0.1:1",
    "no port": b"127.0.0.1",
    "our name as a prefix": b"127.0.0.1.evil.example",
    "userinfo": b"127.0.0.1@evil.example",
    "our address written otherwise": b"2130706433",
    "our address in octal": b"0177.0.0.1",
    "another address of ours": b"127.0.0.2",
    "empty": b"",
    "a list": b"127.0.0.1, evil.example",
    "a path": b"127.0.0.1/../",
    "Latin-1": b"127.0.0.1\xff",
    "a very long name": b"a" * 10_000,
}


@pytest.mark.parametrize("name", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_host_is_refused_and_the_connection_closed(rawly: Rawly, name: bytes) -> None:
    raw = b"GET /me HTTP/1.1\r\nHost: " + name + b"\r\n" + rawly.auth + b"\r\n"
    outcome = rawly.last(raw + rawly.good)
    assert_graph_error(outcome.replies[0], 400, 100)
    assert (outcome.statuses, rawly.used()) == ([400], 0)


@pytest.mark.parametrize("copies", [0, 2, 3])
def test_a_host_must_come_exactly_once(rawly: Rawly, copies: int) -> None:
    outcome = rawly.last(b"GET /me HTTP/1.1\r\n" + rawly.host * copies + rawly.auth + b"\r\n")
    assert_graph_error(outcome.replies[0], 400, 100)
    assert rawly.used() == 0


@pytest.mark.parametrize(
    "header", [b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: gopher", b"Forwarded: host=evil.example"]
)
def test_links_are_built_from_the_host_alone(rawly: Rawly, header: bytes) -> None:
    raw = rawly.head(b"GET /security_audit_logs?limit=1 HTTP/1.1", header) + b"\r\n"
    host = rawly.host.split()[1].decode()
    assert rawly.first(raw).json["paging"]["next"].startswith(f"http://{host}/security_audit_logs?")


@pytest.mark.parametrize("name", [b"LOCALHOST", b"localhost", b"[::1]"])
def test_every_name_of_loopback_is_ours_with_our_port(rawly: Rawly, name: bytes) -> None:
    port = rawly.host.strip().rpartition(b":")[2]
    assert rawly.first(b"GET /me HTTP/1.1\r\nHost: " + name + b":" + port + b"\r\n" + rawly.auth + b"\r\n").status == 200

"""What is not HTTP/1.1: older and newer versions, TLS to the plain port, upgrades that nobody here speaks."""

import pytest

from tests.attacks.rawly import Rawly
from tests.graph import assert_graph_error

NOT_OURS = {
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS hello": bytes.fromhex("160301020001000 1fc0303".replace(" ", "")) + b"\xab" * 300,
    "SSH": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "a proxy protocol header": b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\nGET /me HTTP/1.1\r\n\r\n",
    "a proxy protocol header, binary": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12),
    "NULs": bytes(64),
    "an unknown method": b"FETCH /me HTTP/1.1\r\n\r\n",
    "a lower-case method": b"get /me HTTP/1.1\r\n\r\n",
    "HTTP/1.2": b"GET /healthz HTTP/1.2\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2.0 in a request line": b"GET /healthz HTTP/2.0\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n\r\n",
    "no version number": b"GET /healthz HTTP\r\n\r\n",
    "a word too many": b"GET /healthz /me HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("raw", NOT_OURS.values(), ids=NOT_OURS)
def test_another_protocol_gets_one_json_refusal_and_the_connection_is_closed(rawly: Rawly, raw: bytes) -> None:
    outcome = rawly.last(raw)
    assert_graph_error(outcome.replies[0], 400, 100)
    assert len(outcome.replies) == 1


def test_http_1_0_is_answered_and_the_connection_closed(rawly: Rawly) -> None:
    outcome = rawly.last(rawly.head(b"GET /me HTTP/1.0", b"Connection: keep-alive") + b"\r\n")
    assert (outcome.statuses, outcome.replies[0].header("connection")) == ([200], "close")


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.0"])
def test_an_upgrade_is_answered_as_if_it_had_not_been_asked_for(rawly: Rawly, protocol: bytes) -> None:
    """And what follows in the name of the other protocol is no request (h2c smuggling)."""
    headers = [b"Upgrade: " + protocol, b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]
    outcome = rawly.last(rawly.head(b"GET /me HTTP/1.1", *headers) + b"\r\n" + rawly.good)
    assert (outcome.statuses, rawly.used()) == ([200], 1)


def test_an_upgrade_of_a_request_that_is_refused_is_refused(rawly: Rawly) -> None:
    assert rawly.last(b"CONNECT evil.example:443 HTTP/1.1\r\n" + rawly.host + b"\r\n" + rawly.good).statuses == [400]
    assert rawly.used() == 0


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(rawly: Rawly) -> None:
    body = b'{"access_token":"None"}'
    head = rawly.head(b"POST /work_get_token HTTP/1.1", b"Expect: 100-continue", b"Content-Type: application/json")
    with rawly.open() as line:
        line.send(head + b"Content-Length: %d\r\n\r\n" % len(body))
        assert line.read().status == 100
        line.send(body)
        assert_graph_error(line.read(), 400, 190)


def test_a_client_that_asks_to_go_on_with_too_much_is_refused_before_it_sends(rawly: Rawly) -> None:
    head = rawly.head(b"POST /work_get_token HTTP/1.1", b"Expect: 100-continue", b"Content-Length: 8193")
    assert rawly.last(head + b"\r\n").statuses == [413]


def test_an_http_1_0_client_is_never_told_to_go_on(rawly: Rawly) -> None:
    """It knows no interim answer and would take it for the whole one (RFC 9110, 10.1.1)."""
    head = rawly.head(b"POST /work_get_token HTTP/1.0", b"Expect: 100-continue", b"Content-Type: application/json")
    with rawly.open() as line:
        line.send(head + b"Content-Length: 23\r\n\r\n")
        assert rawly.first(rawly.good).status == 200
        line.send(b'{"access_token":"None"}')
        assert_graph_error(line.read(), 400, 190)


def test_a_body_that_was_never_asked_for_is_not_waited_for(rawly: Rawly) -> None:
    """Who is refused instead of told to go on may leave the body out: the next request on the connection would pass for it."""
    body = b"Content-Length: %d" % len(rawly.good)
    with rawly.open() as line:
        line.send(rawly.head(b"POST /nowhere HTTP/1.1", b"Expect: 100-continue", body) + b"\r\n")
        refused = line.read()
        assert (refused.status, refused.header("connection")) == (404, "close")
        line.send(rawly.good * 2)
        assert line.ended()
    assert rawly.used() == 0

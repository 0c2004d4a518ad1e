"""A28: decisions go by the routed endpoint, never by the text of the URL; what names no path or another host is refused."""

import pytest

from tests.attacks.rawly import Rawly
from tests.graph import assert_graph_error

MALFORMED = {
    "absolute form": b"http://evil.example/me",
    "absolute form that names this host": b"http://127.0.0.1/me",
    "another scheme": b"ftp://evil.example/me",
    "no slash": b"me",
    "userinfo without a slash": b"@evil.example/me",
    "only a query": b"?access_token=x",
    "the server as a whole": b"*",
    "a NUL": b"/me\x00",
    "an escape": b"/me\x1b[31m",
    "a tab": b"/me\tx",
    "a form feed": b"/me\x0cx",
    "a delete": b"/me\x7f",
    "a carriage return": b"/me\rX: a",
    "raw UTF-8 in the path": "/mé".encode(),
    "raw UTF-8 in the query": "/me?x=é".encode(),
}

UNKNOWN = {
    "userinfo in the path": b"/@evil.example/me",
    "a path parameter": b"/me;x",
    "a path parameter before": b"/;x/me",
    "encoded dots": b"/%2e%2e/me",
    "dots": b"/../me",
    "one dot": b"/./me",
    "an encoded slash": b"/%2fme",
    "an encoded slash at the end": b"/me%2f",
    "a backslash": b"/\\me",
    "an encoded letter": b"/%6de",
    "twice encoded": b"/%256de",
    "an encoded NUL": b"/me%00",
    "an encoded line end": b"/me%0d%0aX:%20a",
    "an encoded space": b"/me%20",
    "an overlong encoding": b"/%c0%ae%c0%ae/me",
    "capitals": b"/ME",
    "another host after slashes": b"//evil.example/me",
    "userinfo after slashes": b"//user@evil.example:99/me",
    "a version where none is": b"/v23/me",
    "two versions": b"/v23.0/v23.0/me",
    "a suffix": b"/me.json",
    "quotes and brackets": b"/me\"'<>[]{}|^`",
    "a very long path": b"/" + b"a" * 8_000,
}


@pytest.mark.parametrize("target", MALFORMED.values(), ids=MALFORMED)
def test_a_target_that_is_no_path_is_refused_and_the_connection_closed(rawly: Rawly, target: bytes) -> None:
    outcome = rawly.last(rawly.head(b"GET " + target + b" HTTP/1.1") + b"\r\n" + rawly.good)
    assert_graph_error(outcome.replies[0], 400, 100)
    assert (outcome.statuses, rawly.used()) == ([400], 0)


@pytest.mark.parametrize("target", UNKNOWN.values(), ids=UNKNOWN)
def test_a_path_is_what_was_sent_and_nothing_is_decoded_or_walked(rawly: Rawly, target: bytes) -> None:
    assert_graph_error(rawly.first(rawly.head(b"GET " + target + b" HTTP/1.1") + b"\r\n"), 404, 2500)
    assert rawly.used() == 0


@pytest.mark.parametrize("target", [b"//me", b"/me/", b"///me//", b"/v23.0/me", b"/me?", b"/me?a=%00&b=%0d%0a", b"/me?/../x"])
def test_spellings_that_the_contract_allows_reach_the_same_endpoint(rawly: Rawly, target: bytes) -> None:
    assert rawly.first(rawly.head(b"GET " + target + b" HTTP/1.1") + b"\r\n").status == 200
    assert rawly.used() == 1


@pytest.mark.parametrize("header", [b"X-HTTP-Method-Override: GET", b"X-HTTP-Method: GET", b"X-Method-Override: GET"])
def test_a_header_never_changes_the_method(rawly: Rawly, header: bytes) -> None:
    assert_graph_error(rawly.first(rawly.head(b"DELETE /me HTTP/1.1", header) + b"\r\n"), 405, 100, 33)
    assert rawly.used() == 0


@pytest.mark.parametrize("header", [b"X-Original-URL: /me", b"X-Rewrite-URL: /me", b"X-Forwarded-Prefix: /me"])
def test_a_header_never_changes_the_path(rawly: Rawly, header: bytes) -> None:
    assert_graph_error(rawly.first(rawly.head(b"GET /nowhere HTTP/1.1", header) + b"\r\n"), 404, 2500)
    assert rawly.used() == 0


@pytest.mark.parametrize(
    "method", [b"TRACE", b"TRACK", b"OPTIONS", b"PATCH", b"PUT", b"DELETE", b"POST", b"PROPFIND", b"CONNECT"]
)
def test_an_unlisted_method_reaches_nothing(rawly: Rawly, method: bytes) -> None:
    assert rawly.first(rawly.head(method + b" /me HTTP/1.1") + b"\r\n").status in (400, 405)
    assert rawly.used() == 0

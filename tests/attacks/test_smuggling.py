"""A27: two readers of one byte stream must not see two different requests. What is ambiguous is refused, and the connection
closed; what stands behind it is never a request."""

import pytest

from tests.attacks.rawly import Rawly
from tests.graph import assert_graph_error

CHUNKED = b"Transfer-Encoding: chunked"

HEADS = {
    "both lengths": [b"Content-Length: 4", CHUNKED],
    "both lengths, the other way round": [CHUNKED, b"Content-Length: 4"],
    "two lengths that differ": [b"Content-Length: 4", b"Content-Length: 5"],
    "two equal lengths": [b"Content-Length: 5", b"Content-Length: 5"],
    "a list of lengths": [b"Content-Length: 5, 5"],
    "a negative length": [b"Content-Length: -1"],
    "a length with a plus": [b"Content-Length: +5"],
    "a hexadecimal length": [b"Content-Length: 0x5"],
    "an empty length": [b"Content-Length: "],
    "a length of words": [b"Content-Length: five"],
    "a length beyond 64 bits": [b"Content-Length: 99999999999999999999"],
    "a space inside the length": [b"Content-Length: 1 5"],
    "identity": [b"Transfer-Encoding: identity"],
    "xchunked": [b"Transfer-Encoding: xchunked"],
    "chunked not last": [b"Transfer-Encoding: chunked, identity"],
    "two codings in two lines": [CHUNKED, b"Transfer-Encoding: identity"],
    "a vertical tab before chunked": [b"Transfer-Encoding: \x0bchunked"],
    "a NUL after chunked": [b"Transfer-Encoding: chunked\x00"],
    "chunked in quotes": [b'Transfer-Encoding: "chunked"'],
    "a folded coding": [b"Transfer-Encoding:\r\n chunked"],
    "a folded header": [b"X: a\r\n b"],
    "a space before the colon": [b"Content-Length : 5"],
    "a tab before the colon": [b"Transfer-Encoding\t: chunked"],
    "a space before the name": [b" X: a"],
    "a header without a name": [b": a"],
    "a header without a colon": [b"chunked"],
    "a bare LF between headers": [b"X: a\nY: b"],
    "a bare CR between headers": [b"X: a\rY: b"],
    "a NUL in a value": [b"X: a\x00b"],
    "a control character in a name": [b"X\x1b: a"],
}

BODIES = {
    "a size that is no number": b"zz\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nabc\r\n0\r\n\r\n",
    "a size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than its size": b"3\r\nabcdef\r\n0\r\n\r\n",
    "a chunk without its end": b"3\r\nabcXX0\r\n\r\n",
    "a bare LF after the size": b"3\nabc\r\n0\r\n\r\n",
    "a bare LF after the chunk": b"3\r\nabc\n0\r\n\r\n",
    "a bare CR in an extension": b"3;a=\rb\r\nabc\r\n0\r\n\r\n",
    "a space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("headers", HEADS.values(), ids=HEADS)
def test_an_ambiguous_head_is_refused_and_nothing_behind_it_is_a_request(rawly: Rawly, headers: list[bytes]) -> None:
    outcome = rawly.last(rawly.head(b"POST /work_get_token HTTP/1.1", *headers) + b"\r\n0\r\n\r\n" + rawly.good)
    assert_graph_error(outcome.replies[0], 400, 100)
    assert (outcome.statuses, rawly.used()) == ([400], 0)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_malformed_chunk_is_refused_and_nothing_behind_it_is_a_request(rawly: Rawly, body: bytes) -> None:
    outcome = rawly.last(rawly.head(b"POST /work_get_token HTTP/1.1", CHUNKED) + b"\r\n" + body + rawly.good)
    assert_graph_error(outcome.replies[0], 400, 100)
    assert (outcome.statuses, rawly.used()) == ([400], 0)


def test_a_request_that_only_bare_line_feeds_hold_together_is_refused(rawly: Rawly) -> None:
    outcome = rawly.last(rawly.good.replace(b"\r\n", b"\n") + rawly.good)
    assert (outcome.statuses, rawly.used()) == ([400], 0)


def test_a_request_in_the_body_of_another_is_a_body(rawly: Rawly) -> None:
    """Front proxies that ignore the body of a GET are what smuggling lives on."""
    outcome = rawly.last(rawly.head(b"GET /me HTTP/1.1", b"Content-Length: %d" % len(rawly.good)) + b"\r\n" + rawly.good)
    assert (outcome.statuses, rawly.used()) == ([415], 0)


def test_a_body_under_an_older_protocol_never_holds_a_second_request(rawly: Rawly) -> None:
    raw = rawly.head(b"POST /work_get_token HTTP/1.0", CHUNKED) + b"\r\n0\r\n\r\n" + rawly.good
    assert (len(rawly.last(raw).replies), rawly.used()) == (1, 0)


def test_what_stands_behind_a_refused_request_in_the_same_packet_is_not_looked_at(rawly: Rawly) -> None:
    outcome = rawly.last(b"GET http://evil.example/ HTTP/1.1\r\n" + rawly.host + b"\r\n" + rawly.good)
    assert (outcome.statuses, rawly.used()) == ([400], 0)


def test_what_stands_behind_connection_close_is_no_request(rawly: Rawly) -> None:
    outcome = rawly.last(rawly.head(b"GET /me HTTP/1.1", b"Connection: close") + b"\r\n" + rawly.good)
    assert (outcome.statuses, rawly.used()) == ([200], 1)


def test_a_trailer_is_not_a_header(rawly: Rawly) -> None:
    """A trailer that counts as a header can say what only a proxy may say, or bring a second token, or name another host."""
    forged = (
        b"Host: evil.example\r\nAuthorization: Bearer act_x\r\nX-Forwarded-For: 203.0.113.9\r\nOrigin: https://evil.example\r\n"
    )
    body = b"0\r\n" + forged + b"\r\n"
    raw = rawly.head(b"GET /me HTTP/1.1", CHUNKED, b"Content-Type: application/json") + b"\r\n" + body
    reply = rawly.first(raw)
    assert (reply.status, reply.json["seen_address"]) == (200, "127.0.0.1")


def test_trailers_without_end_are_cut_off(rawly: Rawly) -> None:
    """They belong to no body, so no cap on bodies holds them."""
    raw = rawly.head(b"POST /nowhere HTTP/1.1", CHUNKED) + b"\r\n0\r\nX: " + b"a" * 1_000_000
    assert rawly.last(raw).statuses in ([404], [431])


def test_chunks_that_are_mostly_framing_are_cut_off(rawly: Rawly) -> None:
    raw = rawly.head(b"POST /nowhere HTTP/1.1", CHUNKED) + b"\r\n" + (b"1;" + b"x" * 5_000 + b"\r\na\r\n") * 200
    assert rawly.last(raw).statuses in ([404], [431])

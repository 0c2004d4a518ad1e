"""Requests sent before the answers: each gets its own answer, in order, and a refusal never takes another's place."""

import socket

from tests.attacks.rawly import Rawly

TOO_LARGE = b"X: " + b"a" * 20_000


def test_two_requests_in_one_packet_are_answered_in_order(rawly: Rawly) -> None:
    raw = rawly.good + rawly.head(b"GET /nowhere HTTP/1.1") + b"\r\n" + rawly.head(b"GET /me HTTP/1.0") + b"\r\n"
    assert rawly.last(raw).statuses == [200, 404, 200]
    assert rawly.used() == 2


def test_garbage_after_a_good_request_takes_nothing_from_it(rawly: Rawly) -> None:
    assert rawly.last(rawly.good + b"\x00\x01\x02 garbage\r\n\r\n").statuses == [200]


def test_a_head_that_is_too_large_after_a_good_request_takes_nothing_from_it(rawly: Rawly) -> None:
    raw = rawly.good + rawly.head(b"GET /me HTTP/1.1", TOO_LARGE) + b"\r\n" + rawly.good
    assert (rawly.last(raw).statuses, rawly.used()) == ([200], 1)


def test_a_malformed_body_after_good_requests_takes_nothing_from_them(rawly: Rawly) -> None:
    bad = rawly.head(b"POST /work_get_token HTTP/1.1", b"Transfer-Encoding: chunked") + b"\r\nzz\r\n"
    assert (rawly.last(rawly.good * 2 + bad + rawly.good).statuses, rawly.used()) == ([200, 200], 2)


def test_a_hundred_requests_in_one_packet_get_a_hundred_answers(rawly: Rawly) -> None:
    raw = rawly.good * 99 + rawly.head(b"GET /me HTTP/1.1", b"Connection: close") + b"\r\n"
    assert (rawly.last(raw).statuses, rawly.used()) == ([200] * 100, 100)


def test_who_asks_on_and_on_is_answered_so_far_and_no_further(rawly: Rawly) -> None:
    """What waits for its turn takes eleven times the memory of its bytes on the wire (F19)."""
    shortest = b"GET /healthz HTTP/1.1\r\n\r\n"
    outcome = rawly.last(shortest * 2_000)
    assert 100 < len(outcome.statuses) < 1_000
    assert set(outcome.statuses) == {200}
    assert outcome.replies[-1].header("connection") == "close"


def test_blank_lines_before_a_request_are_skipped(rawly: Rawly) -> None:
    assert rawly.first(b"\r\n\r\n" + rawly.good).status == 200


def test_a_request_in_single_bytes_is_the_same_request(rawly: Rawly) -> None:
    with rawly.open() as line:
        for byte in rawly.good:
            line.send(bytes([byte]))
        assert line.read().status == 200


def test_a_client_that_ends_its_side_after_its_requests_is_still_answered(rawly: Rawly) -> None:
    with rawly.open() as line:
        line.send(rawly.good * 2)
        line.socket.shutdown(socket.SHUT_WR)
        assert [line.read().status, line.read().status] == [200, 200]
        assert line.ended()


def test_a_client_that_ends_its_side_within_a_request_is_gone(rawly: Rawly) -> None:
    with rawly.open() as line:
        line.send(rawly.good[:-2])
        line.socket.shutdown(socket.SHUT_WR)
        assert line.ended()
    assert rawly.used() == 0

"""Slow clients (F19): the whole request must have come in time from its first byte, whatever drips in meanwhile."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.attacks.hasty import REQUEST_SECONDS, TOKEN_SECONDS, Hasty
from tests.graph import assert_graph_error
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import HANG, Line, Reply

POST = b"POST /work_get_token HTTP/1.1\r\n"
PARTS = {
    "a method and no more": b"GET",
    "a request line": POST,
    "a head without its end": POST + b"Host: x\r\nX: ",
    "a body that does not come": POST + b"Host: 127.0.0.1:{port}\r\nContent-Length: 9\r\n\r\n",
    "a body that comes in part": POST + b"Host: 127.0.0.1:{port}\r\nContent-Length: 9\r\n\r\na",
    "a chunk that does not end": POST + b"Host: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hasty]:
    """A server with short deadlines."""
    with Hasty(tmp_path_factory.mktemp("hasty") / "data", SettableClock()) as running:
        yield running


def _parts(server: Hasty, raw: bytes) -> bytes:
    return raw.replace(b"{port}", str(server.port).encode())


@pytest.mark.parametrize("raw", PARTS.values(), ids=PARTS)
def test_a_request_that_is_not_whole_at_the_deadline_gets_408_and_the_connection_is_closed(server: Hasty, raw: bytes) -> None:
    with server.wire.open() as line:
        line.send(_parts(server, raw))
        assert_graph_error(line.read(), 408, 100)
        assert line.ended()


@pytest.mark.parametrize("drip", [b"a", b"X-a: b\r\n"])
def test_a_drip_of_bytes_moves_no_deadline(server: Hasty, drip: bytes) -> None:
    with server.wire.open() as line:
        line.send(b"POST /work_get_token HTTP/1.1\r\nX: ")
        assert _dripped(line, drip).status == 408
        assert line.ended()


def test_the_token_endpoint_has_less_patience_than_the_others(server: Hasty) -> None:
    assert 408 == _patience(server, b"/work_get_token")[0] == _patience(server, b"//v23.0//work_current_token/?a=b")[0]
    took = [_patience(server, path)[1] for path in (b"/work_get_token", b"/me")]
    assert TOKEN_SECONDS <= took[0] < took[1]
    assert took[1] >= REQUEST_SECONDS


def _patience(server: Hasty, path: bytes) -> tuple[int, float]:
    began = time.monotonic()
    with server.wire.open() as line:
        line.send(b"POST " + path + b" HTTP/1.1\r\nX: a")
        return line.read().status, time.monotonic() - began


@pytest.mark.parametrize("nothing", [b"", b"\r\n", b"\r\n" * 100])
def test_a_connection_on_which_nothing_is_asked_is_closed_without_a_word(server: Hasty, nothing: bytes) -> None:
    with server.wire.open() as line:
        line.send(nothing)
        assert line.ended()


def test_blank_lines_after_an_answer_keep_no_connection_open(server: Hasty) -> None:
    with server.wire.open() as line:
        line.send(server.wire.raw("GET", "/healthz"))
        assert line.read().status == 200
        line.send(b"\r\n")
        assert line.ended()


def test_the_second_request_of_a_connection_has_a_deadline_of_its_own(server: Hasty) -> None:
    with server.wire.open() as line:
        line.send(server.wire.raw("GET", "/healthz"))
        assert line.read().status == 200
        line.send(b"GET /healthz HTTP/1.1\r\nX: ")
        assert line.read().status == 408
        assert line.ended()


def test_what_was_answered_before_it_came_whole_is_not_answered_twice(server: Hasty) -> None:
    """An unknown path needs no body to be refused; when the rest never comes, the connection just ends."""
    with server.wire.open() as line:
        line.send(_parts(server, b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9\r\n\r\n"))
        assert line.read().status == 404
        assert line.ended()


def test_a_half_sent_token_request_leaves_nothing_behind(server: Hasty) -> None:
    tenant = Tenant(server.store)
    raw = server.wire.raw(
        "POST", "/work_get_token", [("Content-Length", "500")], b"grant_type=client_credentials&access_token="
    )
    with server.wire.open() as line:
        line.send(raw + tenant.credential.encode())
        assert line.read().status == 408
    assert (tenant.facts.generation, tenant.head.sequence) == (0, 2)


def _dripped(line: Line, drip: bytes) -> Reply:
    """Sends the drip again and again while the answer is waited for."""
    answered = threading.Event()

    def go_on() -> None:
        while not answered.wait(0.02):
            line.send(drip)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        return line.read()
    finally:
        answered.set()
        thread.join(HANG)

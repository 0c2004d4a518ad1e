"""Heads that are too large: 431, the connection closed, and no memory taken for what was sent (A11)."""

from pathlib import Path

import psutil
import pytest

from tests.attacks.rawly import Rawly
from tests.graph import assert_graph_error
from tests.serving import Served, until
from tests.wire import Line, Wire

MOST_BYTES, MOST_LINES = 16_384, 64


def _filled(rawly: Rawly, size: int) -> bytes:
    """A genuine request whose head is exactly so many bytes."""
    head = rawly.head(b"GET /me HTTP/1.1")
    filler = size - len(head) - len(b"X: \r\n\r\n")
    return head + b"X: " + b"a" * filler + b"\r\n\r\n"


def test_a_head_of_exactly_the_cap_is_served_and_one_byte_more_is_not(rawly: Rawly) -> None:
    assert len(_filled(rawly, MOST_BYTES)) == MOST_BYTES
    assert rawly.first(_filled(rawly, MOST_BYTES)).status == 200
    assert_graph_error(rawly.last(_filled(rawly, MOST_BYTES + 1)).replies[0], 431, 100)
    assert rawly.used() == 1


def test_the_cap_is_the_same_for_a_head_that_comes_in_pieces(rawly: Rawly) -> None:
    for size, status in ((MOST_BYTES, 200), (MOST_BYTES + 1, 431)):
        raw = _filled(rawly, size)
        with rawly.open() as line:
            for start in range(0, size, 1_000):
                line.send(raw[start : start + 1_000])
            assert line.read().status == status


def test_a_long_url_counts_as_much_as_a_long_header(rawly: Rawly) -> None:
    assert_graph_error(rawly.last(rawly.head(b"GET /me?" + b"a" * MOST_BYTES + b" HTTP/1.1") + b"\r\n").replies[0], 431, 100)


def test_sixty_four_lines_are_served_and_one_more_is_not(rawly: Rawly) -> None:
    for lines, status in ((MOST_LINES, 200), (MOST_LINES + 1, 431)):
        more = [b"X-%d: a" % each for each in range(lines - 2)]  # besides Host and Authorization
        assert rawly.first(rawly.head(b"GET /me HTTP/1.1", *more) + b"\r\n").status == status
    assert rawly.used() == 1


@pytest.mark.parametrize(
    "start", [b"GET /", b"GET /me HTTP/1.1\r\nX", b"GET /me HTTP/1.1\r\nX: ", b"GET /me HTTP/1.1\r\nCookie: a=b\r\n"]
)
def test_a_head_without_end_is_refused_as_soon_as_it_is_too_large(rawly: Rawly, start: bytes) -> None:
    outcome = rawly.last(start + b"a" * 20_000)
    assert_graph_error(outcome.replies[0], 431, 100)


def _refused(wire: Wire, raw: bytes) -> None:
    with wire.open() as line:
        line.send(raw)
        assert_graph_error(line.read(), 431, 100)
        assert line.ended()


def test_ten_megabytes_of_bearer_are_refused_and_leave_no_memory_behind(tmp_path: Path) -> None:
    with Served(tmp_path / "data") as served:
        [worker] = [psutil.Process(each) for each in served.workers()]
        raw = served.wire.raw("GET", "/me", [("Authorization", "Bearer " + "a" * 10_000_000)])
        _refused(served.wire, raw)
        before = worker.memory_info().rss
        for _ in range(10):
            _refused(served.wire, raw)
        assert worker.memory_info().rss - before < 10_000_000


def test_bytes_that_nobody_reads_take_no_memory(tmp_path: Path) -> None:
    """A client that goes on sending after its refusal is read no further than it takes to deliver the answer."""
    with Served(tmp_path / "data") as served:
        [worker] = [psutil.Process(each) for each in served.workers()]
        before = worker.memory_info().rss
        with served.wire.open() as line:
            until(lambda: _sent_and_cut(line), "the cut")
        assert worker.memory_info().rss - before < 10_000_000


def _sent_and_cut(line: Line) -> bool:
    try:
        line.socket.sendall(b"X: " + b"a" * 1_000_000)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False

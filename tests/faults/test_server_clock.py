"""F11 seen from outside: the wall clock under a running server jumps, and no token lives longer for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.standing import Standing, look
from tests.graph import assert_graph_error
from tests.serving import Served

LIBRARY = "/usr/$LIB/faketime/libfaketimeMT.so.1"
TWO_HOURS = 7_200

Jump = Callable[[int], None]


@pytest.fixture
def jump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Sets how many seconds the wall clock of processes that start from here on is wrong, also while they run."""
    file = tmp_path / "clock"

    def to(seconds: int) -> None:
        file.write_text(f"{seconds:+d}")

    to(0)
    monkeypatch.setenv("LD_PRELOAD", LIBRARY)
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(file))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    return to


@pytest.fixture
def served(standing: Standing, jump: Jump) -> Iterator[Served]:
    """A server whose clock can jump."""
    with Served(standing.data, workers="2") as running:
        yield running


def _left(served: Served, token: str) -> int:
    reply = served.wire.get("/me", token)
    assert reply.status == 200
    return int(reply.json["expires_in"])


def _mint(served: Served, standing: Standing) -> str:
    reply = served.wire.token(f"{standing.app_id}|{standing.secret}")
    assert (reply.status, reply.json["expires_in"]) == (200, TWO_HOURS)
    return str(reply.json["access_token"])


@pytest.mark.needs("faketime")
def test_a_clock_that_jumps_forward_ends_tokens_early_and_service_heals_by_itself(
    standing: Standing, served: Served, jump: Jump
) -> None:
    token = _mint(served, standing)
    jump(TWO_HOURS - 60)
    assert _left(served, token) <= 60
    jump(TWO_HOURS)
    assert_graph_error(served.wire.get("/me", token), 400, 190, 463)
    jump(0)
    token = _mint(served, standing)
    for _ in range(10):  # either worker
        assert _left(served, token) <= TWO_HOURS


@pytest.mark.needs("faketime")
@pytest.mark.parametrize("back", [-30, -TWO_HOURS, -86_400 * 365])
def test_a_clock_that_jumps_back_lengthens_no_life(standing: Standing, served: Served, jump: Jump, back: int) -> None:
    old = _mint(served, standing)
    left = _left(served, old)
    jump(back)
    for _ in range(10):  # either worker
        assert _left(served, old) <= left
    young = _mint(served, standing)
    assert_graph_error(served.wire.get("/me", old), 400, 190, 460)
    jump(0)
    for _ in range(10):
        assert _left(served, young) <= TWO_HOURS
    jump(TWO_HOURS)
    assert_graph_error(served.wire.get("/me", young), 400, 190, 463)


@pytest.mark.needs("faketime")
def test_the_order_of_the_log_survives_any_jump(standing: Standing, served: Served, jump: Jump) -> None:
    for seconds in (0, -TWO_HOURS, 300, -300, 0):
        jump(seconds)
        _mint(served, standing)
    times = [each.recorded_at for each in look(standing).log]
    assert times == sorted(times)

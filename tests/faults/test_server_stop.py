"""A stop that was asked for: what is in flight is finished, what was counted is written, and the exit code is 0."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.faults.load import Load
from tests.faults.standing import Standing, look
from tests.graph import assert_graph_error
from tests.serving import Served, until
from tests.wire import HANG

GRACE = 10.0


def _terminate(served: Served) -> None:
    served.process.send_signal(signal.SIGTERM)


def _ctrl_c(served: Served) -> None:
    """A terminal sends it to the whole group: to the parent and to each worker."""
    for pid in [served.process.pid, *served.workers()]:
        os.kill(pid, signal.SIGINT)


STOPS = pytest.mark.parametrize("stop", [_terminate, _ctrl_c], ids=["SIGTERM", "Ctrl-C"])


def _ends(served: Served) -> int:
    served.store.close()
    return served.process.wait(GRACE + HANG)


@STOPS
def test_a_stop_under_load_loses_nothing_that_was_acknowledged(standing: Standing, stop: Callable[[Served], None]) -> None:
    served = Served(standing.data, workers="2").start()
    with Load(served.wire, standing) as load:
        until(lambda: len(load.acknowledged) > 50, "the load")
        stop(served)
        assert _ends(served) == 0
    assert set(load.statuses) <= {200, 400, 429}
    load.assert_nothing_lost()
    assert "Traceback" not in served.log.read_text()


@STOPS
def test_a_stop_writes_what_was_counted(standing: Standing, stop: Callable[[Served], None]) -> None:
    """Usage is written every 30 seconds and refusals every second, and both at the stop."""
    served = Served(standing.data).start()
    token = served.wire.token(f"{standing.app_id}|{standing.secret}").json["access_token"]
    assert [served.wire.get("/me", token).status for _ in range(20)] == [200] * 20
    assert served.wire.token(f"{standing.app_id}|{standing.secret[:-7]}0000000").status == 400
    assert [served.wire.get("/me", token, [("Origin", "https://evil.example")]).status for _ in range(5)] == [400] * 5
    stop(served)
    assert _ends(served) == 0
    instance = look(standing).facts.instance
    with Served(standing.data) as again:
        assert sum(each.times for each in again.store.read(lambda tx: tx.usage.of(instance, standing.app_id))) == 20
    assert len(look(standing).of_kind("credential.used_client_side")) == 1


def _terminate_and_wait_until_heard(served: Served) -> None:
    """The worker then closes connections on which nothing is asked."""
    with served.wire.open() as idle:
        idle.send(served.wire.raw("GET", "/healthz"))
        assert idle.read().status == 200
        _terminate(served)
        assert idle.ended()


def test_a_request_that_is_half_sent_at_the_stop_is_answered_when_it_is_whole(standing: Standing) -> None:
    served = Served(standing.data).start()
    body = f"grant_type=client_credentials&access_token={standing.app_id}%7C{standing.secret}".encode()
    raw = served.wire.raw("POST", "/work_get_token", [("Content-Type", "application/x-www-form-urlencoded")], body)
    with served.wire.open() as line:
        line.send(raw[:-10])
        _terminate_and_wait_until_heard(served)
        line.send(raw[-10:])
        reply = line.read()
        assert (reply.status, reply.header("connection")) == (200, "close")
        assert line.ended()
    assert _ends(served) == 0
    assert look(standing).facts.generation == reply.json["generation"] == 1


@pytest.mark.slow
def test_a_request_that_never_comes_whole_holds_no_stop_for_longer_than_its_deadline(standing: Standing) -> None:
    served = Served(standing.data).start()
    with served.wire.open() as line:
        line.send(served.wire.raw("POST", "/work_get_token", [("Content-Length", "10")], b"a"))
        _terminate_and_wait_until_heard(served)
        assert_graph_error(line.read(), 408, 100)
        assert _ends(served) == 0


def test_a_second_signal_changes_nothing(standing: Standing) -> None:
    served = Served(standing.data).start()
    with Load(served.wire, standing, 2) as load:
        until(lambda: len(load.acknowledged) > 10, "the load")
        for _ in range(3):
            _terminate(served)
        assert _ends(served) == 0
    load.assert_nothing_lost()


def test_connections_that_are_idle_hold_no_stop(standing: Standing) -> None:
    served = Served(standing.data).start()
    with ExitStack() as stack:
        lines = [stack.enter_context(served.wire.open()) for _ in range(20)]
        for each in lines:
            each.send(served.wire.raw("GET", "/healthz"))
            assert each.read().status == 200
        _terminate(served)
        assert _ends(served) == 0
        assert all(each.ended() for each in lines)

"""What must not hold up a server: a log that nobody reads, a child that it did not start, a worker that is frozen."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.faults.standing import Standing
from tests.serving import until
from tests.wire import HANG, Wire

COMMAND = [sys.executable, "-m", "admincenter", "serve", "--port", "0", "--data"]


@contextmanager
def _started(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], Wire]]:
    """A server whose standard error is a pipe that is never read. Ended at the end, if it still lives."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline().decode()
        wire = Wire(int(line.split(" (data")[0].rpartition(":")[2]))
        until(lambda: wire.get("/healthz").status == 200, "the first answer")
        yield process, wire
    finally:
        if process.poll() is None:
            for each in psutil.Process(process.pid).children():
                each.kill()
            process.kill()
        process.wait(HANG)
        process.stdout.close()
        process.stderr.close()


def test_a_log_that_nobody_reads_holds_up_neither_answers_nor_the_stop(standing: Standing) -> None:
    """A pager, or a log driver that is stuck: the pipe is full after some hundred lines."""
    with _started([*COMMAND, str(standing.data)]) as (process, wire):
        for number in range(1_500):
            assert wire.get(f"/nowhere/{number}/{'x' * 20}").status == 404
        assert wire.token(f"{standing.app_id}|{standing.secret}").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10 + HANG) == 0


def test_a_child_that_it_did_not_start_may_end(standing: Standing) -> None:
    """A shell that replaces itself leaves its children to the server, and a container leaves it everybody's."""
    script = f"sleep 0.2 & exec {' '.join(COMMAND)} {standing.data}"
    with _started(["bash", "-c", script]) as (process, wire):
        until(
            lambda: not any(each.name() == "sleep" for each in psutil.Process(process.pid).children()), "the end of the child"
        )
        assert wire.get("/readyz").status == 200
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10 + HANG) == 0


@pytest.mark.slow
def test_a_frozen_worker_does_not_hold_up_the_stop(standing: Standing) -> None:
    with _started([*COMMAND, str(standing.data)]) as (process, _wire):
        [worker] = psutil.Process(process.pid).children()
        os.kill(worker.pid, signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15 + HANG) == 0
        assert not worker.is_running()

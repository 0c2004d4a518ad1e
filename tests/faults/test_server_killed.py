"""F01 and F02 seen from outside: a worker, the parent, or all of them are killed while clients work."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.load import Load, fill, gone, kill_all
from tests.faults.standing import Standing
from tests.serving import Served, until

EXPECTED = {200, 400, 429, 503}
"""400: the token of a client that was superseded by another's before it was used."""


class Watched(Served):
    """A server that remembers what its readiness said while it started."""

    def _ready(self) -> bool:
        self.said = [*getattr(self, "said", []), self.wire.get("/readyz")]
        return bool(self.said[-1].status == 200)


def _kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_worker_that_is_killed_under_load_is_replaced_and_nothing_acknowledged_is_lost(
    standing: Standing, workers: str
) -> None:
    with Served(standing.data, workers=workers) as served:
        with Load(served.wire, standing) as load:
            for _ in range(3):
                _kill_one(served, load)
        assert served.process.poll() is None
        assert set(load.statuses) <= EXPECTED
        load.assert_nothing_lost()


def _kill_one(served: Served, load: Load) -> None:
    until(lambda: len(load.acknowledged) > 10, "the load")
    [victim, *_others] = before = served.workers()
    _kill(victim)
    until(lambda: victim not in served.workers() and len(served.workers()) == len(before), "another worker")
    told = len(load.acknowledged)
    until(lambda: len(load.acknowledged) > told, "service")


def test_after_everything_was_killed_a_restart_checks_every_page_before_it_is_ready(standing: Standing) -> None:
    served = Served(standing.data).start()
    fill(served, standing.app_id, 6_000)  # so that the check takes a moment
    with Load(served.wire, standing) as load:
        until(lambda: len(load.acknowledged) > 20, "the load")
        kill_all(served)
    served.store.close()
    with Watched(standing.data) as again:
        assert [each.status for each in again.said[:1]] == [503]
        assert "checked after an unclean stop" in again.said[0].json["reason"]
        load.assert_nothing_lost()
    with Watched(standing.data) as clean:
        assert [each.status for each in clean.said] == [200]


def test_a_parent_that_is_killed_takes_its_workers_along(standing: Standing) -> None:
    """Workers without a parent would hold the port, and nobody would start them again."""
    served = Served(standing.data, workers="2").start()
    workers = served.workers()
    _kill(served.process.pid)
    served.process.wait()
    until(lambda: all(gone(each) for each in workers), "the end of the workers")
    served.store.close()
    with Served(standing.data, port=str(served.port)) as again:
        assert again.wire.token(f"{standing.app_id}|{standing.secret}").status == 200


def test_a_worker_that_ends_again_and_again_is_started_again_and_again(standing: Standing) -> None:
    with Served(standing.data) as served:
        seen: set[int] = set()
        for _ in range(4):
            until(lambda: set(served.workers()) - seen, "another worker")
            [worker] = served.workers()
            seen.add(worker)
            _kill(worker)
        until(lambda: set(served.workers()) - seen, "another worker")
        assert served.wire.get("/readyz").status == 200


def test_a_server_is_told_to_stop_at_any_moment_of_its_start(tmp_path: Path) -> None:
    """Also between the fork of a worker and the moment at which it listens to signals."""
    data = tmp_path / "data"
    Served(data).start().stop()
    for _ in range(4):
        served = Served(data, workers="2")
        served.begin()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == 0

"""The wall clock jumps: no token lives longer than its two hours of true time (F11)."""

import random
import time

import pytest

from admincenter.core.audit import SECOND, SYSTEM
from admincenter.core.errors import CallRefused
from admincenter.core.instances import rename
from admincenter.core.ports import Facts
from admincenter.core.tokens import LIFE, SKEW, check_live
from admincenter.store.clock import Clock, SystemClock
from admincenter.store.opening import Store
from tests.faults.minting import mint_one
from tests.faults.standing import Standing, look

SEED, STEPS = 11, 2_000


class _Machine:
    """True time, in nanoseconds, and a wall clock that may be wrong about it. After each reading `pause` goes by."""

    def __init__(self) -> None:
        self.true, self.error, self.pause = 10**18, 0, 0

    def wall(self) -> int:
        return self._read() + self.error

    def monotonic(self) -> int:
        return self._read() - 9 * 10**17

    def _read(self) -> int:
        told = self.true
        self.true += self.pause
        return told

    def now(self) -> int:
        """True time in microseconds."""
        return self.true // 1000


def _stepping(machine: _Machine, chance: random.Random) -> None:
    """Some true time passes; now and then the wall clock jumps, forward or back, by up to three hours."""
    machine.true += chance.choice((0, 10**3, 10**9, 60 * 10**9, 1_800 * 10**9))
    if chance.random() < 0.3:
        machine.error += chance.randrange(-10_800, 10_800) * 10**9


def test_time_never_runs_back_and_never_slower_than_it_passes() -> None:
    """Whatever the wall clock does: within a process two hours are at most two hours of true time."""
    machine, chance = _Machine(), random.Random(SEED)
    clock = SystemClock(wall=machine.wall, monotonic=machine.monotonic)
    issued: list[tuple[int, int]] = []
    for _ in range(STEPS):
        told, true = clock(), machine.now()
        issued.append((told, true))
        _stepping(machine, chance)
        assert clock() - told >= machine.now() - true
        alive = [(told, true) for told, true in issued if clock() < told + LIFE]
        assert all(machine.now() - true < LIFE for _told, true in alive)
        issued = alive


def test_a_clock_that_is_right_is_followed_to_the_microsecond() -> None:
    """Without jumps the clock is the wall clock, and a jump forward is followed at once."""
    machine = _Machine()
    clock = SystemClock(wall=machine.wall, monotonic=machine.monotonic)
    for jump in (0, 0, 7_200 * 10**9, 0):
        machine.true += 12_345_678_000
        machine.error += jump
        assert clock() == machine.wall() // 1000


def test_a_pause_between_two_readings_is_no_jump() -> None:
    """A process that is stopped while it reads the time does not run ahead of it for ever after."""
    machine = _Machine()
    clock = SystemClock(wall=machine.wall, monotonic=machine.monotonic)
    machine.pause = 30 * 10**9
    clock()
    machine.pause = 0
    assert clock() == machine.wall() // 1000


def _alive(facts: Facts, token: bytes, now: int) -> bool:
    try:
        check_live(facts, [token], now)
    except CallRefused:
        return False
    return True


def _minted(standing: Standing, clock: Clock) -> Facts:
    """A process with that clock mints and ends."""
    store = Store(standing.data, clock=clock)
    store.write(lambda tx: mint_one(tx, store, standing.app_id, standing.secret))
    [facts] = store.read(lambda tx: tx.integrations.facts_by_app_id([standing.app_id]))
    store.close()
    assert facts is not None
    return facts


def _ahead(seconds: int) -> Clock:
    return lambda: time.time_ns() // 1000 + seconds * SECOND


def _served_once(standing: Standing) -> None:
    """A server that starts and stops."""
    store = Store(standing.data)
    store.mark_running()
    store.mark_stopped()
    store.close()


@pytest.mark.parametrize("seconds", [30, 3_600, 7_190])
def test_a_wall_clock_that_steps_back_over_a_restart_lengthens_no_token(standing: Standing, seconds: int) -> None:
    """The next process goes on where the log ended: the token ends two hours after it was issued, not later."""
    before = _minted(standing, _ahead(seconds))
    assert before.issued_at is not None
    store = Store(standing.data)
    assert before.issued_at <= store.clock() <= before.issued_at + 60 * SECOND
    store.close()
    assert look(standing).facts == before


@pytest.mark.parametrize("seconds", [7_300, 86_400, 10 * 365 * 86_400])
def test_a_token_of_a_future_that_never_was_does_not_come_alive_when_it_arrives(standing: Standing, seconds: int) -> None:
    """The clock was wrong by more than a token's life; the next process does not follow it, and revokes what it issued."""
    before = _minted(standing, _ahead(seconds))
    assert before.token_digest is not None
    assert before.issued_at is not None
    store = Store(standing.data)
    assert abs(store.clock() - _ahead(0)()) < 60 * SECOND
    store.close()
    assert look(standing).of_kind("token.revoked") == []  # a command's clock may be the wrong one, so it kills nothing
    _served_once(standing)
    after = look(standing)
    for moment in (_ahead(0)(), before.issued_at - SKEW, before.issued_at, before.issued_at + LIFE - 1):
        assert not _alive(after.facts, before.token_digest, moment)
    assert len(after.of_kind("token.revoked")) == 1
    healed = _minted(standing, _ahead(0))
    assert healed.token_digest is not None
    assert _alive(healed, healed.token_digest, _ahead(1)())


def test_a_token_of_the_right_time_outlives_a_clock_that_was_wrong_after_it(standing: Standing) -> None:
    """Only tokens of that future are revoked, once; not every token at every start until the future is here."""
    before = _minted(standing, _ahead(0))
    wrong = Store(standing.data, clock=_ahead(86_400))
    wrong.write(lambda tx: rename(tx, before.instance, "Tomorrow", SYSTEM))
    wrong.close()
    for _ in range(2):
        _served_once(standing)
        assert look(standing).facts == before
    assert look(standing).of_kind("token.revoked") == []

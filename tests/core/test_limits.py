"""Allowances, against a plain bucket of exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admincenter.core.audit import SECOND
from admincenter.core.limits import Allowance


class Bucket:
    """`burst` drops, one more each interval; who finds a whole drop takes it."""

    def __init__(self, burst: int, interval: int) -> None:
        self.burst, self.interval = burst, interval
        self.drops, self.at = Fraction(burst), 0

    def take(self, now: int) -> bool:
        self.drops = min(Fraction(self.burst), self.drops + Fraction(now - self.at, self.interval))
        self.at = now
        allowed = self.drops >= 1
        self.drops -= allowed
        return allowed


@given(
    st.integers(1, 30),
    st.integers(1, 6_000_000),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20_000_000)), max_size=120),
)
def test_an_allowance_allows_exactly_what_a_bucket_of_drops_gives(
    burst: int, interval: int, steps: list[tuple[int, int]]
) -> None:
    allowance, buckets = Allowance(burst, interval), {key: Bucket(burst, interval) for key in range(3)}
    now = 0
    for key, pause in steps:
        now += pause
        bucket, taken = buckets[key], allowance.take(key, now)
        assert taken.allowed == bucket.take(now)
        used = (Fraction(burst) - bucket.drops) * 100 / burst
        assert taken.percent == (int(used) if taken.allowed else 100)
        assert (taken.retry_after == 0) == taken.allowed
        if not taken.allowed:
            wait = (1 - bucket.drops) * interval
            assert wait <= taken.retry_after * SECOND < wait + SECOND


def test_a_burst_is_allowed_at_once_and_then_one_per_interval() -> None:
    allowance = Allowance(10, 5 * SECOND)
    assert [allowance.take("a", 0).allowed for _ in range(11)] == [True] * 10 + [False]
    assert allowance.take("a", 0).retry_after == 5
    assert allowance.take("a", 5 * SECOND - 1).retry_after == 1
    assert allowance.take("a", 5 * SECOND).allowed
    assert not allowance.take("a", 5 * SECOND).allowed


def test_being_refused_costs_nothing() -> None:
    allowance = Allowance(1, SECOND)
    allowance.take("a", 0)
    assert not any(allowance.take("a", SECOND - 1).allowed for _ in range(1_000))
    assert allowance.take("a", SECOND).allowed


@pytest.mark.parametrize("flood", [3, 1_000])
def test_memory_is_bounded_and_the_longest_silent_key_is_forgotten_first(flood: int) -> None:
    allowance = Allowance(1, SECOND, keys=3)
    allowance.take("busy", 0)
    for number in range(flood):
        allowance.take(number, 0)
        allowance.take("busy", 0)
    assert len(allowance) == 3
    assert not allowance.take("busy", 0).allowed
    assert allowance.take(0, 0).allowed

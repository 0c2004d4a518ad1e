"""Allowances: how often something may be done before it must wait. Bounded memory, one process, no clock of its own.

The generic cell rate algorithm: per key one number, the time at which the allowance is whole again.
"""

from collections.abc import Hashable
from typing import NamedTuple

from admincenter.core.audit import SECOND


class Taken(NamedTuple):
    """Whether it may be done now; if not, after how many seconds; and how much of the allowance is used, in percent."""

    allowed: bool
    retry_after: int
    percent: int


_ALLOWED = [Taken(True, 0, percent) for percent in range(101)]


class Allowance:
    """`burst` at once, then one per `interval` microseconds, for each key apart; at most `keys` keys are remembered."""

    def __init__(self, burst: int, interval: int, keys: int = 50_000) -> None:
        self._interval = interval
        self._depth = burst * interval
        self._keys = keys
        self._whole_at: dict[Hashable, int] = {}

    def take(self, key: Hashable, now: int) -> Taken:
        """Takes one, if there is one. `now` in microseconds of a clock that never goes back."""
        whole_at = max(self._whole_at.pop(key, now), now) + self._interval
        used = whole_at - now
        allowed = used <= self._depth
        self._whole_at[key] = whole_at if allowed else whole_at - self._interval
        if len(self._whole_at) > self._keys:
            del self._whole_at[next(iter(self._whole_at))]
        if allowed:
            return _ALLOWED[used * 100 // self._depth]
        return Taken(False, -(-(used - self._depth) // SECOND), 100)

    def __len__(self) -> int:
        return len(self._whole_at)

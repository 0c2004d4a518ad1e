"""The one object that time comes from: integer microseconds since 1970, UTC (D18)."""

import mmap
import time
from collections.abc import Callable

Clock = Callable[[], int]
"""What the rest of the program sees: call it, get the time."""


class SystemClock:
    """The machine's clock, never backward within a process: where the wall clock steps back, the monotonic one is followed.

    A process and all that it forks follow one clock: a step that one worker saw and another did not would otherwise leave them
    apart for good, and each would refuse the tokens of the other.
    """

    def __init__(
        self,
        not_before: int = 0,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._offset = max(wall() // 1000, not_before) - monotonic() // 1000
        self._shared = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")
        self._shared[0] = self._offset

    def __call__(self) -> int:
        wall = self._wall() // 1000  # read first: a pause between the two readings must not count as a step forward
        monotonic = self._monotonic() // 1000
        ahead = max(wall - monotonic, self._shared[0])
        if ahead > self._offset:
            self._offset = ahead
        if self._shared[0] < self._offset:  # also where another process wrote a smaller one at the same moment
            self._shared[0] = self._offset
        return monotonic + self._offset

"""The one deadline of a connection. It moves with every request, so its timer is left to ring early and is then set again."""

import asyncio
from collections.abc import Callable

_NEVER = float("inf")


class Deadline:
    """Calls what was set last, when its time has come. Moving it later, or clearing it, touches no timer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ends = self._rings = _NEVER
        self._then: Callable[[], None] = self.clear
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float, then: Callable[[], None]) -> None:
        """From now on this one counts, and no other."""
        self._then = then
        self._ends = ends = self._loop.time() + seconds
        if ends < self._rings:
            self._ring_in(seconds)

    def clear(self) -> None:
        """Nothing is due."""
        self._ends = _NEVER

    def stop(self) -> None:
        """Nothing will ever be due again."""
        self.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ring_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._loop.time() + seconds
        self._timer = self._loop.call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._timer, self._rings = None, _NEVER
        left = self._ends - self._loop.time()
        if left == _NEVER:
            return
        if left > 0:
            self._ring_in(left)
            return
        self._ends = _NEVER
        self._then()

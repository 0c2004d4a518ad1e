"""The database's clock, as one process follows it (D18)."""

import threading
import time
from collections.abc import Callable

NOW = "(extract(epoch FROM clock_timestamp()) * 1000000.0)::bigint"
"""The time of the database in a SELECT, in µs. `numeric * integer` would be whoever's defines it in our schema."""


class DatabaseClock:
    """The time of the database between two looks at it, carried on by the monotonic clock; never backward within a process.

    All nodes follow one clock, so a token that one issued is judged alike by all. Where that clock steps back, time here stands
    still until it has caught up.
    """

    def __init__(
        self,
        not_before: int = 0,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._offset = wall() // 1000 - monotonic() // 1000
        self._given = not_before
        self._lock = threading.Lock()
        self.own_is_ahead = 0

    def look(self, now: int) -> None:
        """The database said a moment ago that it is `now`."""
        with self._lock:
            self._offset = now - self._monotonic() // 1000
        self.own_is_ahead = self._wall() // 1000 - now

    def not_before(self, moment: int) -> None:
        """From now on it is at least so late."""
        with self._lock:
            self._given = max(self._given, moment)

    def __call__(self) -> int:
        with self._lock:
            self._given = max(self._given, self._monotonic() // 1000 + self._offset)
            return self._given

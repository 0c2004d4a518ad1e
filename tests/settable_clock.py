"""The time that a test decides: called, it gives microseconds since 1970, as the program's own clock does."""

START = 1_795_428_000_000_000
"""2026-11-23T10:00:00Z."""


class SettableClock:
    """Stands still until it is told to move."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        """Moves on (or back, with a negative number)."""
        self.now += round(seconds * 1_000_000)

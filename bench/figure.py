"""A measured figure: ours, the bare floor beside it, what is judged, and against which target."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple


class Spread(NamedTuple):
    """The median of several rounds, with the least and the most."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        middle = number(self.median)
        return middle if self.low == self.high else f"{middle} ({number(self.low)}–{number(self.high)})"


def spread(samples: Iterable[float]) -> Spread:
    """Of the samples of all rounds."""
    found = list(samples)
    return Spread(median(found), min(found), max(found))


def ratios(ours: Sequence[float], others: Sequence[float]) -> Spread:
    """Round by round, so that a machine that slows down slows both."""
    return spread(one / other for one, other in zip(ours, others, strict=True))


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Target(NamedTuple):
    """What must be reached, and what is aimed for."""

    bound: float
    at_most: bool
    aim: float | None = None

    def met(self, reached: float) -> bool:
        """Whether that is enough."""
        return reached <= self.bound if self.at_most else reached >= self.bound

    def __str__(self) -> str:
        aim = f", aim {number(self.aim)}" if self.aim is not None else ""
        return f"{'≤' if self.at_most else '≥'} {number(self.bound)}{aim}"


def at_least(bound: float, aim: float | None = None) -> Target:
    """The figure must not be under this."""
    return Target(bound, False, aim)


def at_most(bound: float) -> Target:
    """The figure must not be over this."""
    return Target(bound, True)


class Figure(NamedTuple):
    """One row of the table. `judged` is what the target speaks of: a ratio, or `ours` itself."""

    name: str
    unit: str
    ours: Spread
    judged: Spread
    target: Target | None = None
    floor: Spread | None = None
    floor_is: str = ""
    note: str = ""

    @property
    def is_ratio(self) -> bool:
        """Whether the judged number is another than the measured one."""
        return self.judged != self.ours

    @property
    def verdict(self) -> str:
        """Reached or missed; nothing where there is no target."""
        if self.target is None:
            return ""
        return "reached" if self.target.met(self.judged.median) else "MISSED"


def plain(
    name: str,
    unit: str,
    ours: Spread,
    target: Target | None = None,
    floor: Spread | None = None,
    floor_is: str = "",
    note: str = "",
) -> Figure:
    """A figure that is judged by itself."""
    return Figure(name, unit, ours, ours, target, floor, floor_is, note)

"""A whole log, a page at a time: memory stays bounded, and each page is a snapshot of its own, so that no writer waits.

Events behind the cut of retention are never shown, even where a cut is made while the log is read.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from admincenter.core.audit import Record
from admincenter.core.ports import Tx, Window

T = TypeVar("T")

PAGE = 1_000
"""How many rows are in memory at once."""


class Reader(Protocol):
    """What runs a function in a snapshot of its own."""

    def read(self, function: Callable[[Tx], T]) -> T: ...


class Span(NamedTuple):
    """Sequences of an instance strictly between `above` and `below`."""

    instance: str
    above: int
    below: int

    @property
    def events(self) -> int:
        """How many events it holds; sequences have no gap."""
        return max(0, self.below - self.above - 1)


def span(tx: Tx, instance: str, since: int | None = None, until: int | None = None) -> Span:
    """What the log holds now, at or after `since` and before `until` (µs)."""
    head = tx.audit.head(instance)
    above, below = head.cut, head.sequence + 1
    if since is not None:
        above = max(above, tx.audit.sequence_at(instance, since) - 1)
    if until is not None:
        below = min(below, tx.audit.sequence_at(instance, until))
    return Span(instance, above, below)


def pages(reader: Reader, wanted: Span, *, ascending: bool = True, size: int = PAGE) -> Iterator[list[Record]]:
    """The rows of a span, page by page, oldest or newest first."""
    while rows := reader.read(partial(_page, rest=wanted, ascending=ascending, size=size)):
        yield rows
        last = rows[-1].sequence
        wanted = wanted._replace(above=last) if ascending else wanted._replace(below=last)


def _page(tx: Tx, rest: Span, ascending: bool, size: int) -> list[Record]:
    above = max(rest.above, tx.audit.head(rest.instance).cut)
    return tx.audit.records(Window(rest.instance, above, rest.below, size, ascending))

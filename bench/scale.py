"""How much is measured, and for how long."""

from typing import NamedTuple


class Stock(NamedTuple):
    """What a seeded data directory holds. Part of the key under which it is kept, so a change seeds anew."""

    integrations: int
    events: int
    entries: int = 20
    accounts: int = 0


class Scale(NamedTuple):
    """One size of the whole bench. A load lasts whole seconds, since that is what wrk takes."""

    stock: Stock
    directory: Stock
    """What the account API is measured on."""
    growth: tuple[int, ...]
    """How many integrations the gate is measured against, smallest first."""
    callers: int
    """Over how many integrations API calls are spread: 500 calls a second each is the default limit."""
    minters: int
    """The same for token requests: 20 a second each."""
    seconds: int
    rounds: int
    times: int
    """How often what is not a load is repeated: a start, a break-glass."""


FULL = Scale(Stock(10_000, 1_000_000), Stock(1_000, 10_000, accounts=100_000), (100, 10_000, 100_000), 256, 1_024, 6, 5, 9)
QUICK = Scale(Stock(10_000, 1_000_000), Stock(1_000, 10_000, accounts=100_000), (100, 10_000), 256, 1_024, 2, 2, 3)
TINY = Scale(Stock(300, 3_000), Stock(300, 3_000, accounts=500), (20, 60), 20, 300, 1, 1, 1)
"""For the tests: every scenario runs through, no figure means anything."""

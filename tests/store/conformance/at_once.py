"""Several things at once, each in a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.wire import HANG

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """Runs them all together; what each gave. Raises what the first of them raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result(HANG) for each in [pool.submit(work) for work in works]]

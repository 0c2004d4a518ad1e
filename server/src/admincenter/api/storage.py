"""What the machine door needs of storage; `store/executor.py` provides it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from admincenter.core.ports import Change, Facts, Proof, Tx
from admincenter.core.tokens import Moved

T = TypeVar("T")
A = TypeVar("A")


class Storage(Protocol):
    """Each raises StorageUnavailable; the writes also OutcomeUnknown, and what their function raises."""

    async def facts_by_app_id(self, app_id: str) -> Facts | None: ...
    async def facts_by_token(self, presented: Sequence[bytes]) -> Facts | None: ...
    async def peek(self, function: Callable[[Tx], T]) -> T:
        """At most 100 rows by index."""

    async def glance(self, function: Callable[[Tx], T]) -> T:
        """At most 100 rows by index with one statement, which is cheaper."""

    async def read(self, function: Callable[[Tx], T]) -> T:
        """Anything longer."""

    async def write(self, function: Callable[[Tx], Change[T]]) -> T: ...
    async def write_under(self, proof: Proof, function: Callable[[Tx], Change[T]]) -> T | Moved:
        """The same, only if and while its proof holds (D8); Moved where it does not, and then nothing was done."""

    async def write_each(self, function: Callable[[Tx, Sequence[A]], Sequence[Any]], argument: A) -> Any:
        """One of many arguments that travel together."""

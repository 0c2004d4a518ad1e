"""The second half of a coroutine that was begun outside of any task, since most of them end without ever waiting."""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


@coroutine
def go_on(begun: Coroutine[Any, Any, T], waits_for: object) -> Generator[Any, Any, T]:
    """Awaits the rest of it. `waits_for` is what its first step gave, for the task that awaits this."""
    while True:
        failed: BaseException | None = None
        came: Any = None
        try:
            came = yield waits_for
        except BaseException as error:  # a cancelled task, or what was waited for has failed
            failed = error
        try:
            waits_for = begun.send(came) if failed is None else begun.throw(failed)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]

"""An executor on a running event loop, for tests that are coroutines."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec

from admincenter.store.executor import Executor
from admincenter.store.opening import Store

P = ParamSpec("P")

HANGS = 30
"""Seconds after which a test is taken to hang."""


def on_the_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs a coroutine test on an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(HANGS):
                await test(*args, **kwargs)

        asyncio.run(bounded())

    return run


def nobody_expects_this() -> None:
    """The storage of most tests does not break."""
    raise AssertionError("the executor says that storage is broken")


@asynccontextmanager
async def running(store: Store, on_broken: Callable[[], None] = nobody_expects_this) -> AsyncIterator[Executor]:
    """An executor over the store, stopped at the end."""
    executor = Executor(store.engine, on_broken)
    executor.start()
    try:
        yield executor
    finally:
        await executor.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Lets all others run, then looks, again and again; the test's own limit ends it."""
    await asyncio.sleep(0.005)
    while not condition():
        await asyncio.sleep(0.005)

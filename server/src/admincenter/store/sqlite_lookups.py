"""The gate's look-ups on SQLite: a point SELECT on the event loop is the fastest there is."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from admincenter.core.ports import Facts, Tx
from admincenter.store.database import Database
from admincenter.store.engine import Host
from admincenter.store.sql import Broken

T = TypeVar("T")


class SqliteLookups:
    """`engine.Lookups` over one connection of the event loop's own."""

    def __init__(self, here: Database, host: Host) -> None:
        self._here, self._unavailable = here, host.unavailable

    async def facts_by_app_id(self, app_id: str) -> Facts | None:
        try:
            return self._here.tx.integrations.facts_by_app_id((app_id,))[0]
        except Broken as error:
            raise self._unavailable(error) from error

    async def facts_by_token(self, presented: Sequence[bytes]) -> Facts | None:
        try:
            return self._here.tx.integrations.facts_by_token((presented,))[0]
        except Broken as error:
            raise self._unavailable(error) from error

    async def peek(self, function: Callable[[Tx], T]) -> T:
        here = self._here
        try:
            here.snapshot()
            try:
                return function(here.tx)
            finally:
                here.rollback()
        except Broken as error:
            raise self._unavailable(error) from error

    async def glance(self, function: Callable[[Tx], T]) -> T:
        try:
            return function(self._here.tx)
        except Broken as error:
            raise self._unavailable(error) from error

    async def close(self) -> None:
        self._here.close()

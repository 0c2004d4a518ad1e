"""What a `Store` and an `Executor` need of an engine, whichever it is."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from admincenter.core.errors import StorageUnavailable
from admincenter.core.ports import Facts, Tx
from admincenter.store.clock import Clock
from admincenter.store.database import Database
from admincenter.store.sql import Broken

T = TypeVar("T")


class Host(Protocol):
    """The executor, as an engine's parts see it."""

    async def read(self, function: Callable[[Tx], T]) -> T:
        """A read on a reader thread."""

    def unavailable(self, error: Broken) -> StorageUnavailable:
        """Told of a failure of the storage, on any thread; what to raise instead."""

    @property
    def is_broken(self) -> bool:
        """Whether it was told of one, and nothing may touch the storage any more."""


class Lookups(Protocol):
    """What the gate asks, on the event loop. Each raises StorageUnavailable."""

    async def facts_by_app_id(self, app_id: str) -> Facts | None: ...
    async def facts_by_token(self, presented: Sequence[bytes]) -> Facts | None: ...
    async def peek(self, function: Callable[[Tx], T]) -> T:
        """A read of at most 100 rows by index, in one snapshot."""

    async def glance(self, function: Callable[[Tx], T]) -> T:
        """A read that is one statement, which needs no snapshot."""

    async def close(self) -> None: ...


class Upkeep(Protocol):
    """Work beside a server that serves, on a thread of its own."""

    def start(self) -> None: ...
    def after_commit(self, database: Database) -> None:
        """What only the one who writes can do, between two commits."""

    def stop(self) -> None:
        """Ends it, and waits for its end."""


class Engine(Protocol):
    """One database."""

    @property
    def embedded(self) -> bool:
        """Whether the database is a file beside us: one lock is on all of it, and its I/O errors are this process's own."""

    @property
    def name(self) -> str:
        """Which database it is, for a sentence to a person; without any password."""

    @property
    def clock(self) -> Clock: ...
    def open(self, key_path: Path, create: bool) -> bool:
        """What must be true before anything is served or changed; whether it was begun just now. Raises StartRefused."""

    def one_clear_line(self) -> AbstractContextManager[None]:
        """Turns what the engine says at the start into one line that a person can act on."""

    def not_before(self, highest: int) -> None:
        """The clock does not begin before the highest time that is stored."""

    def connect(self) -> Database:
        """A new connection for the thread that calls."""

    def connect_to_write(self) -> Database:
        """The same, for the one thread of a server that commits."""

    def connected(self) -> AbstractContextManager[Database]:
        """A connection for a moment."""

    def let_go(self) -> None:
        """Closes whatever connection is kept for the next one who asks; comes before a fork."""

    def lookups(self, host: Host) -> Lookups:
        """The gate's look-ups on the running event loop."""

    def upkeep(self, host: Host) -> Upkeep | None: ...
    def mark_running(self) -> bool:
        """From here on, a stop that is not `mark_stopped` was unclean; whether the last one was."""

    def mark_stopped(self) -> None: ...
    def integrity_faults(self) -> list[str]:
        """What a full check of every page and index finds, where pages are ours to check."""

    def faults(self) -> list[str]:
        """What is wrong, in its pages and in what it says; empty where all is well."""

    def warnings(self) -> list[str]:
        """What works, and an operator should know."""

    def clock_warnings(self) -> list[str]:
        """Those about this machine's clock; asks nobody."""

    def close(self) -> None: ...

"""`sql.Sql` over PostgreSQL: the statements of this room, on a link that is opened again where it broke."""

import time
from collections.abc import Callable, Sequence

from psycopg.pq.abc import PGresult

from admincenter.core.errors import StorageUnavailable
from admincenter.store.postgres.limits import HURRIED_LOCK_MS, Limits
from admincenter.store.postgres.link import Link
from admincenter.store.postgres.parameters import Encoded, encoded, translated
from admincenter.store.sql import Lock, Row, Value

Parameters = Sequence[Value | Encoded]


class PostgresSql:
    """Statements in and outside a transaction. A link that broke within one stays broken until that was rolled back."""

    def __init__(self, open_link: Callable[[], Link], limits: Limits) -> None:
        self._open_link, self._limits = open_link, limits
        self._link = open_link()
        self._within = self._writing = False
        self._patient = True
        self._taken: set[int] = set()
        """What this transaction has alone, so that it asks once."""
        self.ends: float | None = None

    @property
    def for_update(self) -> str:
        return " FOR UPDATE" if self._writing else ""

    def all(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        return self._ready().rows(translated(statement), [encoded(each) for each in parameters], self._seconds())

    def run(self, statement: str, parameters: Parameters = ()) -> int:
        found = self._ready().run(translated(statement), [encoded(each) for each in parameters], self._seconds())
        return found.command_tuples or 0

    def many(self, statement: str, rows: Sequence[Parameters]) -> None:
        values = [[encoded(each) for each in row] for row in rows]
        if len(values) == 1:
            self._ready().run(translated(statement), values[0], self._seconds())
        elif values:
            self._ready().run_each(translated(statement), values, self._seconds())

    def script(self, statements: str) -> None:
        self._ready().script(statements.encode(), self._seconds())

    def share(self, lock: Lock) -> None:
        if self._writing:
            self.all("SELECT 1 FROM pg_advisory_xact_lock_shared(?)", (lock,))

    def take_alone(self, lock: int) -> None:
        if lock not in self._taken:
            self.all("SELECT 1 FROM pg_advisory_xact_lock(?)", (lock,))
            self._taken.add(lock)

    def forget_taken(self) -> None:
        """What was locked since the savepoint may be anybody's again: whoever needs it asks again."""
        self._taken.clear()

    def wait_for_locks(self, *, patiently: bool) -> None:
        """For the rest of this transaction. Costs no exchange where it is so already."""
        if patiently != self._patient:
            self.script(f"SET LOCAL lock_timeout = {self._limits.lock_ms if patiently else HURRIED_LOCK_MS}")
            self._patient = patiently

    def begin(self, statements: str, *, writing: bool) -> list[PGresult]:
        """Starts a transaction, on a link that stands."""
        link = self._ready()
        self._within, self._writing, self._patient = True, writing, True
        self.forget_taken()
        try:
            return link.script(statements.encode(), self._seconds())
        except BaseException:
            self.rollback()
            raise

    def commit(self) -> bool:
        """Ends the transaction; whether it is surely stored everywhere where it must be. Raises where it surely is not."""
        self._within = self._writing = self._link.warned = False
        if self._link.is_over:
            raise StorageUnavailable
        return self._committed()

    def _committed(self) -> bool:
        try:
            [answer] = self._link.script(b"COMMIT", self._limits.commit_seconds)
        except StorageUnavailable:
            if self._link.is_over:
                return False
            raise
        if answer.command_status != b"COMMIT":
            raise StorageUnavailable
        return not self._link.warned

    def rollback(self) -> None:
        """Undoes the transaction; where the server cannot be told, it notices that the link is gone and does the same."""
        has_written = self._writing
        self._within = self._writing = False
        if not self.in_transaction:
            return
        if not has_written:
            self._link.leave()
        else:
            try:
                self._link.script(b"ROLLBACK", self._limits.seconds)
            except Exception:
                self._link.close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction stands."""
        return not self._link.is_over and self._link.in_transaction

    @property
    def is_over(self) -> bool:
        """Whether the link broke, or was closed."""
        return self._link.is_over

    @property
    def backend(self) -> int:
        """The process of the server that works for us."""
        return self._link.backend

    def close(self) -> None:
        self._link.close()

    def _ready(self) -> Link:
        if not self._within:
            self._link.look()
            if self._link.is_over:
                self._link = self._open_link()
        return self._link

    def _seconds(self) -> float:
        """How long an answer is waited for."""
        if self.ends is None:
            return self._limits.seconds
        left = self.ends - time.monotonic()
        if left <= 0:
            raise StorageUnavailable
        return min(left, self._limits.seconds)

"""One connection to PostgreSQL as the rest of this room uses it: `database.Database`."""

import time

from admincenter.core.errors import OutcomeUnknown
from admincenter.store.clock import Clock
from admincenter.store.postgres.audit import PostgresAuditLog
from admincenter.store.postgres.clock import NOW, DatabaseClock
from admincenter.store.postgres.connector import Connector
from admincenter.store.postgres.integrations import PostgresIntegrations
from admincenter.store.postgres.sql import PostgresSql
from admincenter.store.tx import SqlTx

_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT {NOW}"
_READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT {NOW}"
_TABLES = (
    "SELECT relname::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname = current_schema()"
)


class PostgresTx(SqlTx):
    """`ports.Tx` on PostgreSQL: lists travel as one statement."""

    def __init__(self, sql: PostgresSql, clock: Clock) -> None:
        super().__init__(sql, clock)
        self.integrations = PostgresIntegrations(sql)
        self.audit = PostgresAuditLog(sql)


class PostgresDatabase:
    """A connection that heals: where the server went away, the next transaction begins on a new one. Never ends the process."""

    def __init__(self, connect: Connector, clock: Clock) -> None:
        self.sql = PostgresSql(connect, connect.limits)
        self.tx = PostgresTx(self.sql, clock)
        self._clock = clock if isinstance(clock, DatabaseClock) else None

    def begin(self) -> None:
        self._start(_WRITE, writing=True)

    def snapshot(self) -> None:
        self._start(_READ, writing=False)

    def _start(self, statements: str, writing: bool) -> None:
        _, answer = self.sql.begin(statements, writing=writing)
        if self._clock is not None:
            self._clock.look(int(answer.get_value(0, 0) or 0))

    def commit(self) -> None:
        """Raises OutcomeUnknown where the answer did not come, or came with the warning that a standby was not waited for."""
        if not self.sql.commit():
            raise OutcomeUnknown

    def rollback(self) -> None:
        self.sql.rollback()

    def savepoint(self) -> None:
        self.sql.script("SAVEPOINT operation")

    def release(self) -> None:
        self.sql.script("RELEASE SAVEPOINT operation")

    def undo(self) -> None:
        self.sql.script("ROLLBACK TO SAVEPOINT operation; RELEASE SAVEPOINT operation")
        self.sql.forget_taken()

    def wait_for_locks(self, *, patiently: bool) -> None:
        self.sql.wait_for_locks(patiently=patiently)

    @property
    def in_transaction(self) -> bool:
        return self.sql.in_transaction

    def tables(self) -> set[str]:
        return {row[0] for row in self.sql.all(_TABLES)}

    @property
    def is_over(self) -> bool:
        """Whether its link broke, or was closed."""
        return self.sql.is_over

    @property
    def backend(self) -> int:
        """The process of the server that works for us."""
        return self.sql.backend

    def stop_after(self, seconds: float) -> None:
        """Ends what reads later than this from now, within a statement or between two; the caller sees StorageUnavailable."""
        self.sql.ends = time.monotonic() + seconds

    def close(self) -> None:
        self.sql.close()

"""One connection to a PostgreSQL server. Every wait has an end; a link that broke is over for good and never used again."""

import select
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from admincenter.core.errors import StorageUnavailable
from admincenter.store.postgres.faults import fault
from admincenter.store.postgres.parameters import Encoded
from admincenter.store.sql import Garbled, Row

CANCEL_SECONDS = 1.0
MOST_PREPARED = 300
"""Of how many statements the server keeps a plan: a client's filter makes a text of its own, and there is no end of filters."""
MOST_SEEN = 1_000
"""How many statements are remembered as seen once; beyond that, all are forgotten."""

_BINARY = 1
_FATAL = ("FATAL", "PANIC")
_LOUD = ("WARNING", *_FATAL)
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)
_WITHIN = (TransactionStatus.INTRANS, TransactionStatus.INERROR, TransactionStatus.ACTIVE)


class _Late(Exception):
    """No answer came in time."""


class Link:
    """Statements to the server and its answers, one exchange at a time, by one thread at a time."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection, self._pg = connection, connection.pgconn
        self._pg.nonblocking = 1
        self._socket = self._pg.socket
        self._to_read, self._to_write = select.poll(), select.poll()
        self._to_read.register(self._socket, select.POLLIN)
        self._to_write.register(self._socket, select.POLLIN | select.POLLOUT)
        self._prepared: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._seen: set[tuple[bytes, tuple[int, ...]]] = set()
        self._loader = Transformer()
        self._came: list[PGresult] = []
        self.warned = self._dismissed = self._left = False
        self.backend: int = self._pg.backend_pid
        connection.add_notice_handler(self._noticed)

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        severity = notice.severity_nonlocalized
        self.warned = self.warned or severity in _LOUD
        self._dismissed = self._dismissed or severity in _FATAL

    @property
    def is_over(self) -> bool:
        """Whether it broke, or was closed."""
        return self._connection.closed

    @property
    def in_transaction(self) -> bool:
        """Whether the server has a transaction open for us, failed or not."""
        return not self._left and self._pg.transaction_status in _WITHIN

    def leave(self) -> None:
        """Ends a transaction that only read without waiting for the answer, which `look` takes before anything else is sent."""
        try:
            self._pg.send_query(b"ROLLBACK")
            self._pg.flush()
            self._left = True
        except psycopg.Error:
            self.close()

    def look(self) -> None:
        """Notices what came while nobody used it: the answer to `leave`, the server's goodbye. Costs no exchange."""
        if self._left:
            self._left = False
            with suppress(StorageUnavailable):
                self._exchange(CANCEL_SECONDS, lambda: None)
        try:
            while not self.is_over and self._to_read.poll(0):
                self._pg.consume_input()
                self._pg.is_busy()  # reads what came
        except psycopg.Error:
            self.close()
        if self._dismissed:
            self.close()

    def close(self) -> None:
        """Ends it; the server undoes what was not committed."""
        self._connection.close()

    def script(self, statements: bytes, seconds: float) -> list[PGresult]:
        """Statements without parameters, in one exchange; what each answered, as text."""
        return self._exchange(seconds, lambda: self._pg.send_query(statements))

    def rows(self, statement: bytes, parameters: Sequence[Encoded], seconds: float) -> list[Row]:
        """What one statement answers."""
        return self._rows(self.run(statement, parameters, seconds))

    def _rows(self, result: PGresult) -> list[Row]:
        self._loader.set_pgresult(result, format=psycopg.pq.Format.BINARY)
        try:
            return self._loader.load_rows(0, result.ntuples, tuple)
        except UnicodeDecodeError as error:
            raise Garbled("a text in the database is damaged") from error

    @property
    def socket(self) -> int:
        """What an event loop watches."""
        return self._socket

    def prepare(self, statement: bytes, types: tuple[int, ...], seconds: float) -> None:
        """Has the server plan a statement that is going to be sent."""
        self._prepare(statement, types, seconds)

    def send(self, statement: bytes, parameters: Sequence[Encoded]) -> None:
        """Begins a prepared statement without waiting: `push` until all of it is sent, `come` until its answer is there."""
        try:
            self._send(self._prepared[statement, tuple([each.type for each in parameters])], statement, parameters)
        except psycopg.Error as error:
            self.close()
            raise StorageUnavailable from error

    def push(self) -> bool:
        """Sends on; whether all is sent."""
        try:
            return not self._pg.flush()
        except psycopg.Error as error:
            self.close()
            raise StorageUnavailable from error

    def come(self) -> list[Row] | None:
        """What a statement that was sent answers; None while it is not all there."""
        try:
            self._pg.consume_input()
            while not self._pg.is_busy():
                result = self._pg.get_result()
                if result is None:
                    return self._answered()
                self._came.append(result)
        except psycopg.Error as error:
            self.close()
            raise StorageUnavailable from error
        return None

    def _answered(self) -> list[Row]:
        came, self._came = self._came, []
        if self._dismissed:
            self.close()
        self._refuse_failed(came)
        return [row for each in came for row in self._rows(each)]

    def run(self, statement: bytes, parameters: Sequence[Encoded], seconds: float) -> PGresult:
        """One statement with parameters. From its second time on it is prepared, while there are not too many."""
        types = tuple([each.type for each in parameters])
        name = self._prepared.get((statement, types))
        if name is None and len(self._prepared) < MOST_PREPARED:
            if (statement, types) in self._seen:
                name = self._prepare(statement, types, seconds)
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            self._seen.add((statement, types))
        [result] = self._exchange(seconds, lambda: self._send(name, statement, parameters))
        return result

    def run_each(self, statement: bytes, rows: Sequence[Sequence[Encoded]], seconds: float) -> None:
        """The statement once for each row, all in one exchange."""
        types = [tuple([each.type for each in row]) for row in rows]
        names = {each: self._prepared.get((statement, each)) or self._prepare(statement, each, seconds) for each in set(types)}

        def send() -> None:
            self._pg.enter_pipeline_mode()
            for kind, row in zip(types, rows, strict=True):
                self._send(names[kind], statement, row)
            self._pg.pipeline_sync()

        self._exchange(seconds, send, pipelined=True)

    def _prepare(self, statement: bytes, types: tuple[int, ...], seconds: float) -> bytes:
        name = b"s%d" % len(self._prepared)
        self._exchange(seconds, lambda: self._pg.send_prepare(name, statement, types))
        self._prepared[statement, types] = name
        return name

    def _send(self, name: bytes | None, statement: bytes, parameters: Sequence[Encoded]) -> None:
        values, formats = [each.data for each in parameters], [_BINARY] * len(parameters)
        if name:
            self._pg.send_query_prepared(name, values, formats, _BINARY)
        else:
            self._pg.send_query_params(statement, values, [each.type for each in parameters], formats, _BINARY)

    def _exchange(self, seconds: float, send: Callable[[], None], pipelined: bool = False) -> list[PGresult]:
        results: list[PGresult] = []
        try:
            send()
            self._collect_or_cancel(results, seconds, pipelined)
            if pipelined:
                self._pg.exit_pipeline_mode()
        except (psycopg.Error, _Late) as error:
            self.close()
            raise StorageUnavailable from error
        self._refuse_failed(results)
        return results

    def _collect_or_cancel(self, results: list[PGresult], seconds: float, pipelined: bool) -> None:
        try:
            self._collect(results, time.monotonic() + seconds, pipelined)
        except _Late:
            self._connection.cancel_safe(timeout=CANCEL_SECONDS)
            self._collect(results, time.monotonic() + CANCEL_SECONDS, pipelined)

    def _collect(self, results: list[PGresult], ends: float, pipelined: bool) -> None:
        """All that the server answers; in a pipeline there is an end mark, and an empty answer between two statements."""
        while True:
            self._wait(ends)
            result = self._pg.get_result()
            if result is None:
                if not pipelined or self.is_over:
                    return
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return
            else:
                results.append(result)

    def _wait(self, ends: float) -> None:
        """Until everything is sent and an answer is there."""
        while (unsent := self._pg.flush()) or self._pg.is_busy():
            left = ends - time.monotonic()
            if left <= 0:
                raise _Late
            if (self._to_write if unsent else self._to_read).poll(left * 1_000):
                self._pg.consume_input()

    def _refuse_failed(self, results: Sequence[PGresult]) -> None:
        for each in results:
            if each.status in _FAILED:
                if (each.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) or b"").decode() in _FATAL:
                    self.close()
                raise fault(each)

"""The statements on the audit log that PostgreSQL does for many rows at once, or knows by another name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from admincenter.core.audit import Cut, Head, Record
from admincenter.core.errors import StartRefused
from admincenter.core.ports import HourCount
from admincenter.store.audit import COUNTED_UP, SqlAuditLog
from admincenter.store.postgres.parameters import blobs, columns, numbers, texts
from admincenter.store.postgres.sql import PostgresSql

# One exchange, since the heads are locked meanwhile.
_APPEND = f"""
WITH added AS (INSERT INTO audit_events SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)),
counted AS (INSERT INTO audit_rollup SELECT * FROM unnest(?, ?, ?, ?) {COUNTED_UP})
UPDATE audit_heads AS h SET sequence = n.sequence, digest = n.digest, recorded_at = n.recorded_at
FROM unnest(?, ?, ?, ?) AS n (instance, sequence, digest, recorded_at) WHERE h.instance = n.instance
"""
_RECORD_AS = (texts, numbers, numbers, texts, texts, texts, texts, texts, blobs, blobs)
_COUNT_AS = (texts, numbers, texts, numbers)
_HEAD_AS = (texts, numbers, blobs, numbers)
_HEADS = "SELECT instance, sequence, digest, recorded_at, cut FROM audit_heads WHERE instance = ANY(?) ORDER BY instance"


class PostgresAuditLog(SqlAuditLog):
    """`ports.AuditLog` on PostgreSQL."""

    _sql: PostgresSql
    _as_bytes = "textsend({})"

    def __init__(self, sql: PostgresSql) -> None:
        super().__init__(sql)

    def heads(self, instances: Sequence[str]) -> list[Head]:
        found = {row[0]: Head._make(row[1:]) for row in self._sql.all(_HEADS + self._sql.for_update, (texts(instances),))}
        return [found.get(each, Head()) for each in instances]

    def append(self, records: Sequence[Record], heads: Sequence[tuple[str, Head]], counts: Sequence[HourCount] = ()) -> None:
        ends = [(instance, head.sequence, head.digest, head.recorded_at) for instance, head in heads]
        self._sql.run(_APPEND, [*columns(_RECORD_AS, records), *columns(_COUNT_AS, counts), *columns(_HEAD_AS, ends)])

    def add_cut(self, instance: str, cut: Cut) -> None:
        with _naming_the_role():
            super().add_cut(instance, cut)

    def delete_through(self, instance: str, through: int, limit: int) -> int:
        with _naming_the_role():
            return super().delete_through(instance, through, limit)


@contextmanager
def _naming_the_role() -> Iterator[None]:
    """The server's role may only add to the log; the one line says whose retention is."""
    try:
        yield
    except StartRefused:
        raise StartRefused(
            "The server's role may not delete from the audit log; repeat the command as the role that migrates,"
            " named in ADMINCENTER_DATABASE_URL (`admincenter database status` says what a role may)"
        ) from None

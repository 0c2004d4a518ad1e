"""The statements on the audit log: appended, read by ranges of sequences, cut by age, never changed."""

from collections.abc import Sequence

from admincenter.core.audit import Cut, Head, Record
from admincenter.core.ports import HourCount, Window
from admincenter.store.sql import Garbled, Row, Sql, rows_of

_RANGE = " FROM audit_events WHERE instance = ? AND sequence > ? AND sequence < ?"
_NOT_CUT = f"{_RANGE} AND sequence > (SELECT cut FROM audit_heads WHERE instance = ?)"
_RECORDS = f"SELECT {', '.join(Record._fields)}"
_TEXTS = ("event_id", "kind", "actor", "target", "address")
_HEAD = "SELECT sequence, digest, recorded_at, cut FROM audit_heads WHERE instance = ?"
_AT_ONCE = 64
COUNTED_UP = "ON CONFLICT (instance, hour, kind) DO UPDATE SET count = audit_rollup.count + excluded.count"
_RECORDED = "SELECT recorded_at FROM audit_events WHERE instance = ? AND sequence = ?"


class SqlAuditLog:
    """`ports.AuditLog` in SQL."""

    _as_bytes = "CAST({} AS BLOB)"
    """A text as the bytes that are stored, whatever they are."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def head(self, instance: str) -> Head:
        rows = self._sql.all(_HEAD + self._sql.for_update, (instance,))
        return Head._make(rows[0]) if rows else Head()

    def heads(self, instances: Sequence[str]) -> list[Head]:
        return [self.head(each) for each in instances]

    def append(self, records: Sequence[Record], heads: Sequence[tuple[str, Head]], counts: Sequence[HourCount] = ()) -> None:
        for start in range(0, len(records), _AT_ONCE):
            some = records[start : start + _AT_ONCE]
            values = [value for record in some for value in record]
            self._sql.run("INSERT INTO audit_events VALUES " + rows_of(len(Record._fields), len(some)), values)
        self._sql.many(
            "UPDATE audit_heads SET sequence = ?, digest = ?, recorded_at = ? WHERE instance = ?",
            [(head.sequence, head.digest, head.recorded_at, instance) for instance, head in heads],
        )
        self._sql.many(f"INSERT INTO audit_rollup VALUES (?, ?, ?, ?) {COUNTED_UP}", counts)

    def payloads(self, window: Window) -> list[tuple[int, bytes]]:
        values = (window.instance, window.above, window.below, window.instance, window.limit)
        return self._sql.all("SELECT sequence, payload" + _ordered(_NOT_CUT, window), values)

    def records(self, window: Window) -> list[Record]:
        try:
            return [Record._make(row) for row in self._sql.all(_RECORDS + _ordered(_RANGE, window), _bounds(window))]
        except Garbled:
            return [_readable(row) for row in self._sql.all(self._raw() + _ordered(_RANGE, window), _bounds(window))]

    def _raw(self) -> str:
        return "SELECT " + ", ".join(self._as_bytes.format(name) if name in _TEXTS else name for name in Record._fields)

    def sequence_at(self, instance: str, moment: int) -> int:
        """A binary search over sequences: times never go backward in a chain, so no index is needed."""
        head = self.head(instance)
        low, high = head.cut + 1, head.sequence + 1
        while low < high:
            middle = (low + high) // 2
            rows = self._sql.all(_RECORDED, (instance, middle))
            if rows and rows[0][0] >= moment:
                high = middle
            else:
                low = middle + 1
        return low

    def cuts(self, instance: str) -> list[Cut]:
        found = self._sql.all(
            "SELECT through, digest, recorded_at, note FROM audit_cuts WHERE instance = ? ORDER BY through", (instance,)
        )
        return [Cut._make(row) for row in found]

    def add_cut(self, instance: str, cut: Cut) -> None:
        self._sql.run("INSERT INTO audit_cuts VALUES (?, ?, ?, ?, ?)", (instance, *cut))
        self._sql.run("UPDATE audit_heads SET cut = ? WHERE instance = ?", (cut.through, instance))

    def delete_through(self, instance: str, through: int, limit: int) -> int:
        rows = self._sql.all("SELECT min(sequence) FROM audit_events WHERE instance = ?", (instance,))
        if rows[0][0] is None or rows[0][0] > through:
            return 0
        last = min(through, rows[0][0] + limit - 1)
        return self._sql.run("DELETE FROM audit_events WHERE instance = ? AND sequence <= ?", (instance, last))


def _ordered(rows: str, window: Window) -> str:
    return rows + (" ORDER BY sequence ASC LIMIT ?" if window.ascending else " ORDER BY sequence DESC LIMIT ?")


def _bounds(window: Window) -> tuple[str, int, int, int]:
    return (window.instance, window.above, window.below, window.limit)


def _readable(row: Row) -> Record:
    """A row read as bytes. Damaged texts stay bytes, so that the verification names the row instead of failing on its page."""
    named = zip(Record._fields, row, strict=True)
    return Record._make(_text(value) if name in _TEXTS else value for name, value in named)


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value

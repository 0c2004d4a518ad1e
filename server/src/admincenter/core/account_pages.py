"""Pages of the account directory, and the cursors between them (RFC 7644, section 3.4.2; RFC 9865).

What an index answers costs the same however deep it lies. What none does is judged document by document, some in one snapshot,
so that no read lasts long and memory stays bounded.
"""

import base64
import binascii
import hmac
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from admincenter.core.account_document import as_read
from admincenter.core.account_search import ORDERED, Field, Is, Order, Place, Search
from admincenter.core.errors import CursorBad, SearchTooLong
from admincenter.core.ports import Account, Instance, Tx

AT_ONCE = 100
"""How many documents are in memory together while they are judged."""

IN_ONE_SNAPSHOT = 1_000
"""How many are judged before the caller takes another snapshot."""

_BEHIND, _FROM = 1, 2
_CREATED = Order(Field.CREATED)
_NAMING_ONE = (Field.ID, Field.USER_NAME)


class Found(NamedTuple):
    """A page: how many there are in all, its accounts, and the cursor of the next one where there is more."""

    total: int
    rows: Sequence[Account]
    next: str | None


class _Cursor(NamedTuple):
    """Behind an account, or from a place in another order on. Both stay good for ever."""

    kind: int
    moment_or_start: int
    account_id: int = 0


def _write(key: bytes, cursor: _Cursor) -> str:
    body = struct.pack(">BQQ", *cursor)
    signature = hmac.digest(key, b"accounts" + body, "sha256")[:8]
    return base64.urlsafe_b64encode(body + signature).decode().rstrip("=")


def _read(key: bytes, text: str) -> _Cursor:
    """Raises CursorBad where it is not ours, edited, or of another instance."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = _Cursor._make(struct.unpack(">BQQ", raw[:-8]))
    except (binascii.Error, struct.error, ValueError):
        raise CursorBad from None
    if not hmac.compare_digest(_write(key, cursor), text):
        raise CursorBad
    return cursor


def is_of_one(search: Search) -> bool:
    """Whether what is searched can be true of one account only."""
    where = search.where
    return search.also is None and isinstance(where, Is) and where.op == "eq" and where.field in _NAMING_ONE


def of_one(tx: Tx, instance: str, search: Search) -> Found:
    """The page of such a search, with one statement. There is no second one, so a cursor never came of it."""
    if search.cursor is not None:
        raise CursorBad
    rows = tx.accounts.select(instance, search.where, _CREATED, Place(1))
    return Found(len(rows), rows if search.start == 1 and search.count else (), None)


class Scan:
    """One search at work. Call it, each time in a snapshot of its own, until it gives the page.

    `ends` is asked before each account that is judged, and says when it has taken long enough. Raises CursorBad at the start,
    SearchTooLong later.
    """

    def __init__(self, instance: Instance, search: Search, ends: Callable[[], bool]) -> None:
        self._instance, self._search, self._ends = instance, search, ends
        cursor = _read(instance.cursor_key, search.cursor) if search.cursor else None
        self._after = (cursor.moment_or_start, str(cursor.account_id)) if cursor and cursor.kind == _BEHIND else None
        self._start = cursor.moment_or_start if cursor and cursor.kind == _FROM else search.start
        self._behind: tuple[int, str] | None = None
        self._total = 0
        self._rows: list[Account] = []
        self._sorted: list[tuple[tuple[bool, Any], str]] = []

    @property
    def is_indexed(self) -> bool:
        """Whether an index answers it, so that one call is enough."""
        sort = self._search.sort
        return self._search.also is None and (sort is None or sort.by in ORDERED)

    def __call__(self, tx: Tx) -> Found | None:
        """The page, or None: then there is more to judge."""
        return self._indexed(tx) if self.is_indexed else self._judged(tx)

    def _indexed(self, tx: Tx) -> Found:
        instance, search = self._instance.instance, self._search
        rows: list[Account] = []
        if search.count:
            place = Place(search.count + 1, self._after, 0 if self._after else self._start - 1)
            rows = tx.accounts.select(instance, search.where, self._order(), place)
        total = self._total_of(tx, rows)
        return Found(total, rows[: search.count], self._next(rows[: search.count]) if len(rows) > search.count else None)

    def _total_of(self, tx: Tx, rows: Sequence[Account]) -> int:
        """From the rows themselves where they are all there is; without a filter from the counter."""
        search, instance = self._search, self._instance.instance
        if search.where is None:
            return tx.accounts.count(instance)
        if self._start == 1 and self._after is None and len(rows) < search.count:
            return len(rows)
        return tx.accounts.count_where(instance, search.where)

    def _order(self) -> Order:
        sort = self._search.sort
        return Order(sort.by, sort.descending) if sort and isinstance(sort.by, Field) else _CREATED

    def _next(self, rows: Sequence[Account]) -> str:
        """Behind the last one, where they come in the order of their creation; else from the next place on."""
        if self._search.sort is not None:
            return self._from(self._start + len(rows))
        last = rows[-1]
        return _write(self._instance.cursor_key, _Cursor(_BEHIND, last.created_at, int(last.account_id)))

    def _from(self, start: int) -> str:
        return _write(self._instance.cursor_key, _Cursor(_FROM, start))

    def _judged(self, tx: Tx) -> Found | None:
        for _ in range(IN_ONE_SNAPSHOT // AT_ONCE):
            place = Place(AT_ONCE, self._behind)
            rows = tx.accounts.select(self._instance.instance, self._search.where, _CREATED, place)
            for row in rows:
                if self._ends():
                    raise SearchTooLong
                self._judge(row, tx.now)
            if len(rows) < AT_ONCE:
                return self._page(tx)
            self._behind = (rows[-1].created_at, rows[-1].account_id)
        return None

    def _judge(self, row: Account, now: int) -> None:
        search = self._search
        document = json.loads(as_read(row, now))
        if search.also is not None and not search.also(document):
            return
        self._total += 1
        if search.sort is not None:
            value = _value(search.sort.by, document)
            self._sorted.append(((value is None, value), row.account_id))
        elif self._is_wanted(row) and len(self._rows) <= search.count:
            self._rows.append(row)

    def _is_wanted(self, row: Account) -> bool:
        """Whether it lies on the page or behind it."""
        if self._after is not None:
            return (row.created_at, row.account_id) > self._after
        return self._total >= self._start

    def _page(self, tx: Tx) -> Found:
        sort, count = self._search.sort, self._search.count
        if sort is None:
            rows, more = self._rows[:count], len(self._rows) > count > 0
            return Found(self._total, rows, self._next(rows) if more else None)
        end = self._start - 1 + count
        rows = self._in_order(tx, sort.descending, end)
        return Found(self._total, rows, self._from(end + 1) if count > 0 and end < len(self._sorted) else None)

    def _in_order(self, tx: Tx, descending: bool, end: int) -> list[Account]:
        """Those of the page; an account that was deleted meanwhile is left out."""
        self._sorted.sort(key=lambda each: each[0], reverse=descending)
        wanted = self._sorted[self._start - 1 : end]
        found = [tx.accounts.get(self._instance.instance, account_id) for _key, account_id in wanted]
        return [each for each in found if each is not None]


def _value(by: Field | Callable[[dict[str, Any]], Any], document: dict[str, Any]) -> Any:
    if not isinstance(by, Field):
        return by(document)
    outer, _, inner = by.value.partition(".")
    value = document[outer]
    return value[inner] if inner else value

"""Pages of the account directory, and the cursors between them (RFC 7644, section 3.4.2; RFC 9865).

What an index answers costs the same however deep it lies. What none does is judged document by document, some in one snapshot,
so that no read lasts long and memory stays bounded.
"""

import base64
import binascii
import heapq
import hmac
import json
import struct
from collections.abc import Callable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from admincenter.core.account_document import as_read
from admincenter.core.account_search import ORDERED, Field, Order, Place, Search, names_one
from admincenter.core.errors import CursorBad, SearchTooLong
from admincenter.core.ports import Account, Instance, Tx

AT_ONCE = 100
"""How many documents are in memory together while they are judged."""

PIECE = 250
"""How many rows of an index are read at once."""

IN_ONE_SNAPSHOT = 1_000
"""How many are judged before the caller takes another snapshot."""

LARGEST_PAGE = 8 * 1_048_576
"""Bytes of documents after which a page ends, whatever was asked for: a hundred of the largest accounts fit."""

_BEHIND, _FROM = 1, 2
_CREATED = Order(Field.CREATED)


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
    return search.also is None and names_one(search.where)


def of_one(tx: Tx, instance: str, search: Search) -> Found:
    """The page of such a search, with one statement. There is no second one, so a cursor never came of it."""
    if search.cursor is not None:
        raise CursorBad
    rows = tx.accounts.select(instance, search.where, _CREATED, Place(1))
    return Found(len(rows), rows if search.start == 1 and search.count else (), None)


_Ranked = tuple[tuple[bool, Any], str]
"""What an account is sorted by, those that lack it last; and which it is."""
_RANK: Callable[[_Ranked], tuple[bool, Any]] = itemgetter(0)


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
        self._held = 0
        self._unsorted: list[_Ranked] = []
        self._runs: list[list[_Ranked]] = []

    @property
    def is_indexed(self) -> bool:
        """Whether an index answers it, so that one call is enough."""
        sort = self._search.sort
        return self._search.also is None and (sort is None or sort.by in ORDERED)

    def __call__(self, tx: Tx) -> Found | None:
        """The page, or None: then there is more to judge."""
        return self._indexed(tx) if self.is_indexed else self._judged(tx)

    def _indexed(self, tx: Tx) -> Found:
        rows = self._selected(tx) if self._search.count else []
        shown = self._shown(rows)
        return Found(self._total_of(tx, rows), shown, self._next(shown) if len(rows) > len(shown) else None)

    def _selected(self, tx: Tx) -> list[Account]:
        """The rows of the page, and one more where there is one; not many at once, since documents can be large."""
        instance, search, rows = self._instance.instance, self._search, list[Account]()
        place = Place(0, self._after, 0 if self._after else self._start - 1)
        while len(rows) <= search.count and sum(len(each.document) for each in rows) <= LARGEST_PAGE:
            limit = min(PIECE, search.count + 1 - len(rows))
            some = tx.accounts.select(instance, search.where, self._order(), place._replace(limit=limit))
            rows += some
            if len(some) < limit:
                break
            place = place._replace(offset=place.offset + limit) if search.sort else Place(0, _behind(rows))
        return rows

    def _shown(self, rows: Sequence[Account]) -> Sequence[Account]:
        """Those that go into one page, at least one of them."""
        held = 0
        for number, each in enumerate(rows[: self._search.count]):
            held += len(each.document)
            if held > LARGEST_PAGE and number:
                return rows[:number]
        return rows[: self._search.count]

    def _total_of(self, tx: Tx, rows: Sequence[Account]) -> int:
        """From the rows themselves where they are all there is; without a filter from the counter."""
        search, instance = self._search, self._instance.instance
        if search.where is None:
            return tx.accounts.count(instance)
        if self._start == 1 and self._after is None and len(rows) < search.count and len(self._shown(rows)) == len(rows):
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
            self._behind = _behind(rows)
        self._sort_run()
        return None

    def _judge(self, row: Account, now: int) -> None:
        search = self._search
        document = json.loads(as_read(row, now))
        if search.also is not None and not search.also(document):
            return
        self._total += 1
        if search.sort is not None:
            value = _value(search.sort.by, document)
            self._unsorted.append(((value is None, value), row.account_id))
        elif self._is_wanted(row) and not self._is_full:
            self._rows.append(row)
            self._held += len(row.document)

    @property
    def _is_full(self) -> bool:
        """Whether the page is there, and one more account that says that it is not the last."""
        return len(self._rows) > self._search.count or (self._held > LARGEST_PAGE and len(self._rows) > 1)

    def _is_wanted(self, row: Account) -> bool:
        """Whether it lies on the page or behind it."""
        if self._after is not None:
            return (row.created_at, row.account_id) > self._after
        return self._total >= self._start

    def _sort_run(self) -> None:
        """What was judged since the last time, in order and without what no page up to this one shows.

        Nobody else runs while much is sorted at once; runs are merged step by step.
        """
        sort = self._search.sort
        if sort is not None:
            self._unsorted.sort(key=_RANK, reverse=sort.descending)
            self._runs.append(self._unsorted[: self._start - 1 + self._search.count])
            self._unsorted = []

    def _page(self, tx: Tx) -> Found:
        if self._search.sort is not None:
            return self._sorted_page(tx, self._search.sort.descending)
        rows = self._shown(self._rows)
        return Found(self._total, rows, self._next(rows) if rows and len(self._rows) > len(rows) else None)

    def _sorted_page(self, tx: Tx, descending: bool) -> Found:
        """An account that was deleted meanwhile is left out."""
        self._sort_run()
        first, count = self._start - 1, self._search.count
        found: list[Account] = []
        at, held = first, 0
        for _rank, account_id in islice(heapq.merge(*self._runs, key=_RANK, reverse=descending), first, first + count):
            row = tx.accounts.get(self._instance.instance, account_id)
            held += len(row.document) if row else 0
            if held > LARGEST_PAGE and found:
                break
            found += [row] if row else []
            at += 1
        return Found(self._total, found, self._from(at + 1) if count > 0 and at < self._total else None)


def _behind(rows: Sequence[Account]) -> tuple[int, str]:
    return rows[-1].created_at, rows[-1].account_id


def _value(by: Field | Callable[[dict[str, Any]], Any], document: dict[str, Any]) -> Any:
    if not isinstance(by, Field):
        return by(document)
    outer, _, inner = by.value.partition(".")
    value = document[outer]
    return value[inner] if inner else value

"""Accounts, one by one and in lists, in both dialects of SCIM (RFC 7644, section 3; contract, section 5)."""

import asyncio
import re
import time
from weakref import WeakValueDictionary

from admincenter.api import account_writes, preconditions
from admincenter.api.call import Call
from admincenter.api.reply import NO_STORE, SCIM_JSON, Reply, line
from admincenter.api.scim_call import ScimCall
from admincenter.core import account_pages, accounts
from admincenter.core.account_pages import Found, Scan
from admincenter.core.account_search import Search
from admincenter.core.errors import SearchTooLong, StorageUnavailable
from admincenter.core.ports import Tx
from admincenter.core.tokens import Moved
from admincenter.scim import dialect, listing, search
from admincenter.scim.dialect import Dialect
from admincenter.scim.json_text import read_object

SEARCH_SECONDS = 2.0
PEEK = 100
AT_A_TIME = 8
"""How many accounts a search judges before it lets whoever waits for the interpreter have it: the gate is one of them."""
_PLUSSED = re.compile(r"([\w.:$-]+)\+(\w\w)\+(.*)", re.ASCII | re.DOTALL)


class Users:
    """The handlers of one dialect."""

    def __init__(self, spoken: Dialect) -> None:
        self._dialect = spoken

    async def page(self, call: Call) -> Reply:
        """`GET /Users`."""
        asked = ScimCall(call, self._dialect)
        if self._dialect.lenient and "filter" in asked.given:
            asked.given["filter"] = _with_blanks(asked.given["filter"])
        return await _listed(asked, search.of_query(asked.given, self._dialect))

    async def search(self, call: Call) -> Reply:
        """`POST /Users/.search`: the same, with everything in the body."""
        asked = ScimCall(call, self._dialect)
        return await _listed(asked, search.of_body(await asked.body(read_object), self._dialect))

    async def show(self, call: Call) -> Reply:
        """`GET /Users/{id}`."""
        asked = ScimCall(call, self._dialect)
        view = asked.view()
        account = await call.door.storage.glance(lambda tx: accounts.find(tx, asked.instance, asked.id))
        known = call.request.if_none_match
        if known and preconditions.names(known, account.version):
            return Reply(304, line("etag", preconditions.tag(account.version)) + NO_STORE, b"")
        return asked.answer(account, view)

    async def create(self, call: Call) -> Reply | Moved:
        """`POST /Users`."""
        asked = ScimCall(call, self._dialect)
        view = asked.view()
        done = await account_writes.create(asked, await asked.body(read_object))
        return done if isinstance(done, Moved) else asked.answer(done, view, 201)

    async def replace(self, call: Call) -> Reply | Moved:
        """`PUT /Users/{id}`: instead of what it was, or merged into it, as the dialect has it."""
        asked = ScimCall(call, self._dialect)
        view = asked.view()
        done = await account_writes.replace(asked, asked.id, await asked.body(read_object), asked.expected)
        return done if isinstance(done, Moved) else asked.answer(done, view)

    async def patch(self, call: Call) -> Reply | Moved:
        """`PATCH /Users/{id}`."""
        asked = ScimCall(call, self._dialect)
        view = asked.view()
        done = await account_writes.patch(asked, asked.id, await asked.body(read_object), asked.expected)
        return done if isinstance(done, Moved) else asked.answer(done, view)

    async def delete(self, call: Call) -> Reply | Moved:
        """`DELETE /Users/{id}`."""
        asked = ScimCall(call, self._dialect)
        done = await account_writes.delete(asked, asked.id, asked.expected)
        if isinstance(done, Moved):
            return done
        return Reply(204, NO_STORE, b"") if self._dialect.delete_status == 204 else Reply(200, SCIM_JSON, b"{}")


RFC, COMPATIBLE = Users(dialect.RFC), Users(dialect.COMPATIBLE)


def _with_blanks(text: str) -> str:
    """Some clients write blanks as plus signs and then escape these: `userName+eq+"x"` is meant as it looks."""
    found = _PLUSSED.fullmatch(text)
    return " ".join(found.groups()) if found else text


async def _listed(asked: ScimCall, wanted: search.Asked) -> Reply:
    found = await _found(asked, wanted.search)
    documents = [asked.document(each, wanted.projection) for each in found.rows]
    start = None if wanted.window.by_cursor else wanted.window.start
    following = found.next if wanted.window.by_cursor else None
    return Reply(200, SCIM_JSON, listing.list_response(found.total, start, documents, following))


def _is_short(wanted: Search) -> bool:
    """Whether an index gives the page from a hundred rows: what lies near the beginning or behind a cursor."""
    if wanted.where is not None or wanted.also is not None or wanted.sort is not None:
        return False
    return wanted.count < PEEK and (wanted.cursor is not None or wanted.start + wanted.count <= PEEK)


class _Ends:
    """Whether a search has taken as long as it may; asked on a reader thread, it gives the interpreter away now and then."""

    def __init__(self) -> None:
        self._asked = 0
        self.begin()

    def begin(self) -> None:
        """From now on: what a search waited for its turn is not its fault."""
        self._at = time.monotonic() + SEARCH_SECONDS

    def __call__(self) -> bool:
        self._asked += 1
        if self._asked % AT_A_TIME:
            return False
        time.sleep(0)
        return self.are_here

    @property
    def are_here(self) -> bool:
        """The same, without giving anything away."""
        return time.monotonic() > self._at


async def _found(asked: ScimCall, wanted: Search) -> Found:
    """The page: at once where an index has it, else snapshot by snapshot on a reader thread."""
    storage, ends = asked.call.door.storage, _Ends()
    if account_pages.is_of_one(wanted):
        return await storage.glance(lambda tx: account_pages.of_one(tx, asked.instance, wanted))

    def begun(tx: Tx) -> Scan:
        instance = tx.instances.get(asked.instance)
        if instance is None:
            raise StorageUnavailable
        return Scan(instance, wanted, ends)

    found = await storage.peek(lambda tx: begun(tx)(tx)) if _is_short(wanted) else None
    if found is None:
        return await _scanned(asked, await storage.peek(begun), ends)
    return found


_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
"""Whose turn it is among the searches of an instance that no index answers."""


async def _scanned(asked: ScimCall, scan: Scan, ends: _Ends) -> Found:
    """Snapshot by snapshot on a reader thread; one search of an instance after the other, so that other instances' reads
    never stand behind all of them."""
    turn = asyncio.Lock() if scan.is_indexed else _turns.setdefault(asked.instance, asyncio.Lock())
    async with turn:
        ends.begin()
        while not ends.are_here:
            found = await asked.call.door.storage.read(scan)
            if found is not None:
                return found
    raise SearchTooLong

"""Accounts, one by one and in lists, in both dialects of SCIM (RFC 7644, section 3; contract, section 5)."""

import time

from admincenter.api import preconditions
from admincenter.api.call import Call
from admincenter.api.reply import NO_STORE, SCIM_JSON, Reply, line
from admincenter.api.scim_call import ScimCall
from admincenter.core import accounts, instances
from admincenter.core.account_pages import Found, Scan
from admincenter.core.account_search import Search
from admincenter.core.errors import StorageUnavailable
from admincenter.core.ports import Account, Change, Tx
from admincenter.core.tokens import Moved
from admincenter.scim import dialect, listing, patching, reading
from admincenter.scim import search as searching
from admincenter.scim.dialect import Dialect

SEARCH_SECONDS = 2.0
PEEK = 100


class Users:
    """The handlers of one dialect."""

    def __init__(self, spoken: Dialect) -> None:
        self._dialect = spoken

    async def page(self, call: Call) -> Reply:
        """`GET /Users`."""
        asked = ScimCall(call, self._dialect, searching.NAMES)
        return await _listed(asked, searching.of_query(asked.given, self._dialect))

    async def search(self, call: Call) -> Reply:
        """`POST /Users/.search`: the same, with its parameters in the body."""
        asked = ScimCall(call, self._dialect)
        asked.given = searching.read(await asked.body(), self._dialect)
        return await _listed(asked, searching.of_query(asked.given, self._dialect))

    async def show(self, call: Call) -> Reply:
        """`GET /Users/{id}`."""
        asked = ScimCall(call, self._dialect)
        account = await call.door.storage.peek(lambda tx: accounts.find(tx, asked.instance, asked.id))
        known = call.request.if_none_match
        if known and preconditions.names(known, account.version):
            return Reply(304, line("etag", preconditions.tag(account.version)) + NO_STORE, b"")
        return asked.account(account)

    async def create(self, call: Call) -> Reply | Moved:
        """`POST /Users`."""
        asked = ScimCall(call, self._dialect)
        return _answer(asked, await create(asked, await asked.body()), 201)

    async def replace(self, call: Call) -> Reply | Moved:
        """`PUT /Users/{id}`: instead of what it was, or merged into it, as the dialect has it."""
        asked = ScimCall(call, self._dialect)
        return _answer(asked, await replace(asked, asked.id, await asked.body(), asked.expected))

    async def patch(self, call: Call) -> Reply | Moved:
        """`PATCH /Users/{id}`."""
        asked = ScimCall(call, self._dialect)
        return _answer(asked, await patch(asked, asked.id, await asked.body(), asked.expected))

    async def delete(self, call: Call) -> Reply | Moved:
        """`DELETE /Users/{id}`."""
        asked = ScimCall(call, self._dialect)
        done = await delete(asked, asked.id, asked.expected)
        if isinstance(done, Moved):
            return done
        return Reply(204, NO_STORE, b"") if self._dialect.delete_status == 204 else Reply(200, SCIM_JSON, b"{}")


RFC, COMPATIBLE = Users(dialect.RFC), Users(dialect.COMPATIBLE)


def _answer(asked: ScimCall, done: Account | Moved, status: int = 200) -> Reply | Moved:
    return done if isinstance(done, Moved) else asked.account(done, status)


async def create(asked: ScimCall, body: reading.Body) -> Account | Moved:
    """A new account, as a request of its own or as a part of Bulk."""
    wanted = reading.created(body, asked.dialect)
    return await asked.write(lambda tx: accounts.create(tx, asked.instance, wanted, asked.writer))


async def replace(asked: ScimCall, account_id: str, body: reading.Body, expected: list[int] | None) -> Account | Moved:
    """Another account in place of this one, or merged into it."""

    def edit(now: Account) -> accounts.Wanted:
        return reading.replaced(body, asked.dialect, accounts.attributes_of(now))

    return await asked.write(lambda tx: accounts.change(tx, asked.instance, account_id, expected, edit, asked.writer))


async def patch(asked: ScimCall, account_id: str, body: reading.Body, expected: list[int] | None) -> Account | Moved:
    """The operations of a PATCH, wholly or not at all."""
    wanted = patching.read(body, asked.dialect)

    def edit(now: Account) -> accounts.Wanted:
        return wanted.applied(now.document)

    return await asked.write(lambda tx: accounts.change(tx, asked.instance, account_id, expected, edit, asked.writer))


async def delete(asked: ScimCall, account_id: str, expected: list[int] | None) -> Account | Moved:
    """Deletes it, unless it is claimed and claimed ones are kept here."""

    def deed(tx: Tx) -> Change[Account]:
        protects = not asked.dialect.deletes_claimed or instances.protects_claimed(tx, asked.instance)
        return accounts.delete(tx, asked.instance, account_id, expected, protects, asked.writer.by)

    return await asked.write(deed)


async def _listed(asked: ScimCall, search: Search) -> Reply:
    found = await _found(asked, search)
    documents = [asked.document(each) for each in found.rows]
    return Reply(200, SCIM_JSON, listing.list_response(found.total, search, documents, found.next))


async def _found(asked: ScimCall, search: Search) -> Found:
    """The page: at once where an index has it, else snapshot by snapshot on a reader thread."""
    storage = asked.call.door.storage
    instance = await storage.peek(lambda tx: tx.instances.get(asked.instance))
    if instance is None:
        raise StorageUnavailable
    ends = time.monotonic() + SEARCH_SECONDS
    scan = Scan(instance, search, lambda: time.monotonic() > ends)
    look = storage.peek if scan.is_quick and search.count <= PEEK else storage.read
    while (found := await look(scan)) is None:
        pass
    return found
